import { type Profiler, Session } from "node:inspector";

/** Functions by place, and which characters of each ran: 1 or 0. */
type Painted = ReadonlyMap<string, Uint8Array>;

/** Which code of the engine has run, by the counters the platform keeps itself: nothing is rewritten or installed. */
export class Coverage {
  readonly #session = new Session();
  readonly #seen = new Map<string, Uint8Array>();

  constructor() {
    this.#session.connect();
    this.#session.post("Profiler.enable");
    this.#session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  }

  /** Characters of the engine's source that ran. */
  get characters(): number {
    let sum = 0;
    for (const seen of this.#seen.values()) for (const ran of seen) sum += ran;
    return sum;
  }

  /** What ran since the last call. */
  take(): Painted {
    const painted = new Map<string, Uint8Array>();
    // A session on its own thread answers before `post` returns.
    this.#session.post("Profiler.takePreciseCoverage", (error, taken) => {
      if (error !== null) throw new Error(`the platform gives no coverage: ${error.message}`, { cause: error });
      for (const { url, scriptId, functions } of taken.result) {
        if (!isEngine(url)) continue;
        for (const one of functions) paint(painted, scriptId, one);
      }
    });
    return painted;
  }

  hasNew(painted: Painted): boolean {
    for (const [place, ran] of painted) {
      const seen = this.#seen.get(place);
      if (seen === undefined || ran.some((is, at) => is > (seen[at] ?? 0))) return true;
    }
    return false;
  }

  learn(painted: Painted): void {
    for (const [place, ran] of painted) {
      const seen = this.#seen.get(place);
      if (seen === undefined) this.#seen.set(place, ran);
      else
        this.#seen.set(
          place,
          seen.map((was, at) => was | (ran[at] ?? 0)),
        );
    }
  }

  [Symbol.dispose](): void {
    this.#session.post("Profiler.stopPreciseCoverage");
    this.#session.disconnect();
  }
}

/** Ranges of one function come from the outside in; each one overrules the one around it. */
function paint(painted: Map<string, Uint8Array>, script: string, { ranges }: Profiler.FunctionCoverage): void {
  const [whole] = ranges;
  if (whole === undefined || whole.count === 0) return;
  const ran = new Uint8Array(whole.endOffset - whole.startOffset);
  for (const { count, startOffset, endOffset } of ranges)
    ran.fill(count > 0 ? 1 : 0, startOffset - whole.startOffset, endOffset - whole.startOffset);
  painted.set(`${script}:${whole.startOffset}:${whole.endOffset}`, ran);
}

function isEngine(url: string): boolean {
  return url.includes("/sigma/src/") || url.includes("/sigma/dist/");
}
