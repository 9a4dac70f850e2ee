import {
  EXCEPTION_DAYS_MAX,
  ok,
  refuse,
  type DutyException,
  type DutyExceptionGrant,
  type Refused,
  type Result,
  type SubjectId,
} from "@tyr/contract";
import type { WriteTransaction } from "#platform/database";
import { newId } from "#platform/ids";
import { findSubject } from "../store.ts";
import type { Administrator } from "../users.ts";
import { conflictsIn, isOpen, pairsOf, readStanding } from "./conflicts.ts";
import type { DutyDeps } from "./pairs.ts";
import { endExceptions, insertException, lockDuties, type ExceptionRow } from "./store.ts";
import { exceptionView } from "./views.ts";

const DAY_MS = 86_400_000;

function refuseUntil(until: Date, now: Date): Refused | undefined {
  if (until <= now) return refuse("VALIDATION_FAILED", "until: the exception would be over already");
  if (until.getTime() - now.getTime() > EXCEPTION_DAYS_MAX * DAY_MS)
    return refuse("VALIDATION_FAILED", `until: at most ${EXCEPTION_DAYS_MAX} days from now`);
  return undefined;
}

/**
 * Allows somebody else both sides of a pair, until an instant. One that counts already is replaced.
 * Refusals `OWN_ACCESS`, `NOT_FOUND` (person, pair), `VALIDATION_FAILED` (a past or too late end).
 */
export async function grantException(
  { database, clock }: DutyDeps,
  { subjectId, pair, reason, until: asked }: DutyExceptionGrant,
  by: Administrator,
): Promise<Result<DutyException>> {
  const now = clock.now();
  const until = new Date(asked);
  if (subjectId === by.actor.id) return refuse("OWN_ACCESS", "nobody allows themselves an exception");
  const late = refuseUntil(until, now);
  if (late !== undefined) return late;
  const id = newId("dutyException", now);
  const granted_by = by.actor.id as SubjectId;
  const row: ExceptionRow = {
    id,
    subject_id: subjectId,
    pair,
    reason,
    granted_by,
    granted_at: now,
    until,
    ended_at: null,
  };
  const details = { pair, reason, until: until.toISOString() };
  return await database.audited(
    {
      type: "duty.excepted",
      ...by,
      object: { kind: "subject", id: subjectId },
      before: null,
      after: "excepted",
      details,
    },
    async (tx): Promise<Result<DutyException>> => {
      await lockDuties(tx);
      const person = await findSubject(tx, subjectId);
      if (person === undefined) return refuse("NOT_FOUND", `there is no user ${subjectId}`);
      const standing = await readStanding(tx, now, subjectId);
      if (!pairsOf(standing).some((one) => one.id === pair)) return refuse("NOT_FOUND", `there is no pair ${pair}`);
      const before = standing.exceptions.filter((one) => one.subject_id === subjectId && one.pair === pair);
      for (const one of before) await endExceptions(tx, { id: one.id }, now);
      await insertException(tx, row);
      return ok(exceptionView({ ...row, name: person.name, granted_by_name: by.actor.name }));
    },
  );
}

/** Also one's own: giving a privilege back is nobody's harm. Refusal `NOT_FOUND`. */
export async function endException(
  { database, clock }: DutyDeps,
  id: string,
  by: Administrator,
): Promise<Result<undefined>> {
  const now = clock.now();
  const done = await database.audited(
    (ended: Result<ExceptionRow>) =>
      ended.ok
        ? [
            {
              type: "duty.exception_ended" as const,
              ...by,
              object: { kind: "subject", id: ended.value.subject_id },
              before: "excepted",
              after: "ended",
              details: { pair: ended.value.pair, reason: ended.value.reason },
            },
          ]
        : [],
    async (tx): Promise<Result<ExceptionRow>> => {
      await lockDuties(tx);
      const [row] = await endExceptions(tx, { id }, now);
      return row === undefined ? refuse("NOT_FOUND", `no exception ${id} counts`) : ok(row);
    },
  );
  return done.ok ? ok(undefined) : done;
}

/** How long an installation of one may go on as such before it has to say why again. */
const SINGLE_PERSON_DAYS = 365;
const SINGLE_PERSON =
  "Single-person mode: the first administrator was alone at set-up. Give one side to somebody else before this ends.";

/** For the person of the set-up, in its transaction: what they hold against the rule, allowed by nobody but the set-up. @returns the pairs */
export async function exceptFirst(tx: WriteTransaction, subjectId: SubjectId, now: Date): Promise<readonly string[]> {
  await lockDuties(tx);
  const open = conflictsIn(await readStanding(tx, now, subjectId)).filter(isOpen);
  const until = new Date(now.getTime() + SINGLE_PERSON_DAYS * DAY_MS);
  for (const { pair } of open)
    await insertException(tx, {
      id: newId("dutyException", now),
      subject_id: subjectId,
      pair,
      reason: SINGLE_PERSON,
      granted_by: null,
      granted_at: now,
      until,
      ended_at: null,
    });
  return open.map(({ pair }) => pair);
}
