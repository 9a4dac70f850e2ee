import { BACKTEST_SAMPLES_MAX, type BacktestRule, type SampleDetection } from "@tyr/contract";
import type { NewDetection } from "../detection.ts";
import type { PackRule } from "../rule-pack.ts";

const EVENT_IDS_SHOWN = 10;
const ACTORS_COUNTED_MAX = 10_000;
/** A day as people write it: the first ten characters of an instant. */
const DAY_CHARS = 10;

/** Counts what one rule found, beside what the rule in force of the same id found at the same events. */
export type Tally = Readonly<{
  /** All findings at one event: of the rule tried, and of the one in force. */
  add(here: readonly NewDetection[], inForce: readonly NewDetection[]): void;
  report(): BacktestRule;
}>;

/** Kept as long as results are: what it shows of the rule, and nothing that was compiled. */
export function createTally(rule: PackRule, inForce: PackRule | undefined): Tally {
  const shown = { ruleId: rule.id, title: rule.sigma.title, kind: rule.sigma.kind, severity: rule.severity };
  return tallyOf(shown, inForce?.version);
}

function tallyOf(shown: Pick<BacktestRule, "ruleId" | "title" | "kind" | "severity">, version?: string): Tally {
  const days = new Map<string, number>();
  const actors = new Set<string>();
  const samples = createSamples();
  let detections = 0;
  let others = 0;
  let both = 0;
  return {
    add(here, there) {
      for (const one of here) {
        detections += 1;
        const day = one.time.toISOString().slice(0, DAY_CHARS);
        days.set(day, (days.get(day) ?? 0) + 1);
        if (one.actorIp !== null && actors.size < ACTORS_COUNTED_MAX) actors.add(one.actorIp);
        samples.offer(one);
      }
      others += there.length;
      both += alike(here, there);
    },
    report: () => ({
      ...shown,
      detections,
      actors: actors.size,
      days: [...days].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([day, found]) => ({ day, detections: found })),
      samples: samples.taken().map(toSample),
      inForce:
        version === undefined
          ? null
          : {
              version,
              detections: others,
              both,
              onlyHere: detections - both,
              onlyInForce: others - both,
            },
    }),
  };
}

/** At one event a rule finds one thing for each group. */
function alike(here: readonly NewDetection[], there: readonly NewDetection[]): number {
  if (here.length === 0 || there.length === 0) return 0;
  const groups = there.map(groupOf);
  return here.filter((one) => {
    const at = groups.indexOf(groupOf(one));
    if (at >= 0) groups.splice(at, 1);
    return at >= 0;
  }).length;
}

function groupOf({ groupKey }: NewDetection): string {
  return JSON.stringify(Object.entries(groupKey).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** Keeps a few, spread evenly over all that come, whatever their number: every so many, ever further apart. */
function createSamples(): Readonly<{ offer(one: NewDetection): void; taken(): readonly NewDetection[] }> {
  let kept: NewDetection[] = [];
  let every = 1;
  let offered = 0;
  return {
    offer(one) {
      if (offered % every === 0) kept.push(one);
      offered += 1;
      if (kept.length <= BACKTEST_SAMPLES_MAX) return;
      kept = kept.filter((_, at) => at % 2 === 0);
      every *= 2;
    },
    taken: () => kept,
  };
}

function toSample({ time, actorIp, user, groupKey, eventIds, eventCount, tags }: NewDetection): SampleDetection {
  return {
    time: time.toISOString(),
    actorIp,
    user,
    groupKey: { ...groupKey },
    eventIds: eventIds.slice(-EVENT_IDS_SHOWN),
    eventCount,
    techniques: tags.map(({ technique, subTechnique }) => subTechnique ?? technique),
  };
}
