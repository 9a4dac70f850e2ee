import type { Action } from "@tyr/contract";
import type { ReactNode } from "react";
import { Icon } from "../kit/icon.tsx";
import { Time } from "../time/time.tsx";
import { useNow } from "../time/use-zone.ts";
import { lastingLabel } from "./lasting.ts";

/** Less than this before its end, a clock is shown as short. */
const SHORT_MS = 30 * 60_000;
const UNDECIDED: readonly Action["state"][] = ["draft", "dry_run_ok", "dry_run_failed", "pending", "approved"];

/** Two clocks that have nothing to do with each other: until when it may be decided, and until when it has an effect. */
export function Clocks({ action }: Readonly<{ action: Action }>): ReactNode {
  return (
    <div className="clocks">
      {UNDECIDED.includes(action.state) ? <Deadline at={action.deadlineAt} /> : null}
      <EffectEnd action={action} />
    </div>
  );
}

function Deadline({ at }: Readonly<{ at: string | null }>): ReactNode {
  const now = useNow();
  const leftMs = at === null ? Number.POSITIVE_INFINITY : Date.parse(at) - now;
  const short = leftMs < SHORT_MS;
  return (
    <div className={short ? "clock clock-short" : "clock"}>
      <span className="clock-title">
        <Icon name="clock" size={14} /> To be decided
      </span>
      <strong>
        {at === null ? "begins when it is submitted" : leftMs < 0 ? "its time has passed" : <Time at={at} show="age" />}
      </strong>
      {at === null ? null : (
        <span className="muted small">
          by <Time at={at} />, or it expires
        </span>
      )}
    </div>
  );
}

function EffectEnd({ action: { effectEndsAt, ttlSeconds, executedAt } }: Readonly<{ action: Action }>): ReactNode {
  if (effectEndsAt === null)
    return (
      <div className="clock">
        <span className="clock-title">
          <Icon name="undo" size={14} /> Its effect lasts
        </span>
        <strong>{lastingLabel(ttlSeconds).replace(/^for /, "")}</strong>
        <span className="muted small">
          {ttlSeconds === null
            ? "it has no end of its own"
            : executedAt === null
              ? "from when it runs"
              : "from when it ran"}
        </span>
      </div>
    );
  return (
    <div className="clock">
      <span className="clock-title">
        <Icon name="undo" size={14} /> Its effect ends
      </span>
      <strong>
        <Time at={effectEndsAt} show="age" />
      </strong>
      <span className="muted small">
        at <Time at={effectEndsAt} />, by itself
      </span>
    </div>
  );
}
