import type { World } from "../world.ts";
import { LineBatcher, type Batch } from "./line-batcher.ts";
import { openInput, type OpenedInput } from "./open-input.ts";
import type { SendOptions } from "./send-batch.ts";
import { sendBatch } from "./send-batch.ts";
import { addReceipt, type Totals } from "./totals.ts";

/** How long lines may wait in an unfilled batch when stdin pauses (`tail -f … | tyr import -`). */
const IDLE_MS = 1000;

export type ImportOptions = SendOptions &
  Readonly<{ world: World; totals: Totals; onProgress: (input: OpenedInput) => void }>;

const IDLE = Symbol("idle");

/** The next chunk; or IDLE when none came in time, in which case the same pending read is passed in again. */
async function nextOrIdle<T>(pending: Promise<T>): Promise<T | typeof IDLE> {
  let timer: NodeJS.Timeout | undefined;
  const idle = new Promise<typeof IDLE>((resolve) => {
    timer = setTimeout(resolve, IDLE_MS, IDLE);
  });
  try {
    return await Promise.race([pending, idle]);
  } finally {
    clearTimeout(timer);
  }
}

async function* batchesOf(input: OpenedInput, batcher: LineBatcher): AsyncGenerator<Batch> {
  const iterator = input.chunks[Symbol.asyncIterator]();
  const isStream = input.bytesTotal === undefined;
  for (let pending = iterator.next(); ;) {
    const next = isStream ? await nextOrIdle(pending) : await pending;
    if (next === IDLE) {
      const waiting = batcher.flush(false);
      if (waiting !== undefined) yield waiting;
      continue;
    }
    if (next.done === true) break;
    yield* batcher.push(next.value);
    pending = iterator.next();
  }
  const last = batcher.flush(true);
  if (last !== undefined) yield last;
}

/** Sends one file in order, one batch at a time: the next is read while the server stores, never more than one ahead. */
export async function importFile(file: string, options: ImportOptions): Promise<void> {
  const { world, totals, onProgress } = options;
  const input = await openInput(file, world);
  const batcher = new LineBatcher();
  for await (const batch of batchesOf(input, batcher)) {
    const receipt = await sendBatch(batch, options);
    addReceipt(totals, receipt, batch);
    onProgress(input);
  }
  totals.cutLines += batcher.cutLines;
  totals.files += 1;
}
