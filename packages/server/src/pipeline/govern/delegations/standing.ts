import { permissionsOf, type DelegationId, type Role, type SubjectId } from "@tyr/contract";
import type { ReadDatabase } from "#platform/database";
import type { Person } from "../ports.ts";
import type { By, Room } from "../room.ts";
import { listOpen, type DelegationRow } from "./store.ts";

/** A delegation that holds now. `roles`: of whoever handed their approving over, as they are now. */
export type Standing = Readonly<{ id: DelegationId; from: SubjectId; to: SubjectId; roles: readonly Role[] }>;

type Open = Pick<DelegationRow, "id" | "from_id" | "to_id">;

/** Those that hold: whoever handed it over may approve by roles of their own, and whoever has it may sign in. */
export function standingsOf(
  open: readonly Open[],
  { people, active }: Readonly<{ people: readonly Person[]; active: ReadonlySet<string> }>,
): readonly Standing[] {
  return open.flatMap(({ id, from_id: from, to_id: to }): Standing[] => {
    const roles = people.find((one) => one.id === from)?.roles ?? [];
    return permissionsOf(roles).has("action:approve") && active.has(to) ? [{ id, from, to, roles }] : [];
  });
}

/** Read through the caller's transaction, so that nobody is counted whose delegation was ended before. */
export async function readStandings(
  room: Room,
  db: ReadDatabase,
  people: readonly Person[],
): Promise<readonly Standing[]> {
  const open = await listOpen(db, room.clock.now());
  const active = new Set<string>();
  for (const to of new Set(open.map((one) => one.to_id)))
    if ((await room.ports.permissionsOf(db, to)).has("action:read")) active.add(to);
  return standingsOf(open, { people, active });
}

/** As somebody acts: by which delegation they say so, and whether it holds. */
export type Behalf = Readonly<{ id: string; standing: Standing | undefined }>;

/**
 * What somebody who acts in another's place acts by. Nothing where they came with a key or a token that holds less than
 * they do: it was made for something else.
 */
export async function behalfOf(
  room: Room,
  db: ReadDatabase,
  { by, delegation: id }: Readonly<{ by: By; delegation: string }>,
): Promise<Behalf> {
  const held = await room.ports.permissionsOf(db, by.actor.id);
  const isNarrowed = by.permissions !== undefined && ![...held].every((one) => by.permissions?.has(one) === true);
  if (isNarrowed) return { id, standing: undefined };
  const standings = await readStandings(room, db, await room.ports.people(db));
  return { id, standing: standings.find((one) => one.id === id && one.to === by.actor.id) };
}
