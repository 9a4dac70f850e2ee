import type { ReactNode } from "react";
import { counted, DETECTIONS } from "../text/counted.ts";

type DayCount = Readonly<{ day: string; detections: number }>;

/** A bar for each day, oldest first; the same numbers are in the sentence and on hover. */
export function DayBars({ days, label }: Readonly<{ days: readonly DayCount[]; label: string }>): ReactNode {
  const most = Math.max(1, ...days.map(({ detections }) => detections));
  const peak = days.find(({ detections }) => detections === most);
  return (
    <figure className="day-bars">
      <figcaption className="small muted">
        {label}, <Day text={days[0]?.day} /> to <Day text={days.at(-1)?.day} />
        {peak === undefined ? null : (
          <>
            ; most: {most.toLocaleString("en")} on <Day text={peak.day} />
          </>
        )}
      </figcaption>
      <div className="day-row" aria-hidden="true">
        {days.map(({ day, detections }) => (
          <span key={day} title={`${day}: ${counted(detections, DETECTIONS)}`}>
            <span style={{ height: detections === 0 ? 0 : `${Math.max(6, (detections / most) * 100)}%` }} />
          </span>
        ))}
      </div>
    </figure>
  );
}

/** Never broken at one of its hyphens. */
function Day({ text }: Readonly<{ text: string | undefined }>): ReactNode {
  return <span className="nowrap">{text}</span>;
}
