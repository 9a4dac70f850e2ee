import { BREAK_GLASS_TTL_MAX_SECONDS, type Action, type BreakGlass } from "@tyr/contract";
import type { ReactNode } from "react";
import { durationLabel, Field } from "../kit/field.tsx";
import { Icon } from "../kit/icon.tsx";
import { Hostile } from "../text/hostile.tsx";
import { Time } from "../time/time.tsx";

const VERDICTS = { justified: "justified", not_justified: "not justified" } as const;
export const verdictWords = (verdict: keyof typeof VERDICTS): string => VERDICTS[verdict];

/** Literal, for a pattern of HTML, which is one of `v`. */
const literally = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/&\-!#%,:;<=>@`~'"]/g, String.raw`\$&`);

/** What breaking the glass means, and a word to type: it is not done by one press too many. */
export function BreakGlassGuard({ action: { target } }: Readonly<{ action: Action }>): ReactNode {
  return (
    <>
      <div className="notice notice-error">
        <Icon name="alert" />
        <div className="notice-body">
          <strong>It runs at once, and nobody approves it</strong>
          <p>
            Its effect lasts {durationLabel(BREAK_GLASS_TTL_MAX_SECONDS)} at most. Everybody who approves is told.
            Somebody else has to review it, and until they did you cannot do this again.
          </p>
        </div>
      </div>
      <Field label={`Type ${target} to go on`}>
        {(control) => (
          <input
            {...control}
            name="typed"
            className="mono"
            required
            pattern={literally(target)}
            title={`Exactly ${target}`}
            autoComplete="off"
            spellCheck={false}
          />
        )}
      </Field>
    </>
  );
}

/** On the card of what ran so: who, why, and what others said of it. */
export function BreakGlassUsed({ use: { by, at, reason, review } }: Readonly<{ use: BreakGlass }>): ReactNode {
  return (
    <div className="notice notice-warn">
      <Icon name="alert" />
      <div className="notice-body">
        <strong>It ran without its approvals</strong>
        <p>
          <Hostile text={by.name} limit={80} /> broke the glass <Time at={at} show="age" />: “
          <Hostile text={reason} limit={1000} />”
        </p>
        <p className="muted">
          {review === null ? (
            "A review by somebody else is owed."
          ) : (
            <>
              Found {verdictWords(review.verdict)} by <Hostile text={review.by.name} limit={80} />{" "}
              <Time at={review.at} show="age" />: “<Hostile text={review.text} limit={1000} />”
            </>
          )}
        </p>
      </div>
    </div>
  );
}
