import type { LinkReason } from "@tyr/contract";
import { isOwnHost } from "./command-trace.ts";
import { linkOf, type Link } from "./link.ts";
import { likenessOf } from "./rhythm-likes.ts";
import type { Near } from "./rhythm-store.ts";
import type { PhaseAt } from "./observation.ts";

/** What the clustering of campaigns reads of an identity: all its addresses together. */
export type Operator = Readonly<{
  id: string;
  payloads: ReadonlySet<string>;
  c2: ReadonlySet<string>;
  firstMs: number;
  lastMs: number;
  phases: readonly PhaseAt[];
  asns: ReadonlySet<string>;
  /** Client versions and fingerprints: what it works with. */
  tools: ReadonlySet<string>;
  sensors: ReadonlySet<string>;
  /** Hashes of the rhythms its people typed in. */
  rhythms: ReadonlySet<string>;
}>;

/** Weights of origins 2.19. */
const WEIGHTS = { handoff: 1, payload: 1, overlap: 0.4, cohort: 0.1, keystrokes: 0.6 } as const;
const HOUR_MS = 3_600_000;
/** Longest pause between what one leaves and the other takes up. */
export const HANDOFF_MAX_MS = 24 * HOUR_MS;

/** One who leaves a sensor under control, and one who goes on there without having broken in. */
export type Handoff = Readonly<{ giver: string; taker: string; sensorId: string; pauseMs: number }>;

const LEFT_BEHIND = new Set(["command_and_control", "persistence"]);
const TAKEN_UP = new Set(["discovery", "lateral_movement"]);
/** Phases of coming in. Who guessed credentials or exploited something there was handed nothing. */
const BREAKING_IN = new Set(["credential_access", "exploitation", "reconnaissance"]);

type Stay = Readonly<{ id: string; sensorId: string; leftMs: number | null; begunMs: number | null }>;

/** What an identity did at each sensor: when it left it under control at last, when it took it up without breaking in. */
export function staysOf({ id, phases }: Pick<Operator, "id" | "phases">): readonly Stay[] {
  const atSensors = Map.groupBy(phases, ({ sensorId }) => sensorId ?? "");
  return [...atSensors].flatMap(([sensorId, seen]): Stay[] => {
    if (sensorId === "") return [];
    const lastMs = Math.max(...seen.map((one) => one.lastMs));
    const left = seen.filter((one) => LEFT_BEHIND.has(one.phase) && one.lastMs === lastMs);
    const taken = seen.filter((one) => TAKEN_UP.has(one.phase)).map((one) => one.firstMs);
    const brokeIn = seen.some((one) => BREAKING_IN.has(one.phase));
    const leftMs = left.length > 0 ? lastMs : null;
    const begunMs = taken.length > 0 && !brokeIn ? Math.min(...taken) : null;
    return leftMs === null && begunMs === null ? [] : [{ id, sensorId, leftMs, begunMs }];
  });
}

/** The hand-overs that several stays at one sensor allow. */
export function handoffsOf(stays: readonly Stay[]): readonly Handoff[] {
  return stays.flatMap((taker) =>
    stays.flatMap((giver): Handoff[] => {
      if (giver.id === taker.id || giver.sensorId !== taker.sensorId) return [];
      if (giver.leftMs === null || taker.begunMs === null) return [];
      const pauseMs = taker.begunMs - giver.leftMs;
      if (pauseMs < 0 || pauseMs > HANDOFF_MAX_MS) return [];
      return [{ giver: giver.id, taker: taker.id, sensorId: taker.sensorId, pauseMs }];
    }),
  );
}

/** Hand-overs of one step, found by who and where: there may be a thousand, and each pair of identities asks. */
export type Handoffs = Readonly<{
  between: (giver: string, taker: string) => readonly Handoff[];
  /** How many could have given to this taker there, and how many could have taken from this giver. */
  givers: (one: Handoff) => number;
  takers: (one: Handoff) => number;
}>;

export function byWhom(all: readonly Handoff[]): Handoffs {
  const pairs = Map.groupBy(all, ({ giver, taker }) => `${giver} ${taker}`);
  const given = Map.groupBy(all, ({ taker, sensorId }) => `${taker} ${sensorId}`);
  const taken = Map.groupBy(all, ({ giver, sensorId }) => `${giver} ${sensorId}`);
  return {
    between: (giver, taker) => pairs.get(`${giver} ${taker}`) ?? [],
    givers: ({ taker, sensorId }) => given.get(`${taker} ${sensorId}`)?.length ?? 0,
    takers: ({ giver, sensorId }) => taken.get(`${giver} ${sensorId}`)?.length ?? 0,
  };
}

/**
 * Weight of a hand-over, shared among all that could have given and all that could have taken at that sensor: where
 * strangers come and go all day, that one came after another says nothing.
 */
