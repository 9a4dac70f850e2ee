import type { ActionId, ActionState, ActionType, Actor, Decision, DelegationId, Id, IncidentId } from "@tyr/contract";
import { sql, type Insertable, type Selectable, type Updateable } from "kysely";
import { readPage, type Page, type PageBefore, type ReadDatabase, type WriteTransaction } from "#platform/database";
import { SUBMITTED_STATES, UNSTARTED_STATES, type ActionEvent } from "./machine/transitions.ts";
import type { Prefix } from "./address.ts";
import type { DecisionInput } from "./policy/decide.ts";
import type { ActionTable, AllowTable, ApprovalTable } from "./tables.ts";

export type ActionRow = Selectable<ActionTable>;
export type ApprovalRow = Selectable<ApprovalTable>;
export type AllowRow = Selectable<AllowTable>;

export async function findAction(db: ReadDatabase, id: ActionId): Promise<ActionRow | undefined> {
  return await db.selectFrom("action").selectAll().where("id", "=", id).executeTakeFirst();
}

/** The row, held until the transaction ends: two moves of one action happen one after the other. */
export async function lockAction(tx: WriteTransaction, id: ActionId): Promise<ActionRow | undefined> {
  return await tx.selectFrom("action").selectAll().where("id", "=", id).forUpdate().executeTakeFirst();
}

/** @returns undefined when a program asked for the same and it is not over: `action_proposed_once` */
export async function insertAction(tx: WriteTransaction, row: Insertable<ActionTable>): Promise<ActionRow | undefined> {
  return await tx
    .insertInto("action")
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .returningAll()
    .executeTakeFirst();
}

/** What a program asked for about this target and is not over. */
export async function findProposed(db: ReadDatabase, { type, target }: Pick<ActionRow, "type" | "target">) {
  return await db
    .selectFrom("action")
    .select("id")
    .where("type", "=", type)
    .where("target", "=", target)
    .where("requester_kind", "=", "automation")
    .orderBy("id", "desc")
    .limit(1)
    .executeTakeFirst();
}

/** Compare-and-set on state and revision; undefined when somebody was faster. */
export async function updateAction(
  tx: WriteTransaction,
  from: Pick<ActionRow, "id" | "state" | "revision">,
  changes: Updateable<ActionTable>,
): Promise<ActionRow | undefined> {
  return await tx
    .updateTable("action")
    .set(changes)
    .where("id", "=", from.id)
    .where("state", "=", from.state)
    .where("revision", "=", from.revision)
    .returningAll()
    .executeTakeFirst();
}

export type Move = Readonly<{
  row: ActionRow;
  event: ActionEvent | "create";
  from: string | null;
  actor: Actor;
  at: Date;
  note: string | null;
}>;

export async function insertMove(tx: WriteTransaction, { row, event, from, actor, at, note }: Move): Promise<void> {
  await tx
    .insertInto("action_move")
    .values({
      action_id: row.id,
      revision: row.revision,
      event,
      from_state: from,
      to_state: row.state,
      actor: JSON.stringify(actor),
      at,
      note,
    })
    .execute();
}

export type MoveRow = Readonly<{
  number: number;
  action_id: ActionId;
  type: ActionType;
  target: string;
  event: string;
  from_state: string | null;
  to_state: string;
  actor: Actor;
  at: Date;
  note: string | null;
}>;

/** Moves of all actions of an incident, oldest first. */
export async function listMovesOfIncident(db: ReadDatabase, incidentId: IncidentId): Promise<readonly MoveRow[]> {
  return await db
    .selectFrom("action_move")
    .innerJoin("action", "action.id", "action_move.action_id")
    .select([
      "action_move.number",
      "action_move.action_id",
      "action.type",
      "action.target",
      "action_move.event",
      "action_move.from_state",
      "action_move.to_state",
      "action_move.actor",
      "action_move.at",
      "action_move.note",
    ])
    .where("action.incident_id", "=", incidentId)
    .orderBy("action_move.number")
    .limit(1000)
    .execute();
}

export async function actionIdsOf(db: ReadDatabase, incidentId: IncidentId): Promise<readonly ActionId[]> {
  const rows = await db.selectFrom("action").select("id").where("incident_id", "=", incidentId).limit(1000).execute();
  return rows.map(({ id }) => id);
}

/** Whoever wrote a revision of these actions or asked for one that another wrote: their approval never counts. */
export async function listAuthors(
  db: ReadDatabase,
  actionIds: readonly ActionId[],
): Promise<readonly Readonly<{ action_id: ActionId; id: string }>[]> {
  if (actionIds.length === 0) return [];
  return await db
    .selectFrom("action_move")
    .select(["action_id", sql<string>`actor->>'id'`.as("id")])
    .distinct()
    .where("action_id", "in", [...actionIds])
    .where("event", "in", ["create", "edit", "submit", "submit_allowed"])
    .execute();
}

