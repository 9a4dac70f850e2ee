import {
  RECORD_CLASSES,
  RECORD_CLASS_NAMES,
  type LegalHold,
  type RetentionLine,
  type RetentionRun,
} from "@tyr/contract";
import type { Answers } from "./answers.ts";
import { at, idOf } from "./make.ts";
import { Refused } from "./refused.ts";
import type { World } from "./world.ts";

const DAY = 86_400_000;
type Kept = { holds: LegalHold[]; runs: RetentionRun[]; erased: Set<string>; hasPeriods: boolean };

const lines = (now: number, removed: boolean): RetentionLine[] => [
  {
    class: "event",
    keepDays: 90,
    cutoff: at(now - 90 * DAY),
    due: 48_210,
    removed: removed ? 48_100 : 0,
    held: [
      { why: "legal hold", records: 12 },
      { why: "open incident", records: 98 },
    ],
  },
  { class: "quarantine", keepDays: 30, cutoff: at(now - 30 * DAY), due: 0, removed: 0, held: [] },
  {
    class: "audit",
    keepDays: 365,
    cutoff: at(now - 365 * DAY),
    due: 12_930,
    removed: removed ? 12_800 : 0,
    held: [{ why: "in one bundle with entries that stay", records: 130 }],
  },
];

/** Two runs: the day's, and one that a full disk ended early. */
function makeKept(now: number): Kept {
  const run = (number: number, more: Partial<RetentionRun>): RetentionRun => ({
    id: idOf("retentionRun", number),
    startedAt: at(now - number * DAY),
    endedAt: at(now - number * DAY + 4_000),
    by: { kind: "system", id: "system" },
    reason: "the day's run",
    items: lines(now, true),
    failed: null,
    ...more,
  });
  return {
    hasPeriods: true,
    erased: new Set(),
    holds: [
      {
        id: idOf("hold", 1),
        subject: "value:203.0.113.7",
        reason: "a court asks \u202e12/26",
        placedBy: idOf("subject", 2),
        placedAt: at(now - 9 * DAY),
      },
    ],
    runs: [
      run(1, {}),
      run(2, {
        by: { kind: "person", id: idOf("subject", 1) },
        reason: "quarterly",
        items: lines(now, true).slice(0, 1),
        failed: "no space left on device",
      }),
    ],
  };
}

const worlds = new WeakMap<World, Kept>();

/** What this stand-in keeps of privacy; an installation without periods has no runs and no holds. */
export function keptOf(world: World): Kept {
  const known = worlds.get(world) ?? makeKept(Date.now());
  worlds.set(world, known);
  return known;
}

function reportOf({ hasPeriods }: Kept, removed: boolean) {
  const items = hasPeriods ? lines(Date.now(), removed) : [];
  return {
    dryRun: !removed,
    items,
    classes: RECORD_CLASS_NAMES.map((name) => ({
      class: name,
      about: RECORD_CLASSES[name],
      keepDays: items.find((line) => line.class === name)?.keepDays ?? null,
    })),
    nextRunAt: hasPeriods ? at(Date.now() + DAY / 2) : null,
  };
}

function erasureOf(world: World, subject: string) {
  const { holds, erased } = keptOf(world);
  if (holds.some((one) => one.subject === subject)) throw new Refused("LEGAL_HOLD", `a hold is on ${subject}`);
  const isLeft = !erased.has(subject);
  return { subject, values: isLeft ? 214 : 0, rows: isLeft ? 9 : 0, changed: isLeft };
}

export const privacyAnswers: Answers = {
  "retention.report": (_, { world }) => reportOf(keptOf(world), false),
  "retention.runs": (_, { world }) => ({ items: keptOf(world).runs, next: null }),
  "retention.run": ({ body }, { world, user }) => {
    const kept = keptOf(world);
    const now = Date.now();
    kept.runs.unshift({
      id: idOf("retentionRun", 9),
      startedAt: at(now),
      endedAt: at(now),
      by: { kind: "person", id: user.id },
      reason: body.reason,
      items: lines(now, true),
      failed: null,
    });
    return reportOf(kept, true);
  },
  "privacy.holds": (_, { world }) => ({ items: keptOf(world).holds }),
  "privacy.hold": ({ body }, { world, user }) => {
    const placed = {
      ...body,
      id: idOf("hold", 9),
      placedBy: user.id,
      placedAt: at(Date.now()),
    } as const;
    keptOf(world).holds.push(placed);
    return placed;
  },
  "privacy.release": ({ params }, { world }) => {
    const kept = keptOf(world);
    const hold = kept.holds.find((one) => one.id === params.id);
    if (hold === undefined) throw new Refused("NOT_FOUND", "no such hold");
    kept.holds = kept.holds.filter((one) => one !== hold);
    return hold;
  },
  "privacy.preview": ({ query }, { world }) => erasureOf(world, query.subject),
  "privacy.erase": ({ body }, { world }) => {
    const done = erasureOf(world, body.subject);
    keptOf(world).erased.add(body.subject);
    return done;
  },
};