function handoffReason(a: Operator, b: Operator, all: Handoffs): LinkReason | undefined {
  const between = [...all.between(a.id, b.id), ...all.between(b.id, a.id)];
  const weighed = between.map((one) => ({ ...one, share: 1 / (all.givers(one) * all.takers(one)) }));
  const [best] = weighed.toSorted((x, y) => y.share - x.share || (x.sensorId < y.sensorId ? -1 : 1));
  if (best === undefined) return undefined;
  const hours = Math.round((best.pauseMs / HOUR_MS) * 10) / 10;
  const among = best.share < 1 ? `, one of ${Math.round(1 / best.share)} that are possible` : "";
  const detail = `left under control by one, taken up ${hours} hours later by the other${among}`;
  return { kind: "handoff", weight: WEIGHTS.handoff * best.share, values: [best.sensorId], detail };
}

const VALUES_SHOWN = 5;

function filesReason(a: Operator, b: Operator): LinkReason | undefined {
  const [inA, inB] = [toolboxOf(a), toolboxOf(b)];
  const shared = [...inA].filter((one) => inB.has(one)).toSorted();
  if (shared.length === 0) return undefined;
  const likeness = shared.length / new Set([...inA, ...inB]).size;
  const detail = `files and download hosts alike by ${Math.round(likeness * 100)} %`;
  return { kind: "payload_c2", weight: WEIGHTS.payload * likeness, values: shared.slice(0, VALUES_SHOWN), detail };
}

/** Files and download hosts of its own. */
export function toolboxOf({ payloads, c2 }: Operator): ReadonlySet<string> {
  return new Set([...payloads, ...[...c2].filter(isOwnHost)]);
}

/** Share of the time from the first to the last of both in which both were active; a stay lasts `leastMs` at least. */
function overlapOf(a: Operator, b: Operator, leastMs: number): number {
  const [endA, endB] = [Math.max(a.lastMs, a.firstMs + leastMs), Math.max(b.lastMs, b.firstMs + leastMs)];
  const both = Math.min(endA, endB) - Math.max(a.firstMs, b.firstMs);
  return both <= 0 ? 0 : both / (Math.max(endA, endB) - Math.min(a.firstMs, b.firstMs));
}

/** Networks, tools and sensors in common. Kept weak: at few sensors everybody meets everybody. */
function cohortOf(a: Operator, b: Operator): number {
  const all = ({ asns, tools, sensors }: Operator): readonly string[] => [...asns, ...tools, ...sensors];
  const [inA, inB] = [new Set(all(a)), new Set(all(b))];
  const shared = [...inA].filter((one) => inB.has(one)).length;
  return shared === 0 ? 0 : shared / new Set([...inA, ...inB]).size;
}

/** A network or a tool in common. That they met at one sensor says nothing here: at a busy decoy all do. */
const haveCompany = (a: Operator, b: Operator): boolean =>
  [...a.asns].some((one) => b.asns.has(one)) || [...a.tools].some((one) => b.tools.has(one));

/**
 * Rhythms as like as those of one person, by how many type like that: one of nine strangers does. So it never speaks alone:
 * both must have worked with the same tool or from the same network.
 */
function keystrokesReason(a: Operator, b: Operator, near: Near): LinkReason | undefined {
  const share = likenessOf(a, b, near);
  if (share === 0 || !haveCompany(a, b)) return undefined;
  const detail = `people type in rhythms as like as those of one${share < 1 ? ", as many others do" : ""}`;
  return { kind: "keystrokes", weight: WEIGHTS.keystrokes * share, values: [], detail };
}

/** What of all who are compared the reasons between two of them ask for. */
export type Compared = Readonly<{ handoffs: Handoffs; near: Near }>;

/** Whether two identities act together, and why. */
export function linkOperators(a: Operator, b: Operator, { handoffs, near }: Compared): Link | undefined {
  const strong = [handoffReason(a, b, handoffs), filesReason(a, b), keystrokesReason(a, b, near)].filter(
    (one) => one !== undefined,
  );
  if (strong.length === 0) return undefined;
  // A single moment lasts an hour; but beside a rhythm alone only time counts in which both were really there.
  const leastMs = strong.every(({ kind }) => kind === "keystrokes") ? 0 : HOUR_MS;
  const [overlap, cohort] = [overlapOf(a, b, leastMs), cohortOf(a, b)];
  const percent = (share: number): string => `${Math.round(share * 100)} %`;
  const weak: LinkReason[] = [
    {
      kind: "overlap",
      weight: WEIGHTS.overlap * overlap,
      values: [],
      detail: `active together ${percent(overlap)} of their time`,
    },
    {
      kind: "cohort",
      weight: WEIGHTS.cohort * cohort,
      values: [],
      detail: `networks, tools and sensors alike by ${percent(cohort)}`,
    },
  ];
  return linkOf([a.id, b.id], [...strong, ...weak]);
}