export async function insertApproval(tx: WriteTransaction, row: Insertable<ApprovalTable>): Promise<void> {
  await tx.insertInto("approval").values(row).execute();
}

export async function withdrawApproval(tx: WriteTransaction, id: Id<"approval">, at: Date): Promise<void> {
  await tx.updateTable("approval").set({ withdrawn_at: at }).where("id", "=", id).execute();
}

/** Takes back what does not hold up when it is looked at again. */
export async function disbelieveApproval(
  tx: WriteTransaction,
  id: string,
  { at, why }: Readonly<{ at: Date; why: string }>,
): Promise<void> {
  await tx
    .updateTable("approval")
    .set({ withdrawn_at: at, disbelieved: why })
    .where("id", "=", id as Id<"approval">)
    .execute();
}

/** What of these actions was taken back because it did not hold up, oldest first. */
export async function listDisbelieved(
  db: ReadDatabase,
  actionIds: readonly ActionId[],
): Promise<readonly ApprovalRow[]> {
  if (actionIds.length === 0) return [];
  return await db
    .selectFrom("approval")
    .selectAll()
    .where("action_id", "in", [...actionIds])
    .where("disbelieved", "is not", null)
    .orderBy("at")
    .orderBy("id")
    .execute();
}

/** What somebody asked for and has not begun, held, in the order of ids so that two who hold several never wait for each other. */
export async function listUnstartedRequests(tx: WriteTransaction, subjectId: string): Promise<readonly ActionRow[]> {
  return await tx
    .selectFrom("action")
    .selectAll()
    .where("requester_id", "=", subjectId)
    .where("state", "in", UNSTARTED_STATES)
    .orderBy("id")
    .forUpdate()
    .execute();
}

/** What somebody approved, or with a key of theirs, or by a delegation, and nobody has begun. */
export async function listStandingApprovals(
  tx: WriteTransaction,
  whose: Readonly<{ subjectId: string } | { keyId: string } | { delegationId: DelegationId }>,
): Promise<readonly Pick<ApprovalRow, "id" | "action_id" | "subject_id">[]> {
  return await tx
    .selectFrom("approval")
    .innerJoin("action", "action.id", "approval.action_id")
    .select(["approval.id", "approval.action_id", "approval.subject_id"])
    .where((eb) => {
      if ("keyId" in whose) return eb("approval.key_id", "=", whose.keyId);
      if ("delegationId" in whose) return eb("approval.delegation_id", "=", whose.delegationId);
      return eb("approval.subject_id", "=", whose.subjectId as ApprovalRow["subject_id"]);
    })
    .where("approval.withdrawn_at", "is", null)
    .where("action.state", "in", UNSTARTED_STATES)
    .orderBy("approval.action_id")
    .execute();
}

/** Approvals of these actions that were not taken back, oldest first. */
export async function listApprovals(db: ReadDatabase, actionIds: readonly ActionId[]): Promise<readonly ApprovalRow[]> {
  if (actionIds.length === 0) return [];
  return await db
    .selectFrom("approval")
    .selectAll()
    .where("action_id", "in", [...actionIds])
    .where("withdrawn_at", "is", null)
    .orderBy("at")
    .orderBy("id")
    .execute();
}

export type ActionFilter = Readonly<{
  state?: ActionState | undefined;
  waiting?: boolean | undefined;
  incident?: IncidentId | undefined;
  target?: string | undefined;
}>;

/** Newest first; ids sort by time. */
export async function listActions(
  db: ReadDatabase,
  { state, waiting, incident, target, ...page }: ActionFilter & PageBefore<ActionId>,
): Promise<Page<ActionRow, ActionId>> {
  let query = db.selectFrom("action").selectAll();
  if (state !== undefined) query = query.where("state", "=", state);
  if (waiting === true) query = query.where("state", "=", "pending");
  if (incident !== undefined) query = query.where("incident_id", "=", incident);
  if (target !== undefined) query = query.where("target", "=", target);
  return await readPage(query, "id", page);
}

/** Approved and not begun, oldest first. */
export async function listApproved(db: ReadDatabase, limit: number): Promise<readonly { id: ActionId }[]> {
  return await db
    .selectFrom("action")
    .select("id")
    .where("state", "=", "approved")
    .orderBy("updated_at")
    .orderBy("id")
    .limit(limit)
    .execute();
}

export async function listOverdue(db: ReadDatabase, now: Date, limit: number): Promise<readonly { id: ActionId }[]> {
  return await db
    .selectFrom("action")
    .select("id")
    .where("state", "in", ["pending", "approved"])
    .where("deadline_at", "<=", now)
    .orderBy("deadline_at")
    .limit(limit)
    .execute();
}

