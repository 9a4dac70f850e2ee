import type { Overview } from "@tyr/contract";
import { Link } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { counted, DETECTIONS, EVENTS } from "../text/counted.ts";
import { Icon } from "../kit/icon.tsx";
import { formatInstant, formatShort } from "../time/format.ts";
import { useZone } from "../time/use-zone.ts";

type Hour = Overview["events"]["perHour"][number];
type ChartProps = Readonly<{ hours: readonly Hour[]; total: number; detections: number }>;

const HOUR_MS = 3_600_000;
const count = (value: number): string => value.toLocaleString("en");
/** The rows behind one bar: events from this hour up to the next. */
const range = (at: string): { from: string; to: string } => ({
  from: at,
  to: new Date(Date.parse(at) + HOUR_MS).toISOString(),
});

/** Events upward, detections downward, each on its own scale which is printed; the table says the same in numbers. */
export function HourChart({ hours, total, detections }: ChartProps): ReactNode {
  const [asTable, setAsTable] = useState(false);
  return (
    <section className="card area-chart" aria-labelledby="chart-title">
      <div className="card-title">
        <h2 id="chart-title">Events and detections per hour</h2>
        <span className="more">
          <Link to="/events">{counted(total, EVENTS)}</Link> ·{" "}
          <Link to="/detections">{counted(detections, DETECTIONS)}</Link>
        </span>
        <button
          type="button"
          className="icon-button"
          aria-pressed={asTable}
          aria-label="Show as table"
          title={asTable ? "Show as chart" : "Show as table"}
          onClick={() => setAsTable(!asTable)}
        >
          <Icon name={asTable ? "chart" : "table"} />
        </button>
      </div>
      {hours.length === 0 ? (
        <p className="muted">No hour with events yet.</p>
      ) : asTable ? (
        <HourTable hours={hours} />
      ) : (
        <Bars hours={hours} />
      )}
    </section>
  );
}

function Bars({ hours }: Readonly<{ hours: readonly Hour[] }>): ReactNode {
  const zone = useZone();
  const mostEvents = Math.max(1, ...hours.map((hour) => hour.events));
  const mostDetections = Math.max(0, ...hours.map((hour) => hour.detections));
  const peak = hours.reduce((best, hour) => (hour.events > best.events ? hour : best));
  const ticks = [0, Math.floor(hours.length / 3), Math.floor((hours.length * 2) / 3), hours.length - 1];
  return (
    <>
      <p className="sr-only">
        {hours.length} hours. Most events: {count(peak.events)} at {formatInstant(peak.at, zone)}. The same numbers are
        in the table.
      </p>
      <div className="hour-chart" aria-hidden="true">
        <span className="scale scale-top">{counted(mostEvents, EVENTS)}</span>
        <span className="scale scale-bottom">{counted(mostDetections, DETECTIONS)}</span>
        <div className="hour-bars">
          {hours.map((hour) => (
            <Link
              key={hour.at}
              to="/events"
              search={range(hour.at)}
              tabIndex={-1}
              className="hour"
              title={`${formatInstant(hour.at, zone)}: ${counted(hour.events, EVENTS)}, ${counted(hour.detections, DETECTIONS)}`}
            >
              <span className="hour-up">
                <span style={{ height: `${height(hour.events, mostEvents)}%` }} />
              </span>
              <span className="hour-down">
                <span style={{ height: `${height(hour.detections, mostDetections)}%` }} />
              </span>
            </Link>
          ))}
        </div>
        <div className="hour-ticks">
          {[...new Set(ticks)].map((index) => (
            <span key={index}>{formatShort(hours[index]?.at ?? "", zone)}</span>
          ))}
        </div>
      </div>
    </>
  );
}

/** Something is never drawn as nothing: one event in an hour of thousands still shows. */
const height = (value: number, most: number): number => (value === 0 ? 0 : Math.max(2, (value / most) * 100));

function HourTable({ hours }: Readonly<{ hours: readonly Hour[] }>): ReactNode {
  const zone = useZone();
  return (
    <div className="hour-table" tabIndex={0} role="region" aria-label="Events and detections per hour, table">
      <table className="table plain-table">
        <thead>
          <tr>
            <th scope="col">Hour</th>
            <th scope="col" className="end">
              Events
            </th>
            <th scope="col" className="end">
              Detections
            </th>
          </tr>
        </thead>
        <tbody>
          {hours.toReversed().map((hour) => (
            <tr key={hour.at}>
              <td>
                <Link to="/events" search={range(hour.at)}>
                  {formatInstant(hour.at, zone)}
                </Link>
              </td>
              <td className="end">{count(hour.events)}</td>
              <td className="end">{count(hour.detections)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
