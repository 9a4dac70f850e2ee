import type { LinkReason } from "@tyr/contract";
import { isOwnHost } from "./command-trace.ts";
import { jaccard } from "./kept-set.ts";
import { linkOf, type Link } from "./link.ts";
import { LIMITS, TRACE_KINDS, type Traces, type TraceKind } from "./observation.ts";

/** What the clustering of identities reads of an address. No times: a slow attacker is the same one. */
export type Hands = Readonly<{ id: string; asn: string | null; traces: Traces }>;

/** How many addresses have a value, ever. */
export type Commonness = (kind: TraceKind, value: string) => number;

/** Weights of origins 2.19. Exact traces are multiplied by how rare they are. */
const WEIGHTS = { exact: 1, commands: 0.6, credentials: 0.2, asn: 0.05 } as const;

/**
 * How much of an exact trace's weight counts, by how many addresses have it. One pair of hands has a few addresses; what
 * many have is a tool, a library or a botnet's file. In steps, so that a link changes twice and not with each address:
 * from 9 on it joins only together with the same commands (0.4 + 0.6), beyond 32 it says nothing.
 */
export const RARITY = [
  { addressesMax: 8, share: 1 },
  { addressesMax: 32, share: 0.4 },
] as const;
export const SHARED_BY_MAX = 32;

function shareOf(addresses: number): number {
  return RARITY.find(({ addressesMax }) => addresses <= addressesMax)?.share ?? 0;
}

/** Fingerprints of the program the attacker speaks with: what must not all disagree. */
const FINGERPRINTS = ["ja3", "ja4", "hassh"] as const satisfies readonly TraceKind[];
const VALUES_SHOWN = 5;

/**
 * Whether two addresses are the same hands, and why. If everything comparable of what they speak with disagrees, a shared
 * file or server does not count: that is two operators with one toolbox, which is a campaign.
 */
export function linkHands(a: Hands, b: Hands, commonness: Commonness): Link | undefined {
  const comparable = FINGERPRINTS.filter((kind) => a.traces[kind].length > 0 && b.traces[kind].length > 0);
  const isVetoed = comparable.length > 0 && comparable.every((kind) => sharedOf(a, b, kind).length === 0);
  const exact = TRACE_KINDS.filter((kind) => !isVetoed || (kind !== "payload" && kind !== "c2")).flatMap((kind) =>
    exactReason(kind, sharedOf(a, b, kind), commonness),
  );
  if (exact.length === 0) return undefined;
  return linkOf([a.id, b.id], [...exact, ...similarities(a, b)]);
}

function sharedOf(a: Hands, b: Hands, kind: TraceKind): readonly string[] {
  const known = new Set(b.traces[kind]);
  return a.traces[kind].filter((value) => known.has(value) && (kind !== "c2" || isOwnHost(value)));
}

const NAMES: Readonly<Record<TraceKind, string>> = {
  ja3: "JA3 fingerprint",
  ja4: "JA4 fingerprint",
  hassh: "HASSH fingerprint",
  payload: "file",
  c2: "download host",
};

function exactReason(kind: TraceKind, shared: readonly string[], commonness: Commonness): LinkReason[] {
  const rarest = Math.min(...shared.map((value) => commonness(kind, value)));
  const share = shared.length === 0 ? 0 : shareOf(rarest);
  if (share === 0) return [];
  const many = shared.length === 1 ? `the same ${NAMES[kind]}` : `${shared.length} values of ${NAMES[kind]}`;
  const detail = `${many}, known from ${rarest} addresses${share < 1 ? ": counts less, as many have it" : ""}`;
  return [{ kind, weight: WEIGHTS.exact * share, values: shared.slice(0, VALUES_SHOWN), detail }];
}

function similarities(a: Hands, b: Hands): LinkReason[] {
  const commands = commandsAlike(a.traces.commands, b.traces.commands);
  const credentials = jaccard(secretsOf(a), secretsOf(b), LIMITS.secrets);
  const percent = (share: number): string => `${Math.round(share * 100)} %`;
  return [
    reason("commands", WEIGHTS.commands * commands, `commands alike by ${percent(commands)}, phase by phase`),
    reason("credentials", WEIGHTS.credentials * credentials, `credentials alike by ${percent(credentials)}`),
    reason("asn", a.asn !== null && a.asn === b.asn ? WEIGHTS.asn : 0, `both of ${a.asn}`),
  ].filter(({ weight }) => weight > 0);
}

function reason(kind: LinkReason["kind"], weight: number, detail: string): LinkReason {
  return { kind, weight, values: [], detail };
}

const secretsOf = ({ traces }: Hands): readonly string[] => traces.secrets.map(({ secret }) => secret);

/** Mean of the likeness within each phase, so that a long reconnaissance does not drown a short persistence. */
function commandsAlike(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return 0;
  const [inA, inB] = [byPhase(a), byPhase(b)];
  const phases = new Set([...inA.keys(), ...inB.keys()]);
  const likeness = [...phases].map((phase) => jaccard(inA.get(phase) ?? [], inB.get(phase) ?? [], LIMITS.commands));
  return likeness.reduce((sum, one) => sum + one, 0) / phases.size;
}

/** `HASH.phase` → phase → hashes. */
function byPhase(commands: readonly string[]): ReadonlyMap<string, readonly string[]> {
  return Map.groupBy(commands, (one) => one.slice(one.indexOf(".") + 1));
}
