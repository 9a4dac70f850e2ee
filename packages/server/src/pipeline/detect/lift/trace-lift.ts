import { isTracing, noteSpan, traced } from "#platform/trace";
import type { Lift, LifterFigures } from "./lift.ts";

/** Deriving from one batch, as spans: one per lifter that looked at events of it, as long as the batch. */
export async function tracedLift(lift: Lift, events: number, work: () => Promise<void>): Promise<void> {
  if (events === 0 || !isTracing()) return await work();
  await traced(
    "ttp.eval",
    async () => {
      const before = new Map(lift.figures().lifters.map((one) => [one.lifter, one]));
      const began = new Date();
      await work();
      for (const after of lift.figures().lifters) noteLifter(after, before.get(after.lifter), began);
    },
    { events },
  );
}

function noteLifter(after: LifterFigures, before: LifterFigures | undefined, began: Date): void {
  const events = after.events - (before?.events ?? 0);
  if (events === 0) return;
  const derived = after.derived - (before?.derived ?? 0);
  const failures = after.failures - (before?.failures ?? 0);
  noteSpan(`ttp.lifter.${after.lifter}`, { events, derived, failures }, began);
}
