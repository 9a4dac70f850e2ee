import type { RuleFigures } from "@tyr/contract";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { ask } from "../api/queries.ts";
import { Loaded } from "../kit/notice.tsx";
import { counted, DETECTIONS } from "../text/counted.ts";
import { Time } from "../time/time.tsx";
import { DayBars } from "./day-bars.tsx";
import { percent } from "./words.ts";

/** What the rule is worth and what it takes. What is not known is said so, with what is missing. */
export function FiguresCard({ id }: Readonly<{ id: string }>): ReactNode {
  const query = useQuery(ask("rule.figures", { params: { id }, query: {} }));
  return (
    <section className="card">
      <h2>Figures</h2>
      <Loaded query={query} lines={4}>
        {(figures) => <Figures figures={figures} />}
      </Loaded>
    </section>
  );
}

function Figures({ figures }: Readonly<{ figures: RuleFigures }>): ReactNode {
  const { detections, backfilled, lastDetectionAt, days, precision, cost } = figures;
  return (
    <>
      <dl className="facts">
        <dt>Found</dt>
        <dd>
          <Link to="/detections" search={{ rule: figures.ruleId }}>
            {counted(detections, DETECTIONS)}
          </Link>
          {backfilled === 0 ? null : <span className="muted"> ({backfilled} by a backfill)</span>}
        </dd>
        <dt>Last</dt>
        <dd>
          <Time at={lastDetectionAt} show="age" never="never" />
        </dd>
        <dt>Precision</dt>
        <dd>
          <Precision {...precision} />
        </dd>
        <dt>Cost</dt>
        <dd>
          <Cost {...cost} />
        </dd>
      </dl>
      {days.length === 0 ? null : <DayBars days={days} label="Detections per day" />}
    </>
  );
}

function Precision({ value, judged, minimum, falsePositives }: RuleFigures["precision"]): ReactNode {
  if (value === null)
    return (
      <>
        <span className="unknown">unknown</span>{" "}
        <span className="muted small">
          {judged} of {minimum} closed incidents with a verdict
        </span>
      </>
    );
  return (
    <>
      {percent(value)}{" "}
      <span className="muted small">
        {counted(falsePositives, ["false positive", "false positives"])} of {judged} judged
      </span>
    </>
  );
}

function Cost({ share, microsPerEvent, samples }: RuleFigures["cost"]): ReactNode {
  if (share === null)
    return (
      <>
        <span className="unknown">unknown</span> <span className="muted small">{samples} samples</span>
      </>
    );
  return (
    <>
      {percent(share)} of all rules
      {microsPerEvent === null ? null : <span className="muted small"> {microsPerEvent.toFixed(1)} µs per event</span>}
    </>
  );
}
