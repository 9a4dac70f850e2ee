import {
  cosign,
  decideAddCheckpoint,
  type KeySigner,
  type WitnessDecision,
  type WitnessedFork,
  type WitnessState,
} from "@tyr/ledger";
import type { KnownLogs } from "./known-logs.ts";
import { folderOf, type Memory, memoryIn, recall } from "./memory.ts";

export type WitnessParts = Readonly<{
  directory: string;
  logs: KnownLogs;
  cosigner: KeySigner;
  /** Where it remembers; only tests give another than the directory. */
  memory?: Memory;
}>;

/** What to answer to one `add-checkpoint`, and what happened, for the log of this witness. */
export type WitnessAnswer = Readonly<{
  status: WitnessDecision["status"] | 503;
  body: string;
  contentType: string;
  cosigned?: Readonly<{ origin: string; from: number; to: number }>;
  fork?: WitnessedFork;
}>;

export type Witness = Readonly<{
  add(body: Uint8Array): Promise<WitnessAnswer>;
  /** The newest cosigned checkpoint by the hexadecimal SHA-256 of its origin. */
  checkpoint(folder: string): string | undefined;
  /** Size up to which each log was cosigned. */
  sizes(): ReadonlyMap<string, number>;
  /** Resolves when nothing is being written. */
  rest(): Promise<void>;
}>;

/** Requests in line; each takes two writes to disk at most. */
const QUEUE_MAX = 64;
const TEXT = "text/plain; charset=utf-8";

/**
 * Opens a witness on its directory, which must be locked for this process: look, decide and write are one step here, and
 * only here.
 *
 * @throws {CliFailure} exit 78 when its memory is damaged
 */
export async function openWitness(parts: WitnessParts): Promise<Witness> {
  const { directory, logs, cosigner, memory = memoryIn(directory) } = parts;
  const states = new Map<string, WitnessState>();
  const published = new Map<string, string>();
  let line: Promise<unknown> = Promise.resolve();
  let waiting = 0;

  /** The order that makes a kill harmless: what is on disk forbids everything that what is signed would contradict. */
  const signAndPublish = async (origin: string, text: string, signed: string): Promise<string> => {
    const cosignature = await cosign(text, cosigner);
    await memory.publish(origin, signed + cosignature);
    published.set(folderOf(origin), signed + cosignature);
    return cosignature;
  };

  const answer = async (body: Uint8Array): Promise<WitnessAnswer> => {
    const decision = await decideAddCheckpoint({ body, logs, latest: (origin) => states.get(origin) });
    if (decision.status === 409 && decision.fork !== undefined) await memory.accuse(decision.fork);
    if (decision.status !== 200) return decision;
    const { origin, text, signed, previous, next } = decision;
    // Known before it is written: should the write fail half-way, nothing else of this size is signed.
    states.set(origin, next);
    await memory.keep(origin, signed);
    const cosignature = await signAndPublish(origin, text, signed);
    const cosigned = { origin, from: previous?.size ?? 0, to: next.size };
    return { status: 200, body: cosignature, contentType: TEXT, cosigned };
  };

  for (const [origin, keys] of logs) {
    const kept = await recall({ directory, origin, keys, cosigner });
    if (kept === undefined) continue;
    states.set(origin, kept.checkpoint);
    if (kept.published !== undefined) published.set(folderOf(origin), kept.published);
    // Killed between keeping and cosigning.
    else await signAndPublish(origin, kept.signed.slice(0, kept.signed.lastIndexOf("\n\n") + 1), kept.signed);
  }

  return {
    async add(body) {
      if (waiting >= QUEUE_MAX) return { status: 503, body: "too many requests wait; try again\n", contentType: TEXT };
      waiting += 1;
      const turn = line.then(async () => await answer(body));
      line = turn.catch(() => undefined);
      return await turn.finally(() => (waiting -= 1));
    },
    checkpoint: (folder) => published.get(folder),
    sizes: () => new Map([...states].map(([origin, { size }]) => [origin, size])),
    rest: async () => void (await line),
  };
}
