import { refuse, type Refused, type StatementKind, type StatementSignature } from "@tyr/contract";
import type { WriteTransaction } from "#platform/database";
import type { Standing } from "../delegations/standing.ts";
import { refuseMove } from "../move-action.ts";
import type { By, Room, Settled } from "../room.ts";
import type { ActionRow } from "../store.ts";
import { checkSignature, invalid, notSigned, type Taken } from "./check-signature.ts";
import type { Signed } from "./evidence.ts";
import { statementText } from "./statement.ts";
import { takeStatement, type StatementRow } from "./store.ts";

export type Signing = Readonly<{
  action: ActionRow;
  by: By;
  statement: StatementKind;
  /** In whose place. */
  standing: Standing | undefined;
  reason: string | undefined;
  signature: StatementSignature | undefined;
  at: Date;
}>;

/** Why what was handed out is not this: another person's, action's or purpose, or over. */
function refusedStatement(row: StatementRow | undefined, { action, by, statement, at }: Signing): Refused | undefined {
  if (row === undefined) return invalid("there is no such statement, or it was used already: each counts once");
  if (row.subject_id !== by.actor.id) return invalid("the statement is somebody else's");
  if (row.action_id !== action.id) return invalid("the statement is about another action");
  if (row.statement !== statement) return invalid(`the statement is for: ${row.statement}`);
  return row.expires_at <= at ? invalid("the statement was to be signed within five minutes") : undefined;
}

/** Where nothing was signed: what one could sign with. */
const UNSIGNED = refuse("SIGNATURE_REQUIRED", "decisions about actions are signed by whoever makes them");

/**
 * Takes the statement somebody signed, once whatever comes of it, and checks that it says what would be recorded now and
 * that they signed it. The action and their account are held by the caller.
 *
 * @returns refusals `SIGNATURE_REQUIRED`, `SIGNATURE_INVALID`, `APPROVAL_STALE` (the action changed since it was stated)
 */
async function takeSignature(room: Room, tx: WriteTransaction, signing: Signing): Promise<Taken> {
  const { signature: shown, action, by, statement, standing, reason = null, at } = signing;
  if (shown === undefined) return notSigned(UNSIGNED);
  const row = await takeStatement(tx, shown.statement);
  const refused = refusedStatement(row, signing);
  if (row === undefined || refused !== undefined) return notSigned(refused ?? UNSIGNED);
  const { nonce, expires_at: expiresAt, text } = row;
  const { installation } = room;
  const now = statementText({ installation, action, by, statement, standing, reason, nonce, expiresAt });
  if (now !== text)
    return notSigned(
      refuse("APPROVAL_STALE", "the action, your roles or your words changed since the statement was made"),
    );
  return await checkSignature(room, tx, { by, at, text, shown });
}

/** Does `work` with what was signed; where the signature does not count, refuses it and logs that. */
export async function withSignature(
  room: Room,
  tx: WriteTransaction,
  { work, ...signing }: Signing & Readonly<{ work(signed: Signed): Promise<Settled<ActionRow>> }>,
): Promise<Settled<ActionRow>> {
  const taken = await takeSignature(room, tx, signing);
  if (taken.ok) return await work(taken.signed);
  const { action, by, statement: move } = signing;
  const { answer, facts } = refuseMove(action, by, { move, refused: taken.refused });
  return { answer, facts: [...taken.facts, ...facts] };
}
