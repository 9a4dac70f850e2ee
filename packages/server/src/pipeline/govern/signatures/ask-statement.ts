import { randomBytes } from "node:crypto";
import {
  ok,
  refuse,
  type ActionId,
  type ActionStatement,
  type Refused,
  type Result,
  type StatementKind,
  type StatementRequest,
} from "@tyr/contract";
import { withMove, type Held } from "../hold-action.ts";
import type { MoveName } from "../machine/moves.ts";
import { refuseMove } from "../move-action.ts";
import { settle, type By, type Room, type Settled } from "../room.ts";
import type { ActionRow } from "../store.ts";
import { signable } from "./signable.ts";
import { challengeOf, statementText, STATEMENT_LIFE_MS } from "./statement.ts";
import { insertStatement, type StatementRow } from "./store.ts";

/** The move each statement is for; nobody is handed a text they could do nothing with. */
const MOVE_OF: Readonly<Partial<Record<StatementKind, MoveName>>> = {
  approve: "approve",
  reject: "reject",
  withdraw: "withdraw",
  break_glass: "breakGlass",
};

export type StatementWish = Readonly<{ id: ActionId; by: By; wish: StatementRequest }>;

/** What is there by now is not what was shown. */
function refusedShown(action: ActionRow, { requestDigest, dryRunDigest }: StatementRequest): Refused | undefined {
  const isShown =
    requestDigest === action.request_digest && (dryRunDigest ?? action.dry_run?.digest) === action.dry_run?.digest;
  return isShown ? undefined : refuse("APPROVAL_STALE", "the request or its dry run changed since it was shown");
}

function newStatement(room: Room, { action, by, now, behalf }: Held, wish: StatementRequest): StatementRow {
  const nonce = randomBytes(32).toString("base64url");
  const expiresAt = new Date(now.getTime() + STATEMENT_LIFE_MS);
  const { statement } = wish;
  const reason = wish.reason ?? wish.comment ?? null;
  const { installation } = room;
  const standing = behalf?.standing;
  const text = statementText({ installation, action, by, statement, standing, reason, nonce, expiresAt });
  return {
    digest: challengeOf(text).toString("hex"),
    action_id: action.id,
    subject_id: by.actor.id,
    statement,
    nonce,
    text,
    created_at: now,
    expires_at: expiresAt,
  };
}

/**
 * Hands out the text to sign for a move, if this person could make it now.
 *
 * @returns refusals of the move, logged as its own, and `APPROVAL_STALE`
 */
export async function askStatement(room: Room, { id, by, wish }: StatementWish): Promise<Result<ActionStatement>> {
  const move = MOVE_OF[wish.statement];
  if (move === undefined) return refuse("VALIDATION_FAILED", `nobody signs ${wish.statement} here`);
  const { requestDigest, dryRunDigest, delegation } = wish;
  const shown = { requestDigest, ...(dryRunDigest === undefined ? {} : { dryRunDigest }) };
  let made: StatementRow | undefined;
  const settled = await settle<ActionRow>(room.db, async (tx) => {
    const work = async (held: Held): Promise<Settled<ActionRow>> => {
      const refused = refusedShown(held.action, wish);
      if (refused !== undefined) return refuseMove(held.action, by, { move, refused });
      made = newStatement(room, held, wish);
      return { answer: ok(held.action), facts: [] };
    };
    return await withMove(room, tx, { id, by, move, shown, delegation, work });
  });
  if (!settled.ok) return settled;
  const row = made;
  if (row === undefined) throw new TypeError("a statement that was made is there");
  // A text nobody signed changes nothing: kept as challenges are, without an entry.
  await room.db.bookkeep("counters", async (tx) => await insertStatement(tx, row));
  return ok({ statement: row.statement, ...(await signable(room, row, by)) });
}
