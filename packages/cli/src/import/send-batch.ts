import { setTimeout as delay } from "node:timers/promises";
import type { LogFormat, OutputOf, SensorId } from "@tyr/contract";
import type { Api } from "../api.ts";
import { CliFailure } from "../failure.ts";
import { batchKey } from "./batch-key.ts";
import type { Batch } from "./line-batcher.ts";

export type Receipt = OutputOf<"event.import">;
type ImportTarget = Readonly<{
  sensorId: SensorId;
  format: LogFormat;
  year: number | undefined;
  /** Where the lines come from, at most 400 characters. */
  ref: string;
}>;
export type SendOptions = Readonly<{
  api: Api;
  target: ImportTarget;
  signal: AbortSignal;
  /** Called before each wait, in seconds, so that a person sees why nothing moves. */
  onWait: (seconds: number, reason: string) => void;
  /** How long a server that answers "too much" is waited for. Default ten minutes. */
  patienceMs?: number;
  /** How often in a row a server that does not answer is asked again. Default 4: after 1, 2, 4, 8 seconds. */
  absencesMax?: number;
}>;

const PATIENCE_MS = 10 * 60_000;
const ABSENCES_MAX = 4;
const WAIT_SECONDS_MAX = 60;

const OVERLOAD = new Set(["INTAKE_OVERLOADED", "TOO_MANY_REQUESTS"]);
const ABSENT = new Set(["UNREACHABLE", "NOT_READY", "DATABASE_UNAVAILABLE"]);

/** Seconds to wait before trying again, or undefined to give up. */
export function retryAfter(
  failure: CliFailure,
  absences: number,
  absencesMax: number = ABSENCES_MAX,
): number | undefined {
  const { problemCode = "", retryAfterSeconds } = failure.parts;
  if (OVERLOAD.has(problemCode)) return Math.min(WAIT_SECONDS_MAX, Math.max(retryAfterSeconds ?? 1, 0.1));
  if (ABSENT.has(problemCode) && absences < absencesMax) return Math.min(WAIT_SECONDS_MAX, 2 ** absences);
  return undefined;
}

/**
 * Sends one batch until it is acknowledged. Sending again is safe: the key is the same, so the server answers with the
 * receipt it gave before (`replayed`).
 *
 * @throws {CliFailure} refused, or no answer after all tries, or interrupted
 */
export async function sendBatch(batch: Batch, options: SendOptions): Promise<Receipt> {
  const { api, target, signal, onWait } = options;
  const { sensorId, format, year, ref } = target;
  const query = {
    sensor: sensorId,
    format,
    ref: ref.slice(0, 400),
    firstLine: batch.firstLine,
    ...(year === undefined ? {} : { year }),
  };
  const headers = { "idempotency-key": batchKey(batch, target) };
  const giveUpAt = performance.now() + (options.patienceMs ?? PATIENCE_MS);
  for (let absences = 0; ;) {
    try {
      return await api.call("event.import", { query, body: batch.bytes }, { headers, signal });
    } catch (error) {
      if (!(error instanceof CliFailure)) throw error;
      const seconds = retryAfter(error, absences, options.absencesMax);
      if (seconds === undefined || performance.now() + seconds * 1000 > giveUpAt) throw error;
      if (ABSENT.has(error.parts.problemCode ?? "")) absences += 1;
      onWait(seconds, error.message);
      await delay(seconds * 1000, undefined, { signal });
    }
  }
}
