import { createEvaluator, type EvaluatedEvent } from "../../packages/server/src/pipeline/detect/evaluate.ts";
import { readRuleLine } from "../../packages/server/src/pipeline/detect/rule-line.ts";
import { loadRulePack } from "../../packages/server/src/pipeline/detect/rule-pack.ts";
import { createFigureWatch } from "../../packages/server/src/pipeline/detect/figures/figure-watch.ts";
import { line, marker } from "../lines.ts";
import { percentiles } from "./place.ts";

const EVENTS = 20_000;
const BASE_MS = Date.UTC(2026, 1, 1);

function madeUp(): readonly EvaluatedEvent[] {
  const texts = Array.from({ length: EVENTS }, (_, n) => {
    const now = new Date(BASE_MS + n * 100);
    return n % 500 === 0 ? marker(n, now).text : line(n, now);
  });
  return read(texts);
}

/** As events of the stream: equal log sources are one object. */
function read(texts: readonly string[]): readonly EvaluatedEvent[] {
  const logsources = new Map<string, EvaluatedEvent["logsource"]>();
  const shared = (one: EvaluatedEvent["logsource"]): EvaluatedEvent["logsource"] => {
    const key = JSON.stringify(one);
    const known = logsources.get(key);
    if (known === undefined) logsources.set(key, one);
    return known ?? one;
  };
  return texts.flatMap((text, index) => {
    const done = readRuleLine(text, { index });
    return done.ok ? [{ ...done.event, logsource: shared(done.event.logsource) }] : [];
  });
}

/** Every event alone, and the same events with and without what figures take. */
export function measureEvaluation(rules: string, lines: readonly string[]): Readonly<Record<string, unknown>> {
  const beganMs = performance.now();
  const pack = loadRulePack(rules);
  const loadMs = Math.round(performance.now() - beganMs);
  const sets = { madeUp: madeUp(), ...(lines.length === 0 ? {} : { recorded: read(lines) }) };
  const measured = Object.entries(sets).map(([name, events]) => {
    once(pack, events);
    const each = timed(pack, events);
    const without = best(() => once(pack, events));
    const withFigures = best(() => once(pack, events, true));
    return [
      name,
      {
        events: events.length,
        findings: each.findings,
        microsPerEvent: percentiles(each.micros),
        eventsPerSecond: Math.round(events.length / (without / 1000)),
        figuresCostMicrosPerEvent: Number((((withFigures - without) * 1000) / events.length).toFixed(2)),
      },
    ] as const;
  });
  return { rulesInForce: pack.rules.size, rejected: pack.rejected.length, loadMs, ...Object.fromEntries(measured) };
}

type Pack = ReturnType<typeof loadRulePack>;

/** @returns milliseconds of processor time for all events: other programs do not count */
function once(pack: Pack, events: readonly EvaluatedEvent[], figures = false): number {
  const watch = createFigureWatch(pack, new Date());
  const evaluator = figures ? createEvaluator(pack, () => undefined, { see: watch.see }) : createEvaluator(pack);
  const before = process.cpuUsage();
  for (const event of events) evaluator.evaluate(event);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

const best = (run: () => number): number => Math.min(...Array.from({ length: 5 }, run));

function timed(pack: Pack, events: readonly EvaluatedEvent[]) {
  const evaluator = createEvaluator(pack);
  const micros: number[] = [];
  let findings = 0;
  for (const event of events) {
    const beganMs = performance.now();
    findings += evaluator.evaluate(event).length;
    micros.push((performance.now() - beganMs) * 1000);
  }
  return { micros, findings };
}
