import { createPrivateKey, X509Certificate, type KeyObject } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import type { ServerOptions } from "node:https";
import type { Server } from "node:tls";
import { TLS_PROFILE } from "@tyr/contract";
import type { Clock } from "#platform/clock";
import { ConfigInvalid, type TlsFiles } from "#platform/config";
import type { Logger } from "#platform/log";

/** 128 bits of strength (NIST SP 800-57 part 1, table 2). */
const RSA_BITS_MIN = 3_072;
const WARN_MS = 14 * 86_400_000;
/** A renewed certificate is noticed within this time. */
const LOOK_EVERY_MS = 60_000;

type TlsOptions = Pick<
  ServerOptions,
  "cert" | "key" | "minVersion" | "ciphers" | "honorCipherOrder" | "handshakeTimeout"
>;

/** The certificate as a server takes it. */
export type Tls = Readonly<{
  options: TlsOptions;
  /** Takes a renewed certificate into use without dropping a connection; one that is no good is logged and left. @returns what ends it */
  follow(server: Pick<Server, "setSecureContext">, everyMs?: number): () => void;
}>;

type Pair = Readonly<{ cert: Buffer; key: Buffer; stamp: string }>;
type Deps = Readonly<{ files: TlsFiles; clock: Clock; log: Logger }>;

function read(setting: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new ConfigInvalid(setting, `cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

function parsed<T>(setting: string, path: string, parse: () => T): T {
  try {
    return parse();
  } catch {
    // What OpenSSL says of it could quote it.
    throw new ConfigInvalid(setting, `${path} is not in PEM, or damaged, or encrypted`);
  }
}

function checkKey(key: KeyObject, path: string): void {
  const { modulusLength } = key.asymmetricKeyDetails ?? {};
  if (modulusLength !== undefined && modulusLength < RSA_BITS_MIN)
    throw new ConfigInvalid(
      "TYR_TLS_KEY",
      `${path} is an RSA key of ${modulusLength} bits; ${RSA_BITS_MIN} are the least, or ECDSA P-256`,
    );
}

function stampOf({ certPath, keyPath }: TlsFiles): string {
  return [certPath, keyPath]
    .map((path) => {
      const { mtimeMs, size, ino, mode } = statSync(path);
      return [mtimeMs, size, ino, mode].join(" ");
    })
    .join("\n");
}

/** @throws {ConfigInvalid} `CONFIG_INVALID` naming TYR_TLS_CERT or TYR_TLS_KEY */
function readPair({ files, clock, log }: Deps): Pair {
  const { certPath, keyPath } = files;
  const [cert, key] = [read("TYR_TLS_CERT", certPath), read("TYR_TLS_KEY", keyPath)];
  const stamp = stampOf(files);
  if ((statSync(keyPath).mode & 0o007) !== 0)
    throw new ConfigInvalid("TYR_TLS_KEY", `${keyPath} can be used by everybody on this machine: chmod o= ${keyPath}`);
  const certificate = parsed("TYR_TLS_CERT", certPath, () => new X509Certificate(cert));
  const secret = parsed("TYR_TLS_KEY", keyPath, () => createPrivateKey(key));
  checkKey(secret, keyPath);
  if (!certificate.checkPrivateKey(secret))
    throw new ConfigInvalid("TYR_TLS_KEY", `${keyPath} is not the key of the certificate in ${certPath}`);
  const until = Date.parse(certificate.validTo);
  const left = until - clock.now().getTime();
  if (left <= 0) throw new ConfigInvalid("TYR_TLS_CERT", `${certPath} ended on ${new Date(until).toISOString()}`);
  if (left < WARN_MS) log.warn({ certPath, until: new Date(until).toISOString() }, "the certificate ends soon");
  if (certificate.checkIssued(certificate))
    log.warn(
      { certPath },
      "the certificate is its own issuer: browsers and programs trust it only where it was installed",
    );
  return { cert, key, stamp };
}

/**
 * Reads the certificate and its key.
 *
 * @throws {ConfigInvalid} `CONFIG_INVALID` for what cannot be read, does not fit together, is over or is too weak
 */
export function openTls(deps: Deps): Tls {
  const { files, log } = deps;
  const first = readPair(deps);
  return {
    options: { ...TLS_PROFILE, cert: first.cert, key: first.key },
    follow(server, everyMs = LOOK_EVERY_MS) {
      let seen = first.stamp;
      const look = (): void => {
        try {
          const stamp = stampOf(files);
          if (stamp === seen) return;
          seen = stamp;
          const { cert, key } = readPair(deps);
          server.setSecureContext({ ...TLS_PROFILE, cert, key });
          log.info({ certPath: files.certPath }, "another certificate is in use");
        } catch (err) {
          log.error({ err, certPath: files.certPath }, "the certificate in the file is not used; the one before stays");
        }
      };
      const timer = setInterval(look, everyMs).unref();
      return () => clearInterval(timer);
    },
  };
}
