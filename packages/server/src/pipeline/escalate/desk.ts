import { createHash } from "node:crypto";
import { ok, refuse, type Actor, type IncidentId, type IncidentMove, type Result } from "@tyr/contract";
import type { Bus } from "#platform/bus";
import type { Clock } from "#platform/clock";
import type { Database, Fact, WriteTransaction } from "#platform/database";
import { newId } from "#platform/ids";
import type { Incident } from "./incident.ts";
import { lockIncident, putIncidents } from "./incident-store.ts";
import { move } from "./move.ts";
import { tellChanged } from "./tell.ts";
import { insertEntry, type IncidentEntry } from "./timeline-store.ts";

/** Who does it, and in answer to which request. */
export type By = Readonly<{ actor: Actor; requestId: string | null }>;

/** What people do to incidents. */
export type IncidentDesk = Readonly<{
  move(id: IncidentId, request: IncidentMove, by: By): Promise<Result<Incident>>;
  note(id: IncidentId, text: string, by: By): Promise<Result<IncidentEntry>>;
  /** Gives the incident to whoever asks. */
  take(id: IncidentId, by: By): Promise<Result<Incident>>;
}>;

export type DeskDeps = Readonly<{ database: Database; clock: Clock; bus: Bus }>;
type Change = Readonly<{ incident: Incident; entry: IncidentEntry; fact: Fact }>;

export function createIncidentDesk({ database, clock, bus }: DeskDeps): IncidentDesk {
  /** One change of one incident with its entry and its fact, or a refusal that leaves nothing behind. */
  const change = async (
    id: IncidentId,
    decide: (incident: Incident, now: Date) => Result<Change>,
  ): Promise<Result<Change>> => {
    const done = await database.audited(
      (result: Result<Change>) => (result.ok ? [result.value.fact] : []),
      async (tx: WriteTransaction) => {
        const incident = await lockIncident(tx, id);
        if (incident === undefined) return refuse("NOT_FOUND", `there is no incident ${id}`);
        const decided = decide(incident, clock.now());
        if (!decided.ok) return decided;
        await putIncidents(tx, [decided.value.incident]);
        await insertEntry(tx, decided.value.entry);
        return decided;
      },
    );
    if (done.ok) tellChanged(bus, [done.value.incident]);
    return done;
  };

  return {
    async move(id, request, by) {
      const done = await change(id, (incident, now) => decideMove(incident, { request, by, now }));
      return done.ok ? ok(done.value.incident) : done;
    },
    async note(id, text, by) {
      const done = await change(id, (incident, now) => decideNote(incident, { text, by, now }));
      return done.ok ? ok(done.value.entry) : done;
    },
    async take(id, by) {
      const done = await change(id, (incident, now) => decideTake(incident, { by, now }));
      return done.ok ? ok(done.value.incident) : done;
    },
  };
}

type Doing = Readonly<{ by: By; now: Date }>;

function decideMove(incident: Incident, { request, by, now }: Doing & { request: IncidentMove }): Result<Change> {
  const moved = move(incident, request, now);
  if (!moved.ok) return moved;
  const { verdict } = moved.value;
  const entry = {
    ...entryOf(incident, { by, now }),
    kind: "move",
    text: request.note ?? "",
    from: incident.state,
    to: moved.value.state,
    verdict,
  } as const;
  const details = { verdict, ...(request.note === undefined ? {} : { note: digestOf(request.note) }) };
  const fact = { ...factAbout(incident, by), type: "incident.moved", before: incident.state, details } as const;
  return ok({ incident: moved.value, entry, fact: { ...fact, after: moved.value.state } });
}

function decideNote(incident: Incident, { text, by, now }: Doing & { text: string }): Result<Change> {
  const entry = { ...entryOf(incident, { by, now }), kind: "note", text } as const;
  const details = { characters: text.length, note: digestOf(text) };
  const fact = { ...factAbout(incident, by), type: "incident.noted", after: entry.id, details } as const;
  return ok({ incident: { ...incident, updatedAt: now }, entry, fact });
}

function decideTake(incident: Incident, { by, now }: Doing): Result<Change> {
  const entry = { ...entryOf(incident, { by, now }), kind: "assign" } as const;
  const before = incident.assignee?.id ?? null;
  const fact = { ...factAbout(incident, by), type: "incident.assigned", before, after: by.actor.id } as const;
  return ok({ incident: { ...incident, assignee: by.actor, updatedAt: now }, entry, fact });
}

function entryOf(incident: Incident, { by, now }: Doing): Omit<IncidentEntry, "kind"> {
  const nothing = { text: "", from: null, to: null, verdict: null };
  return { id: newId("note", now), incidentId: incident.id, at: now, actor: by.actor, ...nothing };
}

function factAbout(incident: Incident, by: By): Pick<Fact, "actor" | "object"> & { requestId: string | null } {
  return { actor: by.actor, object: { kind: "incident", id: incident.id }, requestId: by.requestId };
}

/** People write secrets into notes: the log proves which text it was without holding it. */
function digestOf(text: string): string {
  return `sha256:${createHash("sha256").update(text).digest("hex")}`;
}
