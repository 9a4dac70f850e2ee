import type { Backtest } from "@tyr/contract";
import { useState, type ReactNode } from "react";
import { Field, formText } from "../kit/field.tsx";
import { parseControl, type Zone } from "../time/format.ts";
import { useZone } from "../time/use-zone.ts";

const DAY_MS = 86_400_000;
const PERIODS = [
  [1, "the last day"],
  [7, "the last 7 days"],
  [30, "the last 30 days"],
  [366, "the last year"],
] as const;

/** While it runs, how often it is looked at. */
export const LOOK_MS = 700;

/** Which stored events are gone over: up to now, or between two times. */
export function PeriodField(): ReactNode {
  const zone = useZone();
  const [chosen, setChosen] = useState("7");
  return (
    <>
      <Field label="Events of">
        {(control) => (
          <select {...control} name="days" value={chosen} onChange={(event) => setChosen(event.target.value)}>
            {PERIODS.map(([days, words]) => (
              <option key={days} value={days}>
                {words}
              </option>
            ))}
            <option value="own">another time</option>
          </select>
        )}
      </Field>
      {chosen === "own" ? (
        <>
          <Field label={`From (${zone === "utc" ? "UTC" : "local time"})`} hint="At most a year.">
            {(control) => <input {...control} type="datetime-local" name="from" required />}
          </Field>
          <Field label="Before">{(control) => <input {...control} type="datetime-local" name="to" required />}</Field>
        </>
      ) : null}
    </>
  );
}

/** The period that was chosen; by days it ends now. */
export function periodOf(form: FormData, zone: Zone): Readonly<{ from: string; to: string }> {
  const days = formText(form, "days");
  if (days === "own")
    return {
      from: parseControl(formText(form, "from"), zone) ?? "",
      to: parseControl(formText(form, "to"), zone) ?? "",
    };
  const now = Date.now();
  return { from: new Date(now - Number(days) * DAY_MS).toISOString(), to: new Date(now).toISOString() };
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
