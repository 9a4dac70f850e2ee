import { isIP } from "node:net";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { ENVIRONMENTS, type Environment, type RecordClass, type Role, type StepUpClass } from "@tyr/contract";
import { type IntelSettings, parseIntel } from "./intel.ts";
import { type NotifySettings, parseNotify } from "./notify.ts";
import { parseRetention } from "./retention.ts";
import { parseTokens, type TokenSettings } from "./tokens.ts";
import { ConfigInvalid } from "./config-invalid.ts";
import {
  checkedCollectorUrl,
  checkedDatabaseUrl,
  checkListening,
  checkNode,
  readTransport,
  staysHere,
  type Transport,
} from "./transport.ts";
import { parsePasskeyFor, parseSecondFactor } from "./sign-in-rules.ts";

export { ConfigInvalid } from "./config-invalid.ts";
export type { IntelSettings, IntelSource } from "./intel.ts";
export type { NotifySettings } from "./notify.ts";
export { readSecretFile } from "./secret-file.ts";
export { isBehindProxies, staysHere, type TlsFiles } from "./transport.ts";

export type Config = Readonly<{
  host: string;
  port: number;
  /** Where people reach Tyr, e.g. https://tyr.example.org; decides cookies and cross-site checks. */
  publicUrl: string;
  dataDir: string;
  /** What Tyr answers over TLS with; undefined: it speaks HTTP. */
  tls: Transport["tls"];
  /** Somebody said that bytes may cross a network unencrypted. */
  cleartext: boolean;
  /** PostgreSQL connection string; undefined: the embedded engine in the data directory. */
  databaseUrl: string | undefined;
  rulesDir: string;
  /** `filesystem`: each process reads its own folder. `database`: one syncs its folder in, all read the table. */
  ruleStore: (typeof RULE_STORES)[number];
  /** Files of processing pipelines (pySigma's format) that rules go through as they load. */
  rulePipelines: readonly string[];
  /** The same, that events go through before rules look at them. */
  eventPipelines: readonly string[];
  /** The file of key-encryption keys for secrets at rest. */
  keyringPath: string;
  /** Leaked passwords besides the bundled ones: `SHA1:count` lines ordered by hash. */
  breachedPasswords: string | undefined;
  /** A C2SP tlog-policy: who witnesses the audit log, where, and how many must have cosigned; undefined: nobody does. */
  witnessPolicy: string | undefined;
  policiesDir: string;
  webDir: string;
  sampleDir: string;
  sample: boolean;
  logLevel: string;
  /** Addresses and prefixes that are ours: never blocked. */
  ownNetworks: readonly string[];
  /** What policies are told about this installation; in production nobody blocks alone. */
  environment: Environment;
  /** Who is asked about attackers' addresses; nobody by default. */
  intel: IntelSettings;
  /** Where people are told outside of Tyr; undefined: nowhere. */
  notify: NotifySettings | undefined;
  /** Files to follow, each `SENSOR=PATH`. */
  follow: readonly { sensor: string; path: string }[];
  /** Intake stops taking (429) beyond this many bytes waiting to be stored. */
  intakeBytesMax: number;
  /** Whose X-Forwarded-For is believed: nobody's, whoever connects, or these addresses and prefixes. */
  /** Days to keep records, by class; a class that is not named is kept for ever. */
  keepDays: Readonly<Partial<Record<RecordClass, number>>>;
  trustProxy: boolean | readonly string[];
  /** Other systems people sign in with; undefined: none. */
  ssoFile: string | undefined;
  /** Who has to have a second factor, and what asks for a passkey. */
  signInRules: Readonly<{ secondFactorFor: "all" | readonly Role[]; passkeyFor: readonly StepUpClass[] }>;
  /** How access tokens for API clients are signed. */
  tokens: TokenSettings;
  /** Whose failed sign-ins are forgotten at this start: a sole administrator may be locked out. */
  unlock: string | undefined;
  /** Origins whose pages may call the API with a bearer token. */
  corsOrigins: readonly string[];
  /** Where a collector takes spans over OTLP/HTTP; undefined: none are made. */
  tracesUrl: string | undefined;
}>;

const RULE_STORES = ["filesystem", "database"] as const;
const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"];
const MIB = 1024 * 1024;

type Raw = Readonly<{ argv: readonly string[]; env: Readonly<Record<string, string | undefined>>; root: string }>;

