import { isIP, isIPv4 } from "node:net";
import { resolve } from "node:path";
import { ConfigInvalid } from "./config-invalid.ts";

/** Files in PEM: the certificate with its chain, and its private key. */
export type TlsFiles = Readonly<{ certPath: string; keyPath: string }>;

export type Transport = Readonly<{
  /** What Tyr answers with over TLS; undefined: it speaks HTTP. */
  tls: TlsFiles | undefined;
  /** Somebody said that bytes may cross a network unencrypted. */
  cleartext: boolean;
}>;

type Given = Readonly<{ cert: string | undefined; key: string | undefined; cleartext: string | undefined }>;

/** @throws {ConfigInvalid} `CONFIG_INVALID` for half a pair, and for a `TYR_CLEARTEXT` that is not "allow" */
export function readTransport({ cert, key, cleartext }: Given): Transport {
  if (cleartext !== undefined && cleartext !== "allow")
    throw new ConfigInvalid("TYR_CLEARTEXT", `"${cleartext}" is not "allow"`);
  if (cert === undefined && key === undefined) return { tls: undefined, cleartext: cleartext === "allow" };
  if (cert === undefined) throw new ConfigInvalid("TYR_TLS_CERT", "is missing beside TYR_TLS_KEY");
  if (key === undefined) throw new ConfigInvalid("TYR_TLS_KEY", "is missing beside TYR_TLS_CERT");
  return { tls: { certPath: resolve(cert), keyPath: resolve(key) }, cleartext: cleartext === "allow" };
}

/** Whether what is sent there stays on this machine: loopback (RFC 1122 section 3.2.1.3, RFC 4291 section 2.5.3), or a socket file. */
export function staysHere(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, "$1").toLowerCase();
  if (bare.startsWith("/") || bare === "localhost") return true;
  return isIPv4(bare) ? bare.startsWith("127.") : isIP(bare) === 6 && new URL(`http://[${bare}]`).hostname === "[::1]";
}

type Listening = Transport & Readonly<{ host: string; publicUrl: string; trustProxy: boolean | readonly string[] }>;

/**
 * Whoever can be reached from other machines answers over TLS: by itself, or behind a proxy that does.
 *
 * @throws {ConfigInvalid} `CONFIG_INVALID` naming what to set
 */
export function checkListening({ host, publicUrl, trustProxy, tls, cleartext }: Listening): void {
  const isHttps = publicUrl.startsWith("https:");
  if (tls !== undefined && !isHttps)
    throw new ConfigInvalid(
      "TYR_PUBLIC_URL",
      "begins with http: though Tyr has a certificate and answers over TLS only",
    );
  if (tls !== undefined || cleartext || staysHere(host)) return;
  if (isHttps && typeof trustProxy !== "boolean" && trustProxy.length > 0) return;
  throw new ConfigInvalid(
    "TYR_HOST",
    `"${host}" is reached from other machines, and sessions and keys would cross the network unencrypted. Give Tyr a ` +
      "certificate (TYR_TLS_CERT and TYR_TLS_KEY), or put a proxy with TLS before it (TYR_PUBLIC_URL=https://… and " +
      "the proxy's address in TYR_TRUST_PROXY), or say TYR_CLEARTEXT=allow",
  );
}

const CHECKED = "verify-full";

/**
 * Node's own switch that makes it believe any certificate would undo what is checked elsewhere.
 *
 * @throws {ConfigInvalid} `CONFIG_INVALID`
 */
export function checkNode(env: Readonly<Record<string, string | undefined>>, { cleartext }: Transport): void {
  if (env["NODE_TLS_REJECT_UNAUTHORIZED"] === "0" && !cleartext)
    throw new ConfigInvalid(
      "NODE_TLS_REJECT_UNAUTHORIZED",
      "switches off the check of every certificate: name your authority in NODE_EXTRA_CA_CERTS instead",
    );
}

/** Whether only the proxies may connect: what others sent would cross the network unencrypted. */
export function isBehindProxies({ host, tls, cleartext }: Transport & Readonly<{ host: string }>): boolean {
  return tls === undefined && !cleartext && !staysHere(host);
}

/**
 * A database on another machine is reached over TLS, and its certificate and name are checked.
 *
 * @param env for `PGHOST`, which counts where the address names no host
 * @returns the address, with `sslmode=verify-full` where it said nothing
 * @throws {ConfigInvalid} `CONFIG_INVALID` for an address that says otherwise; it is not repeated, it holds a password
 */
export function checkedDatabaseUrl(
  text: string,
  { cleartext, env }: Readonly<{ cleartext: boolean; env: Readonly<Record<string, string | undefined>> }>,
): string {
  const url = new URL(text);
  const twice = [...url.searchParams.keys()].find((name) => url.searchParams.getAll(name).length > 1);
  if (twice !== undefined) throw new ConfigInvalid("TYR_DATABASE_URL", `names ${twice} twice`);
  const host = url.searchParams.get("host") ?? (decodeURIComponent(url.hostname) || (env["PGHOST"] ?? "localhost"));
  const mode = url.searchParams.get("sslmode");
  if (staysHere(host) || cleartext) return text;
  if (url.searchParams.has("ssl")) throw unchecked("ssl=…");
  if (mode === CHECKED) return text;
  if (mode !== null) throw unchecked(`sslmode=${mode}`);
  url.searchParams.set("sslmode", CHECKED);
  return url.href;
}

/** Where collectors take spans (OTLP 1.x, "OTLP/HTTP Request"), for an address that names no path. */
const COLLECTOR_PATH = "/v1/traces";

/**
 * Who sees spans sees when which rule found what: they cross no network unencrypted.
 *
 * @throws {ConfigInvalid} `CONFIG_INVALID` for an address with a password, or in cleartext; it is not repeated
 */
export function checkedCollectorUrl(setting: string, text: string, { cleartext }: Transport): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !["http:", "https:"].includes(url.protocol))
    throw new ConfigInvalid(setting, "not a URL starting with http: or https:");
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "")
    throw new ConfigInvalid(setting, "holds more than a place: what signs in belongs into OTEL_EXPORTER_OTLP_HEADERS");
  if (url.protocol === "http:" && !cleartext && !staysHere(url.hostname))
    throw new ConfigInvalid(
      setting,
      "is reached from this machine over a network, unencrypted. Use https:, or a collector on this machine, or say " +
        "TYR_CLEARTEXT=allow",
    );
  if (url.pathname === "/") url.pathname = COLLECTOR_PATH;
  return url.href;
}

function unchecked(what: string): ConfigInvalid {
  return new ConfigInvalid(
    "TYR_DATABASE_URL",
    `${what} does not check who answers at another machine. Use sslmode=${CHECKED} (with sslrootcert=FILE for an ` +
      "authority of your own), or say TYR_CLEARTEXT=allow",
  );
}
