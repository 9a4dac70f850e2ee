import {
  heldPairs,
  ROLES,
  type DutyConflicts,
  type DutyPair,
  type Role,
  type RoleView,
  type SubjectId,
} from "@tyr/contract";

export type Broken = Readonly<{ pair: DutyPair; said: string }>;
type Wanted = Readonly<{ roles: readonly Role[]; subject: SubjectId | undefined }>;

function permissionsOf(name: Role, custom: readonly RoleView[]): RoleView["permissions"] {
  const found = custom.find((one) => one.name === name);
  return found?.permissions ?? [...(name in ROLES ? ROLES[name as keyof typeof ROLES] : [])];
}

function asPairs({ pairs }: DutyConflicts): readonly DutyPair[] {
  return pairs.flatMap(({ sides: [one, other], ...pair }) =>
    one === undefined || other === undefined ? [] : [{ ...pair, sides: [one, other] as const }],
  );
}

/** What somebody would hold together with these roles and no exception: the server refuses it, and says the same. */
export function brokenBy(
  { roles, subject }: Wanted,
  duties: DutyConflicts,
  custom: readonly RoleView[],
): readonly Broken[] {
  const programs = duties.programs.filter(({ owner }) => owner === subject).flatMap(({ permissions }) => permissions);
  const held = { roles: roles.map((name) => ({ name, permissions: permissionsOf(name, custom) })), programs };
  const excepted = duties.exceptions.filter((one) => one.subject.id === subject).map(({ pair }) => pair);
  const pairs = asPairs(duties);
  return heldPairs(held, pairs)
    .filter(({ pair, byRole }) => byRole === null && !excepted.includes(pair))
    .flatMap(({ pair: id }) => {
      const pair = pairs.find((one) => one.id === id);
      return pair === undefined ? [] : [{ pair, said: `${pair.sides.join(" and ")}: ${pair.reason}` }];
    });
}
