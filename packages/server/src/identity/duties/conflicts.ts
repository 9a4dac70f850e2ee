import {
  builtInHeld,
  DUTY_PAIRS,
  heldPairs,
  isCustomRole,
  type DutyPair,
  type DutySide,
  type Held,
  type HeldPair,
  type Permission,
  type Role,
  type SubjectId,
} from "@tyr/contract";
import type { ReadDatabase } from "#platform/database";
import { permissionsOfCustom } from "../roles/held-permissions.ts";
import { listCustomRoles } from "../roles/store.ts";
import {
  listExceptions,
  listHolders,
  listPairs,
  listPrograms,
  type HolderRow,
  type NamedException,
  type NamedPair,
  type Program,
} from "./store.ts";

/** All that decides who is in conflict, as it stands at one instant. */
export type Standing = Readonly<{
  people: readonly HolderRow[];
  custom: ReadonlyMap<Role, readonly Permission[]>;
  programs: readonly Program[];
  own: readonly NamedPair[];
  exceptions: readonly NamedException[];
}>;
export type Conflict = HeldPair & Readonly<{ person: HolderRow; exception: NamedException | undefined }>;

export async function readStanding(db: ReadDatabase, now: Date, of?: string): Promise<Standing> {
  const custom = (await listCustomRoles(db)).map(
    ({ name, permissions }) => [name, permissionsOfCustom(permissions)] as const,
  );
  return {
    people: await listHolders(db, of),
    custom: new Map<Role, readonly Permission[]>(custom),
    programs: await listPrograms(db, now),
    own: await listPairs(db),
    exceptions: await listExceptions(db, now),
  };
}

const asPair = ({ id, one, other, reason, control }: NamedPair): DutyPair => ({
  id,
  sides: [one as DutySide, other as DutySide],
  reason,
  controls: control === null ? [] : [control],
});

/** Built-in pairs first, own ones as they were added. */
export function pairsOf({ own }: Standing): readonly DutyPair[] {
  return [...DUTY_PAIRS, ...own.map(asPair)];
}

function heldBy({ custom, programs }: Standing, { id, roles }: HolderRow): Held {
  return {
    roles: roles.map((name) =>
      isCustomRole(name) ? { name, permissions: custom.get(name) ?? [] } : builtInHeld(name),
    ),
    programs: programs.find(({ owner }) => owner === id)?.permissions ?? [],
  };
}

/** Every pair somebody holds both sides of. Who may not sign in holds nothing. */
export function conflictsIn(standing: Standing): readonly Conflict[] {
  const pairs = pairsOf(standing);
  return standing.people
    .filter(({ active }) => active)
    .flatMap((person) =>
      heldPairs(heldBy(standing, person), pairs).map((held) => ({
        ...held,
        person,
        exception: standing.exceptions.find((one) => one.subject_id === person.id && one.pair === held.pair),
      })),
    );
}

export function isOpen({ byRole, exception }: Conflict): boolean {
  return byRole === null && exception === undefined;
}

/** Names a conflict of one person: what is compared before and after a change. */
export function keyOf({ person, pair }: Readonly<{ person: { id: SubjectId }; pair: string }>): string {
  return `${person.id} ${pair}`;
}