function parseFlags(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        host: { type: "string" },
        port: { type: "string" },
        "data-dir": { type: "string" },
        "public-url": { type: "string" },
        "log-level": { type: "string" },
        "own-network": { type: "string", multiple: true },
        "rule-pipeline": { type: "string", multiple: true },
        "event-pipeline": { type: "string", multiple: true },
        "witness-policy": { type: "string" },
        follow: { type: "string", multiple: true },
        "tls-cert": { type: "string" },
        "tls-key": { type: "string" },
        "allow-cleartext": { type: "boolean" },
        "no-sample": { type: "boolean" },
        unlock: { type: "string" },
      },
    }).values;
  } catch (cause) {
    throw new ConfigInvalid("command line", cause instanceof Error ? cause.message : String(cause));
  }
}

function readFlags(argv: readonly string[]): ReturnType<typeof parseFlags> {
  const flags = parseFlags(argv);
  const empty = Object.entries(flags).find(([, value]) => value === "" || (Array.isArray(value) && value.includes("")));
  if (empty !== undefined) throw new ConfigInvalid("command line", `--${empty[0]} is empty`);
  return flags;
}

/** `TYR_PORT=` in a compose or unit file means "not set", not zero and not the folder we stand in. */
function withoutEmpty(env: Raw["env"]): Raw["env"] {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== ""));
}

function integer(setting: string, text: string, [min, max]: readonly [number, number]): number {
  const value = Number(text);
  if (!/^\d+$/.test(text.trim()) || value < min || value > max)
    throw new ConfigInvalid(setting, `"${text}" is not a whole number from ${min} to ${max}`);
  return value;
}

