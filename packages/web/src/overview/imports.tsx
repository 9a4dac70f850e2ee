import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { statusQuery } from "../api/queries.ts";
import { Icon } from "../kit/icon.tsx";

/** Files being read in, while they are; a finished import is history and shown under Sensors. */
export function Imports(): ReactNode {
  const query = useQuery({
    ...statusQuery,
    refetchInterval: (state) =>
      state.state.data?.imports.some((one) => one.state === "running") === true ? 1500 : 15_000,
  });
  const shown = query.data?.imports.filter((one) => one.state !== "done") ?? [];
  if (shown.length === 0) return null;
  return (
    <ul className="imports" aria-label="Imports">
      {shown.map((one) => (
        <li key={one.name} className={one.state === "failed" ? "import failed" : "import"}>
          <Icon name={one.state === "failed" ? "alert" : "download"} />
          <span className="strong">{one.name}</span>
          {one.state === "failed" ? (
            <span>stopped: {one.detail}</span>
          ) : (
            <>
              <progress max={Math.max(1, one.total)} value={one.done} aria-label={`Import of ${one.name}`} />
              <span className="muted">
                {one.done.toLocaleString("en")} of {one.total.toLocaleString("en")} {one.detail}
              </span>
            </>
          )}
        </li>
      ))}
    </ul>
  );
}
