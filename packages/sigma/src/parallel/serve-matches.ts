import { BatchMatcher } from "./batch-matcher.ts";
import { unpack } from "./line-batch.ts";
import type { BatchMessage, FromWorker, LoadMessage, ToWorker } from "./messages.ts";
import { loadRuleTexts } from "./rule-texts.ts";
import type { ServedPort } from "./worker-port.ts";

/** What a worker's program may be told; everything may be left out. */
export type ServeOptions = Readonly<{
  /**
   * Memory lines are read from. In Node give `Buffer.allocUnsafeSlow`: the engine reads Node's buffers faster than plain
   * byte arrays, which are the default.
   */
  allocate?: (size: number) => Uint8Array;
}>;

/** The whole program of a worker: answers the pool at the other end of the port until it is terminated. */
export function serveMatches(port: ServedPort, options: ServeOptions = {}): void {
  const thread = new ServingThread(port, options.allocate ?? ((size) => new Uint8Array(size)));
  port.addEventListener("message", (event) => {
    // Only the pool that started this worker holds the other end.
    if ("data" in event) thread.hear(event.data as ToWorker);
  });
}

class ServingThread {
  readonly #port: ServedPort;
  readonly #allocate: (size: number) => Uint8Array;
  #scratch: Uint8Array = new Uint8Array(0);
  #matcher: BatchMatcher | undefined;

  constructor(port: ServedPort, allocate: (size: number) => Uint8Array) {
    this.#port = port;
    this.#allocate = allocate;
  }

  hear(message: ToWorker): void {
    try {
      if (message.kind === "load") this.#load(message);
      else this.#answer(message);
    } catch (error) {
      const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.#post({ kind: "failed", reason }, []);
    }
  }

  #load({ rules, routing }: LoadMessage): void {
    const ruleSet = loadRuleTexts(rules);
    this.#matcher = new BatchMatcher(ruleSet, routing);
    this.#post({ kind: "loaded", keys: ruleSet.rules.map(({ key }) => key) }, []);
  }

  #answer({ id, packed }: BatchMessage): void {
    if (this.#matcher === undefined) throw new Error("a batch came before the rules");
    if (this.#scratch.length < packed.byteLength) this.#scratch = this.#allocate(packed.byteLength);
    const findings = this.#matcher.find(unpack(packed, this.#scratch));
    const { lines, rules, unreadable } = findings;
    this.#post({ kind: "answer", id, findings }, [lines.buffer, rules.buffer, unreadable.buffer]);
  }

  #post(message: FromWorker, transfer: ArrayBuffer[]): void {
    this.#port.postMessage(message, transfer);
  }
}
