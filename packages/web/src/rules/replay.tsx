import type { Backtest } from "@tyr/contract";
import type { ReactNode } from "react";
import { Field } from "../kit/field.tsx";

const DAY_MS = 86_400_000;
const PERIODS = [
  [1, "the last day"],
  [7, "the last 7 days"],
  [30, "the last 30 days"],
  [366, "the last year"],
] as const;

/** While it runs, how often it is looked at. */
export const LOOK_MS = 700;

/** Which stored events are gone over. */
export function PeriodField(): ReactNode {
  return (
    <Field label="Events of">
      {(control) => (
        <select {...control} name="days" defaultValue="7">
          {PERIODS.map(([days, words]) => (
            <option key={days} value={days}>
              {words}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

/** The period that was chosen, up to now. */
export function periodOf(form: FormData): Readonly<{ from: string; to: string }> {
  const now = Date.now();
  const from = now - Number(form.get("days")) * DAY_MS;
  return { from: new Date(from).toISOString(), to: new Date(now).toISOString() };
}

type ProgressProps = Readonly<{
  of: Pick<Backtest, "state" | "progress" | "events">;
  /** Undefined where whoever looks may not. */
  onCancel: (() => void) | undefined;
  busy: boolean;
}>;

/** How far it is, and the way to end it. */
export function ReplayProgress({ of: { state, progress, events }, onCancel, busy }: ProgressProps): ReactNode {
  return (
    <>
      <div className="replay">
        <progress value={progress} max={1} aria-label="Part of the stored events gone over" />
        <span className="nowrap">{Math.floor(progress * 100)} %</span>
        <span className="muted nowrap">{events.toLocaleString("en")} events</span>
        {state === "running" && onCancel !== undefined ? (
          <button type="button" className="button small" disabled={busy} onClick={onCancel}>
            Cancel
          </button>
        ) : null}
      </div>
      {state === "interrupted" ? (
        <p className="warning">It was interrupted: the server’s log says why. What it found until then stays.</p>
      ) : null}
    </>
  );
}
