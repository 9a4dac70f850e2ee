import {
  evaluate,
  ruleApplies,
  type EventLogsource,
  type Expression,
  type Logsource,
  type SigmaEvent,
} from "@tyr/sigma";
import type { RulePack } from "../rule-pack.ts";
import { fieldsOf, logsourceName, type RuleInput } from "./rule-input.ts";

/** Notes, day by day, which log sources and fields that rules ask for come in at all. */
export type SeenFields = Readonly<{
  /** Everything looked for: what rules in force ask for, and nothing an event could name. */
  inputs: readonly RuleInput[];
  /** @param observedMs when the event was stored, by our own clock */
  look(event: SigmaEvent, observedMs: number): void;
  /** What was seen since the last call, with the newest day. */
  take(): readonly Readonly<RuleInput & { day: string }>[];
}>;

/** Events of one log source that are looked at one by one each day; afterwards one in sixty-four is: a look takes some 20 µs. */
const CLOSELY_MAX = 100;
const ONE_IN = 64;
const DAY_MS = 86_400_000;

type Wanted = RuleInput & Readonly<{ exists: Expression | undefined }>;
/** What is still wanted today of events of one log source. */
type Pending = { wanted: readonly Wanted[]; events: number };

function wantedOf(pack: Pick<RulePack, "ruleSet">): readonly Readonly<{ logsource: Logsource; wanted: Wanted[] }>[] {
  const byName = Map.groupBy(pack.ruleSet.rules, ({ logsource }) => logsourceName(logsource));
  return [...byName].flatMap(([name, rules]) => {
    const logsource = rules[0]?.logsource;
    if (logsource === undefined || name === "") return [];
    const fields = new Set(rules.flatMap(({ expression }) => fieldsOf(expression)));
    const wanted = ["", ...fields].map((field) => ({ logsource: name, field, exists: existing(field) }));
    return [{ logsource, wanted }];
  });
}

/** The engine's own notion of a field being there: nested names, lists and all. */
function existing(field: string): Expression | undefined {
  if (field === "") return undefined;
  const tests = [{ kind: "exists", expected: true }] as const;
  return { kind: "item", item: { field, text: field, key: field, join: "any", negated: false, tests } };
}

export function createSeenFields(pack: Pick<RulePack, "ruleSet">): SeenFields {
  const sources = wantedOf(pack);
  // By the very objects `eventLogsource` hands out: a few that it remembers, and weakly, as those it forgets come anew.
  let pending = new WeakMap<EventLogsource, Pending>();
  let today = -1;
  let fresh = new Map<Wanted, number>();
  const begin = (logsource: EventLogsource): Pending => {
    const wanted = sources.filter((one) => ruleApplies(one.logsource, logsource)).flatMap((one) => one.wanted);
    const begun = { wanted: wanted.filter((one) => fresh.get(one) !== today), events: 0 };
    pending.set(logsource, begun);
    return begun;
  };
  return {
    inputs: sources.flatMap(({ wanted }) => wanted.map(({ logsource, field }) => ({ logsource, field }))),
    look(event, observedMs) {
      const day = Math.floor(observedMs / DAY_MS);
      if (day !== today) {
        today = day;
        pending = new WeakMap();
      }
      const still = pending.get(event.logsource) ?? begin(event.logsource);
      if (still.wanted.length === 0) return;
      still.events += 1;
      if (still.events > CLOSELY_MAX && still.events % ONE_IN !== 0) return;
      const found = still.wanted.filter(({ exists }) => exists === undefined || evaluate(exists, event));
      if (found.length === 0) return;
      for (const one of found) fresh.set(one, day);
      still.wanted = still.wanted.filter((one) => !found.includes(one));
    },
    take() {
      const taken = [...fresh].map(([{ logsource, field }, day]) => {
        return { logsource, field, day: new Date(day * DAY_MS).toISOString().slice(0, 10) };
      });
      fresh = new Map();
      return taken;
    },
  };
}