/** Waiting for people, oldest first. */
export async function listPending(db: ReadDatabase, limit: number): Promise<readonly ActionRow[]> {
  return await db.selectFrom("action").selectAll().where("state", "=", "pending").orderBy("id").limit(limit).execute();
}

export async function countWaiting(
  db: ReadDatabase,
): Promise<readonly { type: string; waiting: number; oldest: Date | null }[]> {
  return await db
    .selectFrom("action")
    .select(({ fn }) => ["type", fn.countAll<number>().as("waiting"), fn.min("submitted_at").as("oldest")])
    .where("state", "=", "pending")
    .groupBy("type")
    .execute();
}

/**
 * True when automation has nothing to add for this address: an action that covers it is submitted or in force, it was
 * tried for exactly this since `since` and policy let it be no more than tried, or a person said no to exactly this since
 * then. What somebody only tried, or took back themselves, or a no to a wider range, keeps nobody quiet.
 */
export async function isTargetTaken(db: ReadDatabase, target: Prefix, since: Date): Promise<boolean> {
  const row = await db
    .selectFrom("action")
    .select("id")
    .where(sql<boolean>`network >>= ${target.text}::inet`)
    .where((eb) =>
      eb.or([
        eb("state", "in", [...SUBMITTED_STATES, "executed", "reverting", "revert_failed"]),
        eb.and([
          eb("updated_at", ">", since),
          sql<boolean>`network = ${target.text}::inet`,
          eb.or([
            eb("state", "=", "rejected"),
            eb.and([
              eb("requester_kind", "=", "automation"),
              eb("state", "in", ["draft", "dry_run_ok", "dry_run_failed", "cancelled"]),
            ]),
          ]),
        ]),
        eb.and([
          eb("state", "=", "reverted"),
          eb("updated_at", ">", since),
          eb("updated_at", "<", eb.ref("effect_ends_at")),
        ]),
      ]),
    )
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** What programs asked for in this time, without one of them. */
export async function countProposals(
  db: ReadDatabase,
  { since, until, but }: Readonly<{ since: Date; until: Date; but?: ActionId | undefined }>,
): Promise<number> {
  let rows = db
    .selectFrom("action")
    .select(({ fn }) => fn.countAll<number>().as("count"))
    .where("requester_kind", "=", "automation")
    .where("created_at", ">", since)
    .where("created_at", "<=", until);
  if (but !== undefined) rows = rows.where("id", "<>", but);
  return (await rows.executeTakeFirstOrThrow()).count;
}

/** Actions of a type that wait for somebody's approval, newest first. */
export async function listWaitingFor(db: ReadDatabase, type: ActionType): Promise<readonly { id: ActionId }[]> {
  return await db
    .selectFrom("action")
    .select("id")
    .where("state", "=", "pending")
    .where("type", "=", type)
    .orderBy("id", "desc")
    .limit(50)
    .execute();
}

export type DecisionRecord = Readonly<{
  actionId: ActionId | null;
  step: "dry_run" | "submit" | "approve" | "withdraw" | "execute" | "break_glass";
  input: DecisionInput;
  decision: Decision;
}>;

export async function insertDecision(tx: WriteTransaction, record: DecisionRecord): Promise<void> {
  const { actionId, step, input, decision } = record;
  await tx
    .insertInto("policy_decision")
    .values({
      action_id: actionId,
      step,
      input: JSON.stringify(input),
      outcome: decision.outcome,
      policy_ids: decision.reasons.map(({ policyId }) => policyId),
      bundle_digest: decision.bundleDigest,
      at: new Date(decision.at),
    })
    .execute();
}

/** The allow-list in force, newest first. */
export async function listAllow(db: ReadDatabase, now: Date): Promise<readonly AllowRow[]> {
  return await db
    .selectFrom("allow_entry")
    .selectAll()
    .where("removed_at", "is", null)
    .where((eb) => eb.or([eb("expires_at", "is", null), eb("expires_at", ">", now)]))
    .orderBy("id", "desc")
    .execute();
}

export async function insertAllow(tx: WriteTransaction, row: Insertable<AllowTable>): Promise<AllowRow> {
  return await tx.insertInto("allow_entry").values(row).returningAll().executeTakeFirstOrThrow();
}

export async function endAllow(tx: WriteTransaction, id: Id<"allow">, now: Date): Promise<AllowRow | undefined> {
  return await tx
    .updateTable("allow_entry")
    .set({ removed_at: now })
    .where("id", "=", id)
    .where("removed_at", "is", null)
    .returningAll()
    .executeTakeFirst();
}
