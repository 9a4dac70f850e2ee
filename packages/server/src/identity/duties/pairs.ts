import {
  DUTY_PAIRS,
  isCustomRole,
  ok,
  OWN_PAIRS_MAX,
  refuse,
  type DutyPairAdd,
  type DutyPairView,
  type Result,
  type SubjectId,
} from "@tyr/contract";
import type { Clock } from "#platform/clock";
import type { Database, WriteTransaction } from "#platform/database";
import { newId } from "#platform/ids";
import { findCustomRole } from "../roles/store.ts";
import type { Administrator } from "../users.ts";
import { endExceptions, insertPair, listPairs, lockDuties, removePair, type PairRow } from "./store.ts";
import { ownPairView } from "./views.ts";

export type DutyDeps = Readonly<{ database: Database; clock: Clock }>;

function isBuiltIn(sides: readonly string[]): boolean {
  return DUTY_PAIRS.some((pair) => pair.sides.every((side) => sides.includes(side)));
}

async function missingRole(tx: WriteTransaction, sides: readonly string[]): Promise<string | undefined> {
  for (const side of sides.filter(isCustomRole)) {
    const role = await findCustomRole(tx, side);
    if (role === undefined || role.deleted_at !== null) return side;
  }
  return undefined;
}

/** Refusals `NAME_TAKEN` for two that are a pair already, `NOT_FOUND` for a custom role nobody made, `KEY_LIMIT_REACHED`. */
export async function addPair(
  { database, clock }: DutyDeps,
  { sides, reason, control: asked }: DutyPairAdd,
  by: Administrator,
): Promise<Result<DutyPairView>> {
  const added_at = clock.now();
  const control = asked ?? null;
  const [one = "", other = ""] = sides.toSorted();
  const id = newId("dutyPair", added_at);
  const row: PairRow = {
    id,
    one,
    other,
    reason,
    control,
    added_by: by.actor.id as SubjectId,
    added_at,
    removed_at: null,
  };
  const details = { sides: [one, other], reason, control };
  return await database.audited(
    { type: "duty.pair_added", ...by, object: { kind: "duty", id }, after: "in force", details },
    async (tx): Promise<Result<DutyPairView>> => {
      await lockDuties(tx);
      const missing = await missingRole(tx, sides);
      if (missing !== undefined) return refuse("NOT_FOUND", `there is no role ${missing}`);
      if ((await listPairs(tx)).length >= OWN_PAIRS_MAX)
        return refuse("KEY_LIMIT_REACHED", `there are ${OWN_PAIRS_MAX} own pairs already`, { limit: OWN_PAIRS_MAX });
      if (isBuiltIn(sides) || !(await insertPair(tx, row)))
        return refuse("NAME_TAKEN", `${one} and ${other} are a pair already`);
      return ok(ownPairView({ ...row, added_by_name: by.actor.name }));
    },
  );
}

/** Its exceptions end with it: a later pair of the same two begins without any. Refusal `NOT_FOUND`. */
export async function takePairAway(
  { database, clock }: DutyDeps,
  id: string,
  by: Administrator,
): Promise<Result<undefined>> {
  type Removed = Readonly<{ row: PairRow; exceptionsEnded: number }>;
  const now = clock.now();
  const done = await database.audited(
    (removed: Result<Removed>) => {
      if (!removed.ok) return [];
      const { row, exceptionsEnded } = removed.value;
      const details = { sides: [row.one, row.other], reason: row.reason, exceptionsEnded };
      return [
        {
          type: "duty.pair_removed" as const,
          ...by,
          object: { kind: "duty", id },
          before: "in force",
          after: "removed",
          details,
        },
      ];
    },
    async (tx): Promise<Result<Removed>> => {
      await lockDuties(tx);
      const row = await removePair(tx, id, now);
      if (row === undefined) return refuse("NOT_FOUND", `there is no own pair ${id}`);
      return ok({ row, exceptionsEnded: (await endExceptions(tx, { pair: id }, now)).length });
    },
  );
  return done.ok ? ok(undefined) : done;
}
