import { realpath } from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { systemCode } from "../failure.ts";
import type { Batch } from "../import/line-batcher.ts";
import { sendBatch, type SendOptions } from "../import/send-batch.ts";
import { addReceipt, noTotals } from "../import/totals.ts";
import { stateDirectory } from "../user-file.ts";
import { followFile } from "./follow-file.ts";
import { followStore } from "./follow-state.ts";

const LOOK_EVERY_MS = 500;
/** Two seconds: long enough for a daemon to reopen its log after logrotate's signal. */
const GRACE_LOOKS = 4;

async function pauseUntil(signal: AbortSignal): Promise<void> {
  try {
    await delay(LOOK_EVERY_MS, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** Its real path while it exists, so that two spellings share one checkpoint. */
async function canonical(file: string): Promise<string> {
  try {
    return await realpath(file);
  } catch (error) {
    if (systemCode(error) !== "ENOENT") throw error;
    return path.resolve(file);
  }
}

/** Follows all files until interrupted, which is the ordinary end of it: exit 0. */
export async function followFiles(context: Context, files: readonly string[], options: SendOptions): Promise<ExitCode> {
  const { print, world } = context;
  const { signal } = world;
  const { url } = await context.configuration();
  const totals = noTotals();
  const startedAt = performance.now();
  const follow = async (file: string): Promise<void> => {
    const target = { ...options.target, ref: file };
    const send = async (batch: Batch): Promise<void> => {
      const receipt = await sendBatch(batch, { ...options, target, patienceMs: Infinity, absencesMax: Infinity });
      addReceipt(totals, receipt, batch);
      if (receipt.rejected > 0) print.warn(`${file}: ${receipt.rejected} line(s) went to the quarantine`);
      print.progress(`following: ${totals.lines} lines, rejected ${totals.rejected}`);
    };
    const store = followStore(stateDirectory(world), [url.value, target.sensorId, file]);
    await followFile(file, {
      store,
      send,
      signal,
      pause: async () => await pauseUntil(signal),
      warn: (text) => print.warn(text),
      graceLooks: GRACE_LOOKS,
    });
    totals.files += 1;
  };
  print.say(`Following ${files.length} file(s); end it with Ctrl-C.`);
  try {
    await Promise.all((await Promise.all(files.map(canonical))).map(follow));
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  print.endProgress();
  totals.durationMs = Math.round(performance.now() - startedAt);
  print.one(totals, () => [
    `${totals.lines} lines sent, stored ${totals.stored}, duplicate ${totals.duplicate}, rejected ${totals.rejected}`,
  ]);
  return EXIT.ok;
}
