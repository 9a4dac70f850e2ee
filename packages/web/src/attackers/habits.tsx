import type { ProfileEntry, ProfilePrimitive, ProfileState } from "@tyr/contract";
import type { ReactNode } from "react";
import { DataTable, type Column } from "../kit/data-table.tsx";
import { Hostile } from "../text/hostile.tsx";
import { Time } from "../time/time.tsx";

const PRIMITIVES: Readonly<Record<ProfilePrimitive, string>> = {
  hassh: "SSH client (HASSH)",
  ja3: "TLS client (JA3)",
  client_version: "Client version",
  credentials: "Credentials tried",
  network: "Network",
  active_hours: "Time of day (UTC)",
  keystroke_rhythm: "Rhythm of typing",
  keystroke_interval: "Time between keys (ms)",
};

/** What a state means, as the tooltip beside its name would say it: there is room, so it stands there. */
const STATES: Readonly<Record<ProfileState, string>> = {
  unknown: "unknown: fewer than three sessions show it",
  stable: "stable",
  drifting: "drifting: it changes, slowly",
  conflicted: "conflicted: it changes more than one person's would",
  multi_actor: "several: two take turns",
};

const COLUMNS: readonly Column<ProfileEntry>[] = [
  { id: "primitive", header: "Habit", className: "nowrap", cell: ({ primitive }) => PRIMITIVES[primitive] },
  { id: "state", header: "State", cell: ({ state }) => STATES[state] },
  {
    id: "value",
    header: "Newest",
    cell: ({ value }) => (value === null ? <span className="muted">not shown</span> : <Hostile text={value} mono />),
  },
  { id: "observations", header: "Sessions", align: "end", cell: ({ observations }) => observations },
  { id: "confidence", header: "Confidence", align: "end", cell: ({ confidence }) => confidence.toFixed(2) },
  { id: "since", header: "Since", className: "nowrap", cell: ({ since }) => <Time at={since} /> },
];

/** How stable an identity stays from session to session. */
export function Habits({ profile }: Readonly<{ profile: readonly ProfileEntry[] }>): ReactNode {
  if (profile.length === 0)
    return <p className="muted">Too little is known: it takes three sessions in which somebody showed their hands.</p>;
  return (
    <DataTable
      caption="Habits over the last five sessions that show them"
      columns={COLUMNS}
      rows={profile}
      rowKey={({ primitive }) => primitive}
    />
  );
}
