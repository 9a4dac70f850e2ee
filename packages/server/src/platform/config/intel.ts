import { resolve } from "node:path";

/** One source of intelligence the operator switched on. */
export type IntelSource = Readonly<{
  url: string;
  /** Holds the key and nothing else; undefined: the source needs none. */
  keyFile: string | undefined;
  /** The setting its key comes from, for messages. */
  setting: string;
}>;
/** Who is asked about attackers' addresses. Nobody is, unless it is set here. */
export type IntelSettings = Readonly<{
  abuseipdb?: IntelSource;
  greynoise?: IntelSource;
  threatfox?: IntelSource;
  feodo?: IntelSource;
}>;
type Name = keyof IntelSettings;
type Env = Readonly<Record<string, string | undefined>>;
export type UnusableIntel = Readonly<{ setting: string; problem: string }>;

const SOURCES: Readonly<Record<Name, Readonly<{ url: string; key: "needed" | "optional" | "none" }>>> = {
  abuseipdb: { url: "https://api.abuseipdb.com", key: "needed" },
  greynoise: { url: "https://api.greynoise.io", key: "optional" },
  threatfox: { url: "https://threatfox-api.abuse.ch", key: "needed" },
  feodo: { url: "https://feodotracker.abuse.ch", key: "none" },
};
const NAMES = Object.keys(SOURCES) as readonly Name[];

/** Keys and attackers' addresses travel there: plain http only to this machine. */
function isUsable(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, search, hash, username, password } = new URL(text);
  const isLocal = ["127.0.0.1", "[::1]", "localhost"].includes(hostname);
  if (protocol !== "https:" && !(protocol === "http:" && isLocal)) return false;
  return search === "" && hash === "" && username === "" && password === "";
}

/**
 * `TYR_INTEL=abuseipdb,greynoise,threatfox,feodo` switches sources on; `TYR_INTEL_ABUSEIPDB_KEY_FILE` and the like name their keys'
 * files, `TYR_INTEL_ABUSEIPDB_URL` another place.
 *
 * @returns the settings, or what is wrong with which
 */
export function parseIntel(env: Env): IntelSettings | UnusableIntel {
  const wanted = (env["TYR_INTEL"] ?? "").split(",").flatMap((one) => (one.trim() === "" ? [] : [one.trim()]));
  const strange = wanted.find((one) => !NAMES.some((name) => name === one));
  if (strange !== undefined) return { setting: "TYR_INTEL", problem: `"${strange}" is not one of ${NAMES.join(", ")}` };
  const settings: { [N in Name]?: IntelSource } = {};
  for (const name of NAMES) {
    if (!wanted.includes(name)) continue;
    const setting = `TYR_INTEL_${name.toUpperCase()}_KEY_FILE`;
    const path = env[setting];
    const { key, url: usual } = SOURCES[name];
    if (key === "needed" && path === undefined) return { setting, problem: `${name} is switched on and needs a key` };
    const urlSetting = `TYR_INTEL_${name.toUpperCase()}_URL`;
    const url = (env[urlSetting] ?? usual).replace(/\/{1,8}$/, "");
    if (!isUsable(url)) return { setting: urlSetting, problem: "not an https address without query or password" };
    settings[name] = { url, keyFile: path === undefined || key === "none" ? undefined : resolve(path), setting };
  }
  return settings;
}
