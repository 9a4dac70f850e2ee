import type { ReactNode } from "react";
import { Hostile } from "../text/hostile.tsx";

/** One value of a JSON record as one line; nested ones as JSON. Nothing in here is trusted. */
function factText(value: unknown): string {
  if (typeof value === "string") return value;
  if (value === null || value === undefined) return "unknown";
  return JSON.stringify(value) ?? "unknown";
}

/** Names and values of a record, as the source wrote them. */
export function FactList({ facts }: Readonly<{ facts: Readonly<Record<string, unknown>> }>): ReactNode {
  const entries = Object.entries(facts);
  if (entries.length === 0) return <p className="muted">None.</p>;
  return (
    <dl className="facts mono-values">
      {entries.map(([name, value]) => (
        <div key={name} className="fact">
          <dt>
            <Hostile text={name} limit={120} />
          </dt>
          <dd>
            {value === "" ? <span className="unknown">empty</span> : <Hostile text={factText(value)} limit={2000} />}
          </dd>
        </div>
      ))}
    </dl>
  );
}
