/**
 * Programs that name themselves in `User-Agent`, by the text their own documentation or source shows as the default.
 * What an attacker changed is not found this way, so nobody may conclude from an empty answer.
 */
const TOOLS: readonly (readonly [tool: string, agent: RegExp])[] = [
  ["sqlmap", /^sqlmap\//i],
  ["nikto", /\bnikto\//i],
  ["nmap", /\bnmap scripting engine\b/i],
  ["nuclei", /\bnuclei\b/i],
  ["masscan", /\bmasscan\//i],
  ["zgrab", /\bzgrab\//i],
  ["gobuster", /^gobuster\//i],
  ["dirbuster", /^dirbuster-/i],
  ["ffuf", /^fuzz faster u fool\b/i],
  ["feroxbuster", /^feroxbuster\//i],
  ["wfuzz", /^wfuzz\//i],
  ["hydra", /\(hydra\)/i],
  ["wpscan", /^wpscan\b/i],
  ["httpx", /^httpx - open-source project\b/i],
  ["censys", /\bcensysinspect\//i],
  ["curl", /^curl\//i],
  ["wget", /^wget\//i],
  ["python-requests", /^python-requests\//i],
  ["python-urllib", /^python-urllib\//i],
  ["python-httpx", /^python-httpx\//i],
  ["aiohttp", /^python\/[\d.]+ aiohttp\//i],
  ["go-http-client", /^go-http-client\//i],
  ["libwww-perl", /^(?:libwww-perl|lwp::simple)\//i],
];
/** Browsers a program steers, by what they say of themselves. */
const AUTOMATIONS: readonly (readonly [name: string, agent: RegExp])[] = [
  ["headless_chrome", /\bheadlesschrome\//i],
  ["phantomjs", /\bphantomjs\//i],
  ["jsdom", /\bjsdom\//i],
  ["electron", /\belectron\//i],
];
const AGENT_CHARS_MAX = 512;

function found(list: typeof TOOLS, agent: string | undefined): string | undefined {
  const text = agent?.slice(0, AGENT_CHARS_MAX);
  return text === undefined ? undefined : list.find(([, pattern]) => pattern.test(text))?.[0];
}

/** The catalogue's own name of a tool, never the header. */
export function toolOfAgent(agent: string | undefined): string | undefined {
  return found(TOOLS, agent);
}

export function automationOfAgent(agent: string | undefined): string | undefined {
  return found(AUTOMATIONS, agent);
}
