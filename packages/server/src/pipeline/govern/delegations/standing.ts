import {
  DUTY_PAIRS,
  permissionsOf,
  type DelegationId,
  type Permission,
  type Role,
  type SubjectId,
} from "@tyr/contract";
import type { ReadDatabase } from "#platform/database";
import type { Person } from "../ports.ts";
import type { By, Room } from "../room.ts";
import { listOpen, type DelegationRow } from "./store.ts";

/** A delegation that holds now. `roles`: those that were handed over and whoever did still holds. */
export type Standing = Readonly<{ id: DelegationId; from: SubjectId; to: SubjectId; roles: readonly Role[] }>;

/** `roles`: those that the signed statement hands over. */
type Open = Pick<DelegationRow, "id" | "from_id" | "to_id"> & Readonly<{ roles: readonly string[] }>;

/** Read from what was signed, so that nobody gets more of somebody's approving than they put their name under. */
export function rolesIn(statement: string | null): readonly string[] {
  const said: unknown = statement === null ? null : JSON.parse(statement);
  const roles = typeof said === "object" && said !== null && "roles" in said ? said.roles : [];
  return Array.isArray(roles) ? roles.map(String) : [];
}

/** What somebody may not hold beside approving, as far as the request itself does not see to it: whoever asked never counts. */
const BESIDE: ReadonlySet<string> = new Set(
  DUTY_PAIRS.filter(({ sides }) => sides.some((side) => side === "action:approve"))
    .flatMap(({ sides }) => sides)
    .filter((side) => side !== "action:approve" && side !== "action:request"),
);

/** Of what somebody holds, that which keeps them from standing in; nothing where they approve already. */
export function besideApproving(held: ReadonlySet<Permission>): Permission | undefined {
  return held.has("action:approve") ? undefined : [...held].find((one) => BESIDE.has(one));
}

/** Asked whenever it counts, not only when it is handed over: roles are given later, too. */
const mayStandIn = (held: ReadonlySet<Permission>): boolean =>
  held.has("action:read") && besideApproving(held) === undefined;

/** Those that hold: whoever handed it over may approve by roles of their own, and whoever has it may sign in. */
export function standingsOf(
  open: readonly Open[],
  { people, active }: Readonly<{ people: readonly Person[]; active: ReadonlySet<string> }>,
): readonly Standing[] {
  return open.flatMap(({ id, from_id: from, to_id: to, roles: lent }): Standing[] => {
    const held = people.find((one) => one.id === from)?.roles ?? [];
    const roles = held.filter((one) => lent.includes(one));
    return permissionsOf(roles).has("action:approve") && active.has(to) ? [{ id, from, to, roles }] : [];
  });
}

/** Read through the caller's transaction, so that nobody is counted whose delegation was ended before. */
export async function readStandings(
  room: Room,
  db: ReadDatabase,
  people: readonly Person[],
): Promise<readonly Standing[]> {
  const rows = await listOpen(db, room.clock.now());
  const open = rows.map((one) => ({ ...one, roles: rolesIn(one.statement) }));
  const active = new Set<string>();
  for (const to of new Set(open.map((one) => one.to_id)))
    if (mayStandIn(await room.ports.permissionsOf(db, to))) active.add(to);
  return standingsOf(open, { people, active });
}

/** As somebody acts: by which delegation they say so, and whether it holds. */
export type Behalf = Readonly<{ id: string; standing: Standing | undefined }>;

/** Whether they came with a key or a token that holds less than they do: it was made for something else. */
export async function isNarrowed(room: Room, db: ReadDatabase, { actor, permissions }: By): Promise<boolean> {
  const held = await room.ports.permissionsOf(db, actor.id);
  return permissions !== undefined && ![...held].every((one) => permissions.has(one));
}

/**
 * What somebody who acts in another's place acts by. Nothing where they came with a narrower key.
 */
export async function behalfOf(
  room: Room,
  db: ReadDatabase,
  { by, delegation: id }: Readonly<{ by: By; delegation: string }>,
): Promise<Behalf> {
  if (await isNarrowed(room, db, by)) return { id, standing: undefined };
  const standings = await readStandings(room, db, await room.ports.people(db));
  return { id, standing: standings.find((one) => one.id === id && one.to === by.actor.id) };
}
