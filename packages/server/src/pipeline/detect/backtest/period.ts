import { ok, refuse, REPLAY_DAYS_MAX, type Result } from "@tyr/contract";
import type { Background } from "./background.ts";
import type { Period } from "./replay.ts";

const DAY_MS = 86_400_000;

/** Reads what somebody asked for; an empty period, or one over more than a year, is refused. */
export function readPeriod(body: Readonly<{ from: string; to: string }>): Result<Period> {
  const from = new Date(body.from);
  const to = new Date(body.to);
  if (from >= to) return refuse("VALIDATION_FAILED", "body/to must be later than body/from");
  if (to.getTime() - from.getTime() > REPLAY_DAYS_MAX * DAY_MS)
    return refuse("VALIDATION_FAILED", `body/from and body/to may be ${REPLAY_DAYS_MAX} days apart at most`);
  return ok({ from, to });
}

/** One run at a time: they share what the live stage leaves. */
export function refuseWhileRunning(background: Background): Result<undefined> {
  const running = background.running();
  if (running === undefined) return ok(undefined);
  return refuse("REPLAY_RUNNING", `${running.id} goes over stored events already`, {
    id: running.id,
    progress: running.progress,
  });
}