function list(text: string | undefined): readonly string[] {
  return (text ?? "")
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

function followed(text: string): { sensor: string; path: string } {
  const at = text.indexOf("=");
  if (at < 1 || at === text.length - 1) throw new ConfigInvalid("TYR_FOLLOW", `"${text}" is not SENSOR=PATH`);
  return { sensor: text.slice(0, at), path: resolve(text.slice(at + 1)) };
}

function network(setting: string, text: string): string {
  const [address = "", length] = text.split("/");
  if (address.includes("%"))
    throw new ConfigInvalid(setting, `"${text}" names an interface of this machine: leave out the % and what follows`);
  const version = isIP(address);
  const bits = version === 4 ? 32 : 128;
  const valid = version !== 0 && (length === undefined || (/^\d{1,3}$/.test(length) && Number(length) <= bits));
  if (!valid) throw new ConfigInvalid(setting, `"${text}" is not an address or prefix`);
  return text;
}

function checkedUrl(setting: string, text: string, protocols: readonly string[]): string {
  if (!URL.canParse(text) || !protocols.includes(new URL(text).protocol))
    // The text is not repeated: a database address holds a password.
    throw new ConfigInvalid(setting, `not a URL starting with ${protocols.join(" or ")}`);
  return text.replace(/\/+$/, "");
}

type Settings = Readonly<{ flags: ReturnType<typeof readFlags>; env: Raw["env"]; root: string }>;

/** "1": one proxy stands before Tyr and nobody else reaches it. A list: exactly these proxies. */
function readTrustProxy({ env }: Settings): Config["trustProxy"] {
  const text = env["TYR_TRUST_PROXY"];
  if (text === undefined || text === "0") return false;
  if (text === "1") return true;
  const proxies = list(text).map((one) => network("TYR_TRUST_PROXY", one));
  if (proxies.length > 0) return proxies;
  throw new ConfigInvalid("TYR_TRUST_PROXY", `"${text}" names no proxy`);
}

/** Exact origins, as browsers send them: no wildcard, no path, no `null`. */
function readCorsOrigins({ env }: Settings): readonly string[] {
  return list(env["TYR_CORS_ORIGINS"]).map((text) => {
    if (URL.canParse(text) && /^https?:\/\/[^*]+$/.test(text) && new URL(text).origin === text) return text;
    throw new ConfigInvalid("TYR_CORS_ORIGINS", `"${text}" is not an origin such as https://soc.example.org`);
  });
}

function transportOf({ flags, env }: Settings): Transport {
  return readTransport({
    cert: flags["tls-cert"] ?? env["TYR_TLS_CERT"],
    key: flags["tls-key"] ?? env["TYR_TLS_KEY"],
    cleartext: flags["allow-cleartext"] === true ? "allow" : env["TYR_CLEARTEXT"],
  });
}

function readListen({
  flags,
  env,
  ...rest
}: Settings): Pick<Config, "host" | "port" | "publicUrl" | "trustProxy" | "corsOrigins" | "tls" | "cleartext"> {
  const host = flags.host ?? env["TYR_HOST"] ?? "127.0.0.1";
  const port = integer("TYR_PORT", flags.port ?? env["TYR_PORT"] ?? "8970", [0, 65_535]);
  const { tls, cleartext } = transportOf({ flags, env, ...rest });
  const here = `${tls === undefined ? "http" : "https"}://${host.includes(":") ? `[${host}]` : host}:${port}`;
  if (!URL.canParse(here)) throw new ConfigInvalid("TYR_HOST", `"${host}" is not an address or a name to listen on`);
  const publicUrl = checkedUrl("TYR_PUBLIC_URL", flags["public-url"] ?? env["TYR_PUBLIC_URL"] ?? here, [
    "http:",
    "https:",
  ]);
  const settings: Settings = { flags, env, ...rest };
  const trustProxy = readTrustProxy(settings);
  checkListening({ host, publicUrl, trustProxy, tls, cleartext });
  checkNode(env, { tls, cleartext });
  return { host, port, publicUrl, trustProxy, corsOrigins: readCorsOrigins(settings), tls, cleartext };
}

function readPlaces({
  flags,
  env,
  root,
}: Settings): Pick<Config, "dataDir" | "keyringPath" | "rulesDir" | "policiesDir" | "webDir" | "sampleDir"> {
  const dataDir = resolve(flags["data-dir"] ?? env["TYR_DATA_DIR"] ?? ".tyr");
  return {
    dataDir,
    keyringPath: resolve(env["TYR_KEYRING"] ?? `${dataDir}/secrets.keys`),
    rulesDir: resolve(env["TYR_RULES_DIR"] ?? `${root}/rules`),
    policiesDir: resolve(env["TYR_POLICIES_DIR"] ?? `${root}/policies`),
    webDir: resolve(env["TYR_WEB_DIR"] ?? `${root}/packages/web/dist/app`),
    sampleDir: resolve(env["TYR_SAMPLE_DIR"] ?? `${root}/packages/server/sample`),
  };
}

function pathOf(text: string | undefined): string | undefined {
  return text === undefined ? undefined : resolve(text);
}

function readWitnessPath({ flags, env }: Settings): string | undefined {
  const path = flags["witness-policy"] ?? env["TYR_WITNESS_POLICY"];
  return path === undefined ? undefined : resolve(path);
}

/** In the order given: pipelines of equal priority run in it. */
function readPipelinePaths({ flags, env }: Settings): Pick<Config, "rulePipelines" | "eventPipelines"> {
  const paths = (fromEnv: string | undefined, fromFlags: readonly string[] = []): readonly string[] =>
    [...list(fromEnv), ...fromFlags].map((path) => resolve(path));
  return {
    rulePipelines: paths(env["TYR_RULE_PIPELINES"], flags["rule-pipeline"]),
    eventPipelines: paths(env["TYR_EVENT_PIPELINES"], flags["event-pipeline"]),
  };
}

function readLogLevel({ flags, env }: Settings): string {
  const level = flags["log-level"] ?? env["TYR_LOG_LEVEL"] ?? "info";
  if (LOG_LEVELS.includes(level)) return level;
  throw new ConfigInvalid("TYR_LOG_LEVEL", `"${level}" is not one of ${LOG_LEVELS.join(", ")}`);
}

function readEnvironment({ env }: Settings): Environment {
  const given = env["TYR_ENVIRONMENT"] ?? "production";
  const found = ENVIRONMENTS.find((one) => one === given);
  if (found !== undefined) return found;
  throw new ConfigInvalid("TYR_ENVIRONMENT", `"${given}" is not one of ${ENVIRONMENTS.join(", ")}`);
}

function readRuleStore({ env }: Settings): Config["ruleStore"] {
  const given = env["TYR_RULE_STORE"] ?? "filesystem";
  const found = RULE_STORES.find((one) => one === given);
  if (found !== undefined) return found;
  throw new ConfigInvalid("TYR_RULE_STORE", `"${given}" is not one of ${RULE_STORES.join(", ")}`);
}

function readRetention({ env }: Settings): Config["keepDays"] {
  const parsed = parseRetention(env["TYR_RETENTION"]);
  if (typeof parsed === "string") throw new ConfigInvalid("TYR_RETENTION", parsed);
  return parsed;
}

function readSignInRules({ env }: Settings): Config["signInRules"] {
  const secondFactor = parseSecondFactor(list(env["TYR_SECOND_FACTOR"]));
  if ("problem" in secondFactor) throw new ConfigInvalid("TYR_SECOND_FACTOR", secondFactor.problem);
  const passkeyFor = parsePasskeyFor(list(env["TYR_PASSKEY_FOR"]));
  if ("problem" in passkeyFor) throw new ConfigInvalid("TYR_PASSKEY_FOR", passkeyFor.problem);
  return { secondFactorFor: secondFactor.value, passkeyFor: passkeyFor.value };
}

function readTokens({ env }: Settings): Config["tokens"] {
  const parsed = parseTokens(env);
  if ("problem" in parsed) throw new ConfigInvalid(parsed.setting, parsed.problem);
  return parsed;
}

function readIntel({ env }: Settings): Config["intel"] {
  const parsed = parseIntel(env);
  if ("problem" in parsed) throw new ConfigInvalid(parsed.setting, parsed.problem);
  return parsed;
}

function readNotify({ env }: Settings): Config["notify"] {
  const parsed = parseNotify(env);
  if (parsed !== undefined && "problem" in parsed) throw new ConfigInvalid(parsed.setting, parsed.problem);
  return parsed;
}

function readDatabaseUrl(settings: Settings): string | undefined {
  const { env } = settings;
  const given = env["TYR_DATABASE_URL"];
  if (given === undefined) return undefined;
  const url = checkedUrl("TYR_DATABASE_URL", given, ["postgres:", "postgresql:"]);
  return checkedDatabaseUrl(url, { cleartext: transportOf(settings).cleartext, env });
}

function readTracesUrl(settings: Settings): string | undefined {
  const given = settings.env["TYR_TRACES_URL"];
  return given === undefined ? undefined : checkedCollectorUrl("TYR_TRACES_URL", given, transportOf(settings));
}

/**
 * The sample is for looking around. Who names the environment of an installation, or lets other machines reach it, is
 * past that: nothing is in its store that its sensors did not send.
 */
function readSample(settings: Settings, { host, publicUrl }: Pick<Config, "host" | "publicUrl">): boolean {
  const { flags, env } = settings;
  if (flags["no-sample"] === true || env["TYR_NO_SAMPLE"] === "1") return false;
  return env["TYR_ENVIRONMENT"] === undefined && staysHere(host) && staysHere(new URL(publicUrl).hostname);
}

/**
 * Reads the configuration: flag before environment (`TYR_…`) before default. An empty variable counts as unset. Nothing
 * is read later.
 *
 * @throws {ConfigInvalid} `CONFIG_INVALID` naming the setting
 */
export function readConfig({ argv, env: given, root }: Raw): Config {
  const env = withoutEmpty(given);
  const settings: Settings = { flags: readFlags(argv), env, root };
  const { flags } = settings;
  const listen = readListen(settings);
  return {
    ...listen,
    ...readPlaces(settings),
    ruleStore: readRuleStore(settings),
    ...readPipelinePaths(settings),
    witnessPolicy: readWitnessPath(settings),
    breachedPasswords: pathOf(env["TYR_BREACHED_PASSWORDS"]),
    databaseUrl: readDatabaseUrl(settings),
    sample: readSample(settings, listen),
    logLevel: readLogLevel(settings),
    ownNetworks: [...list(env["TYR_OWN_NETWORKS"]), ...(flags["own-network"] ?? [])].map((text) =>
      network("TYR_OWN_NETWORKS", text),
    ),
    environment: readEnvironment(settings),
    keepDays: readRetention(settings),
    ssoFile: pathOf(env["TYR_SSO_FILE"]),
    tokens: readTokens(settings),
    intel: readIntel(settings),
    notify: readNotify(settings),
    signInRules: readSignInRules(settings),
    unlock: flags.unlock,
    tracesUrl: readTracesUrl(settings),
    follow: [...list(env["TYR_FOLLOW"]), ...(flags.follow ?? [])].map(followed),
    intakeBytesMax: integer("TYR_INTAKE_MIB_MAX", env["TYR_INTAKE_MIB_MAX"] ?? "32", [1, 4096]) * MIB,
  };
}
