/** How somebody behaved, from the rhythm of what they did. */
export type BehaviourClass =
  | "unknown"
  | "slow_scan"
  | "scanning"
  | "brute_force"
  | "beaconing"
  | "interactive"
  | "mixed";

/** Of all events of one source: how many, at how many services, and how far apart (seconds, coefficient of variation). */
export type Rhythm = Readonly<{ events: number; services: number; meanS: number; cv: number }>;

/** In this order: the first that holds. Thresholds are those of the deception network DECNET (its attacker profiles). */
const CLASSES: readonly (readonly [BehaviourClass, (rhythm: Rhythm) => boolean])[] = [
  ["unknown", ({ events }) => events < 3],
  ["slow_scan", ({ events, services, meanS }) => services >= 2 && meanS >= 10 && events >= 4],
  ["scanning", ({ services, meanS }) => (services >= 3 && meanS < 10) || (services >= 2 && meanS < 2)],
  ["brute_force", ({ events, services, meanS, cv }) => services === 1 && events >= 8 && meanS < 5 && cv < 0.6],
  ["beaconing", ({ events, meanS, cv }) => cv < 0.35 && meanS >= 5 && events >= 4],
  ["interactive", ({ events, meanS, cv }) => cv >= 0.5 && meanS < 5 && events >= 6],
];

export function behaviourClass(rhythm: Rhythm): BehaviourClass {
  return CLASSES.find(([, holds]) => holds(rhythm))?.[0] ?? "mixed";
}

type Cadence = Readonly<{ tool: string; everyS: number; withinS: number; jitter: number; jitterWithin: number }>;

/** Default sleep and jitter of command-and-control frameworks. A guess: operators change them. */
const CADENCES: readonly Cadence[] = [
  { tool: "cobalt_strike", everyS: 60, withinS: 8, jitter: 0.2, jitterWithin: 0.05 },
  { tool: "sliver", everyS: 60, withinS: 10, jitter: 0.3, jitterWithin: 0.08 },
  { tool: "havoc", everyS: 45, withinS: 8, jitter: 0.1, jitterWithin: 0.03 },
  { tool: "mythic", everyS: 30, withinS: 6, jitter: 0.15, jitterWithin: 0.03 },
];

/** Rounding of running sums must not decide at a limit. */
const EPSILON = 1e-9;

/** Tools whose default rhythm this is; several may fit. */
export function toolsByCadence({
  intervalS,
  jitter,
}: Readonly<{ intervalS: number; jitter: number }>): readonly string[] {
  return CADENCES.filter(
    (one) =>
      Math.abs(intervalS - one.everyS) <= one.withinS + EPSILON &&
      Math.abs(jitter - one.jitter) <= one.jitterWithin + EPSILON,
  ).map(({ tool }) => tool);
}

/** A word of a program's own user agent, in lower case, and the program. */
const AGENTS: readonly (readonly [word: string, tool: string])[] = [
  ["nmap scripting engine", "nmap"],
  ["gophish", "gophish"],
  ["nikto", "nikto"],
  ["sqlmap", "sqlmap"],
  ["nuclei", "nuclei"],
  ["masscan", "masscan"],
  ["zgrab", "zgrab"],
  ["metasploit", "metasploit"],
  ["curl/", "curl"],
  ["python-requests", "python-requests"],
  ["gobuster", "gobuster"],
  ["dirbuster", "dirbuster"],
  ["hydra", "hydra"],
  ["wfuzz", "wfuzz"],
];
/** Characters of a user agent or mailer that are looked at. */
const AGENT_CHARS_MAX = 512;

/** The tool that names itself in a user agent (or, of mail, in `X-Mailer`). */
export function toolByAgent(agent: string): string | undefined {
  const text = agent.slice(0, AGENT_CHARS_MAX).toLowerCase();
  return AGENTS.find(([word]) => text.includes(word))?.[1];
}
