import type { ProfileEntry, ProfilePrimitive, ProfileState } from "@tyr/contract";
import type { ReactNode } from "react";
import { DataTable, type Column } from "../kit/data-table.tsx";
import { StateBadge } from "../kit/state.tsx";
import { Hostile } from "../text/hostile.tsx";
import { Time } from "../time/time.tsx";

const WHAT: Readonly<Record<ProfilePrimitive, string>> = {
  hassh: "SSH client (HASSH)",
  ja3: "TLS client (JA3)",
  client_version: "what the client calls itself",
  credentials: "credentials tried",
  network: "network",
  active_hours: "hours it is active",
  keystroke_rhythm: "rhythm of typing",
  keystroke_interval: "speed of typing",
};

const STATES: Readonly<Record<Exclude<ProfileState, "unknown">, string>> = {
  stable: "the same each time",
  drifting: "changes slowly",
  conflicted: "contradicts itself",
  multi_actor: "as if two took turns",
};

const COLUMNS: readonly Column<ProfileEntry>[] = [
  { id: "what", header: "What", className: "nowrap strong", cell: ({ primitive }) => WHAT[primitive] },
  {
    id: "state",
    header: "From session to session",
    className: "nowrap",
    cell: ({ state }) =>
      state === "unknown" ? (
        <span className="unknown">seen too few times</span>
      ) : (
        <>
          <StateBadge state={state} /> <span className="muted small">{STATES[state]}</span>
        </>
      ),
  },
  { id: "seen", header: "Sessions", align: "end", cell: ({ observations }) => observations },
  { id: "sure", header: "Confidence", align: "end", cell: ({ confidence }) => confidence.toFixed(2) },
  {
    id: "value",
    header: "Newest",
    className: "clip wide",
    cell: ({ value }) =>
      value === null ? <span className="muted">kept as a hash only</span> : <Hostile text={value} limit={120} mono />,
  },
  { id: "since", header: "So since", className: "nowrap", cell: ({ since }) => <Time at={since} /> },
];

/** Whether it stays what it was from session to session; nothing where there were too few. */
export function Profile({ entries }: Readonly<{ entries: readonly ProfileEntry[] }>): ReactNode {
  if (entries.length === 0) return null;
  return (
    <section className="section-table" aria-labelledby="profile-title">
      <h2 id="profile-title">How it stays itself</h2>
      <DataTable caption="How stable it stays" columns={COLUMNS} rows={entries} rowKey={({ primitive }) => primitive} />
    </section>
  );
}
