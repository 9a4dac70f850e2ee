import type { RuleSet } from "../load.ts";
import { createEngine, type Engine, type Match } from "../match/engine.ts";
import type { EventLogsource } from "../match/event.ts";
import { parseObject } from "../match/line-fields.ts";
import { createRouter, unroutedLogsource } from "../route/router.ts";
import type { LineReader } from "./line-batch.ts";
import type { BatchFindings, PoolRouting } from "./messages.ts";

type LogsourceOf = (line: Uint8Array, index: number) => EventLogsource;

/** An engine that answers for whole batches. What a worker holds; knows nothing of threads. */
export class BatchMatcher {
  readonly #engine: Engine;
  readonly #logsourceOf: LogsourceOf;
  readonly #numbers: ReadonlyMap<Match["rule"], number>;

  constructor(ruleSet: RuleSet, routing: PoolRouting) {
    this.#engine = createEngine(ruleSet, { routing: routing.by === "nothing" ? "none" : "logsource" });
    this.#logsourceOf = logsourceReader(routing);
    this.#numbers = new Map(ruleSet.rules.map((rule, number) => [rule, number]));
  }

  find(batch: LineReader): BatchFindings {
    const lines: number[] = [];
    const rules: number[] = [];
    const unreadable: number[] = [];
    let unrouted = 0;
    for (let position = 0; position < batch.count; position += 1) {
      const bytes = batch.line(position);
      try {
        const logsource = this.#logsourceOf(bytes, batch.logsource(position));
        if (logsource === unroutedLogsource) unrouted += 1;
        for (const { rule } of this.#engine.matchLine(bytes, { id: "", logsource })) {
          lines.push(position);
          rules.push(this.#numbers.get(rule) ?? this.#numbers.size);
        }
      } catch (error) {
        if (!isTheLinesFault(error)) throw error;
        unreadable.push(position);
      }
    }
    return {
      lines: new Uint32Array(lines),
      rules: new Uint32Array(rules),
      unreadable: new Uint32Array(unreadable),
      unrouted,
    };
  }
}

/** No JSON, or nested deeper than the stack. */
function isTheLinesFault(error: unknown): boolean {
  return error instanceof SyntaxError || error instanceof RangeError;
}

const everything: EventLogsource = Object.freeze({});

function logsourceReader(routing: PoolRouting): LogsourceOf {
  if (routing.by === "nothing") return () => everything;
  if (routing.by === "fields") {
    const { route } = createRouter(routing.rows);
    return (line) => route(parseObject(line));
  }
  // The engine knows frozen log sources again by themselves.
  const logsources = routing.logsources.map(({ category, ...rest }) =>
    Object.freeze({ ...rest, ...(category === undefined ? {} : { category: Object.freeze(category) }) }),
  );
  return (_line, index) => logsources[index] ?? everything;
}
