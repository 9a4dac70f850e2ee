import type { Fact, ReadDatabase, WriteTransaction } from "#platform/database";
import type { BreakGlassRow } from "./break-glass/store.ts";
import { listByIds, type DelegationRow } from "./delegations/store.ts";
import type { By, Room } from "./room.ts";
import { faultOf, type Meant } from "./signatures/believe.ts";
import { keysOf } from "./signatures/keys-of.ts";
import { aboutAction } from "./signatures/statement.ts";
import { disbelieveApproval, type ActionRow, type ApprovalRow } from "./store.ts";

/** An approval, or a use of break-glass, that does not hold up when it is looked at again, and why. */
export type Disbelieved = Readonly<{ given: ApprovalRow | BreakGlassRow; why: string }>;
export type Looked = Readonly<{ approvals: readonly ApprovalRow[]; disbelieved: readonly Disbelieved[] }>;

/** Why the delegation an approval was given by is not believed. */
async function delegationFault(room: Room, db: ReadDatabase, lent: DelegationRow): Promise<string | undefined> {
  const fields = {
    statement: "delegate",
    installation: room.installation,
    delegation_id: lent.id,
    to: lent.to_id,
    ends_at: lent.ends_at.toISOString(),
  };
  const meant = { signer: lent.from_id, at: lent.created_at, fields };
  const why = await faultOf(lent, meant, keysOf(room, db, lent.from_id));
  return why === undefined ? undefined : `the delegation ${lent.id}: ${why}`;
}

type Given = Readonly<{ row: ActionRow; one: ApprovalRow }>;

/** What the text of an approval in another's place says besides; nothing of one's own. */
async function placeFault(room: Room, db: ReadDatabase, { one }: Given): Promise<string | undefined> {
  const { delegation_id: id, statement } = one;
  const behalf: unknown = (JSON.parse(statement ?? "{}") as { on_behalf_of?: unknown }).on_behalf_of;
  if (id === null) return behalf === undefined ? undefined : "its statement is in somebody else's place";
  const [lent] = await listByIds(db, [id]);
  const said = typeof behalf === "object" && behalf !== null ? { ...behalf } : {};
  const names = "delegation" in said && "of" in said ? [said.delegation, said.of] : [];
  if (lent === undefined || lent.to_id !== one.subject_id || names[0] !== id || names[1] !== lent.from_id)
    return "its statement is in another's place";
  return await delegationFault(room, db, lent);
}

async function approvalFault(room: Room, db: ReadDatabase, given: Given): Promise<string | undefined> {
  const { row, one } = given;
  const fields = { statement: "approve", installation: room.installation, ...aboutAction(row) };
  const meant: Meant = { signer: one.subject_id, at: one.at, fields };
  return (await faultOf(one, meant, keysOf(room, db, one.subject_id))) ?? (await placeFault(room, db, given));
}

/** Those of these approvals that hold up; the others count no more, whatever their rows say. */
export async function believeApprovals(
  room: Room,
  db: ReadDatabase,
  { row, approvals }: Readonly<{ row: ActionRow; approvals: readonly ApprovalRow[] }>,
): Promise<Looked> {
  const believed: ApprovalRow[] = [];
  const disbelieved: Disbelieved[] = [];
  for (const one of approvals) {
    const why = await approvalFault(room, db, { row, one });
    if (why === undefined) believed.push(one);
    else disbelieved.push({ given: one, why });
  }
  return { approvals: believed, disbelieved };
}

/** Why a use of break-glass is not believed; undefined: its person signed it. */
export async function brokenFault(
  room: Room,
  db: ReadDatabase,
  { row, broken }: Readonly<{ row: ActionRow; broken: BreakGlassRow }>,
): Promise<string | undefined> {
  const { subject_id: signer, at, reason } = broken;
  const fields = { statement: "break_glass", installation: room.installation, reason, ...aboutAction(row) };
  return await faultOf(broken, { signer, at, fields }, keysOf(room, db, signer));
}

type Disowning = Readonly<{ row: ActionRow; by: By; at: Date; disbelieved: readonly Disbelieved[] }>;

function disbelievedFact({ row, by }: Disowning, { given, why }: Disbelieved): Fact {
  return {
    type: "action.approval_disbelieved",
    actor: by.actor,
    object: { kind: "action", id: row.id },
    outcome: "failure",
    before: row.state,
    after: row.state,
    requestId: by.requestId,
    details: {
      revision: row.revision,
      target: row.target,
      approved_by: given.subject_id,
      given: given.id,
      statement_digest: given.statement_digest,
      note: why,
    },
  };
}

/** Takes back what does not hold up and says so in the log, in the transaction that decides without it. */
export async function disown(tx: WriteTransaction, disowning: Disowning): Promise<readonly Fact[]> {
  const { disbelieved, at } = disowning;
  for (const { given, why } of disbelieved) await disbelieveApproval(tx, given.id, { at, why });
  return disbelieved.map((one) => disbelievedFact(disowning, one));
}
