import { REACH_DAYS } from "@tyr/contract";
import type { ReadDatabase } from "#platform/database";
import {
  addressCount,
  allowedPrefixes,
  isSingle,
  knownPrefix,
  overlaps,
  type Plan,
  type Planner,
  type PlanRequest,
} from "#govern";
import { clientOf, express, listEnforcers, listOverlapping, type BlockRow } from "#respond";

export type PlanDeps = Readonly<{
  /** Events and successful log-ins from a prefix since an instant. */
  reachOf(db: ReadDatabase, cidr: string, since: Date): Promise<{ events: number; successfulLogins: number }>;
}>;

const DAY_MS = 86_400_000;
/** A wide prefix may hold thousands of blocks; people read the first. */
const LINES_MAX = 20;

const UNITS = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
] as const;

/** `1 day`, `90 minutes`: the largest unit that says a whole number of seconds exactly. */
export function durationText(seconds: number): string {
  const [name, size] = UNITS.find(([, one]) => seconds % one === 0) ?? UNITS[3];
  const count = seconds / size;
  return `${count} ${name}${count === 1 ? "" : "s"}`;
}

const several = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;

function linesOf(target: string, blocks: readonly BlockRow[]): readonly string[] {
  if (blocks.length === 0) return [`${target} is not blocked`];
  const lines = blocks
    .slice(0, LINES_MAX)
    .map(({ value, expires_at: end }) => `${value} is blocked until ${end.toISOString()}`);
  return blocks.length > LINES_MAX ? [...lines, `and ${blocks.length - LINES_MAX} more`] : lines;
}

type Found = Readonly<{
  blocks: readonly BlockRow[];
  allowed: readonly string[];
  enforcers: readonly Readonly<{ name: string; told: ReturnType<typeof express> }>[];
  reach: Plan["reach"];
}>;

async function look({ db, target, now }: PlanRequest, { reachOf }: PlanDeps): Promise<Found> {
  const since = new Date(now.getTime() - REACH_DAYS * DAY_MS);
  const allowed = (await allowedPrefixes(db, now)).filter((one) => overlaps(one, target));
  const enforcers = (await listEnforcers(db)).filter(({ active }) => active);
  const { events, successfulLogins } = await reachOf(db, target.text, since);
  return {
    blocks: await listOverlapping(db, [target]),
    allowed: allowed.map(({ text }) => text),
    enforcers: enforcers.map((one) => ({ name: one.name, told: express(clientOf(one), target.text) })),
    reach: { addresses: addressCount(target), enforcers: enforcers.length, events, successfulLogins },
  };
}

function warningsOf({ target, ttlSeconds, now }: PlanRequest, { blocks, allowed, enforcers, reach }: Found): string[] {
  const end = new Date(now.getTime() + ttlSeconds * 1000);
  const covering = blocks.filter(
    ({ value, expires_at: until }) => until >= end && knownPrefix(value).length <= target.length,
  );
  const untold = (why: unknown) => enforcers.filter(({ told }) => told === why).map(({ name }) => name);
  const mute = untold("cannot_express");
  const filtering = untold("left_out_by_filter");
  const from = isSingle(target) ? "this address" : "this range";
  const all: readonly (readonly [boolean, string])[] = [
    [allowed.length > 0, `contains or lies in allow-listed ${allowed.slice(0, 5).join(", ")}`],
    [
      reach.successfulLogins > 0,
      `${several(reach.successfulLogins, "successful log-in")} from ${from} in ${REACH_DAYS} days`,
    ],
    [covering.length > 0, `already blocked for longer: ${covering.map(({ value }) => value).join(", ")}`],
    [enforcers.length === 0, "no enforcement point is registered: nothing drops packets yet"],
    [mute.length > 0, `cannot express this range and will not be told: ${mute.join(", ")}`],
    [filtering.length > 0, `ask with a filter that leaves this out and will not be told: ${filtering.join(", ")}`],
  ];
  return all.filter(([applies]) => applies).map(([, text]) => text);
}

/**
 * The plan of our own block list: what it holds now, what it would hold, whom that reaches. Reads what people must
 * know before they decide; changes nothing.
 */
export function createBlocklistPlanner(deps: PlanDeps): Planner {
  return {
    connector: "blocklist",
    async plan(request) {
      const found = await look(request, deps);
      const { target, ttlSeconds } = request;
      const duration = durationText(ttlSeconds);
      const { enforcers } = found.reach;
      return {
        ok: found.allowed.length === 0,
        summary: `Block ${target.text} for ${duration} at ${several(enforcers, "enforcement point")}.`,
        before: [...linesOf(target.text, found.blocks)],
        after: [
          ...found.blocks
            .slice(0, LINES_MAX)
            .flatMap(({ value, expires_at: end }) =>
              value === target.text ? [] : [`${value} is blocked until ${end.toISOString()}`],
            ),
          `${target.text} is blocked for ${duration}`,
        ],
        warnings: warningsOf(request, found),
        reach: found.reach,
      };
    },
    async observe({ db, target }) {
      return linesOf(target.text, await listOverlapping(db, [target]));
    },
  };
}
