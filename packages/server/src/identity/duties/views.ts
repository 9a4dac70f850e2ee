import type { DutyConflict, DutyConflicts, DutyException, DutyPairView, DutySide } from "@tyr/contract";
import { DUTY_PAIRS } from "@tyr/contract";
import { conflictsIn, isOpen, type Conflict, type Standing } from "./conflicts.ts";
import type { NamedException, NamedPair } from "./store.ts";

export function ownPairView({ id, one, other, reason, control, added_at, added_by_name }: NamedPair): DutyPairView {
  return {
    id,
    sides: [one as DutySide, other as DutySide],
    reason,
    controls: control === null ? [] : [control],
    builtIn: false,
    addedAt: added_at.toISOString(),
    addedBy: added_by_name,
  };
}

function builtInView(pair: (typeof DUTY_PAIRS)[number]): DutyPairView {
  return { ...pair, sides: [...pair.sides], controls: [...pair.controls], builtIn: true, addedAt: null, addedBy: null };
}

export function exceptionView(row: NamedException): DutyException {
  const { id, subject_id, name, pair, reason, granted_by, granted_by_name, granted_at, until } = row;
  return {
    id,
    subject: { id: subject_id, name },
    pair,
    reason,
    grantedBy: granted_by === null ? null : { id: granted_by, name: granted_by_name ?? "" },
    grantedAt: granted_at.toISOString(),
    until: until.toISOString(),
  };
}

function conflictView(conflict: Conflict): DutyConflict {
  const { person, pair, byRole, reason, exception } = conflict;
  return {
    subject: { id: person.id, name: person.name, roles: [...person.roles] },
    pair,
    state: isOpen(conflict) ? "open" : byRole === null ? "excepted" : "by_role",
    reason: byRole === null ? (exception?.reason ?? null) : reason,
    role: byRole,
    exception: exception === undefined ? null : exceptionView(exception),
  };
}

const RANK = { open: 0, excepted: 1, by_role: 2 } as const;

/** Open conflicts first. */
export function conflictsView(standing: Standing): DutyConflicts {
  const items = conflictsIn(standing)
    .map(conflictView)
    .toSorted((a, b) => RANK[a.state] - RANK[b.state]);
  return {
    items,
    open: items.filter(({ state }) => state === "open").length,
    pairs: [...DUTY_PAIRS.map(builtInView), ...standing.own.map(ownPairView)],
    exceptions: standing.exceptions.map(exceptionView),
    programs: standing.programs.map(({ owner, permissions }) => ({ owner, permissions: [...permissions] })),
  };
}
