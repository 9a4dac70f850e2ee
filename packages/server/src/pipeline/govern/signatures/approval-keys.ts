import {
  APPROVAL_KEY_DAYS_MAX,
  ok,
  refuse,
  type ApprovalKey,
  type ApprovalKeyAdd,
  type ApprovalKeyId,
  type Result,
  type SubjectId,
  type UsedApprovalKey,
} from "@tyr/contract";
import type { Fact, WriteTransaction } from "#platform/database";
import { newId } from "#platform/ids";
import { announce, type Moved } from "../move-action.ts";
import type { By, Room } from "../room.ts";
import { holdsNewKey, stateOfKey, viewOfKey } from "./approval-key.ts";
import {
  findApprovalKey,
  insertApprovalKey,
  lastApprovals,
  listApprovalKeys,
  revokeApprovalKey,
  type ApprovalKeyRow,
} from "./store.ts";

const DAY_MS = 86_400_000;
/** More usable keys than machines somebody decides from are nobody's any more. */
const KEYS_MAX = 10;

export type ApprovalKeys = Readonly<{
  list(by: By): Promise<readonly UsedApprovalKey[]>;
  /** Refusals `SIGNATURE_INVALID` (not held, unusable), `KEY_LIMIT_REACHED`, `NAME_TAKEN` (known already), `NOT_AUTHENTICATED`. */
  add(body: ApprovalKeyAdd, by: By): Promise<Result<ApprovalKey>>;
  /** Refusal `NOT_FOUND`. What it approved and has not run counts no more. */
  revoke(id: string, by: By): Promise<Result<ApprovalKey>>;
}>;

/** What was taken back, and the entries of it. */
export type Voided = Readonly<{ moves: readonly Moved[]; facts: readonly Fact[] }>;
/** Takes back what a key signed and nobody has begun, in the transaction that ends it. */
export type WithdrawSigned = (
  tx: WriteTransaction,
  ended: Readonly<{ keyId: string; by: By; now: Date }>,
) => Promise<Voided>;

function keyFact(type: Fact["type"], row: ApprovalKeyRow, by: By): Fact {
  return {
    type,
    actor: by.actor,
    object: { kind: "approval_key", id: row.id },
    requestId: by.requestId,
    details: {
      name: row.name,
      publicKey: Buffer.from(row.public_key).toString("base64url"),
      expiresAt: row.expires_at.toISOString(),
    },
  };
}

async function insertOwn(room: Room, tx: WriteTransaction, row: ApprovalKeyRow): Promise<Result<ApprovalKeyRow>> {
  if (!(await room.ports.holdAccount(tx, row.subject_id)))
    return refuse("NOT_AUTHENTICATED", "the account is disabled");
  const all = await listApprovalKeys(tx, row.subject_id);
  const usable = all.filter((one) => stateOfKey(one, row.created_at) === "active").length;
  if (usable >= KEYS_MAX)
    return refuse("KEY_LIMIT_REACHED", `there are ${KEYS_MAX} keys, as many as there may be: revoke one first`);
  if (await insertApprovalKey(tx, row)) return ok(row);
  return refuse("NAME_TAKEN", "this key is, or was, registered already: make another");
}

async function addKey(room: Room, body: ApprovalKeyAdd, by: By): Promise<Result<ApprovalKey>> {
  const now = room.clock.now();
  if (!(await holdsNewKey(body, by.actor.id)))
    return refuse("SIGNATURE_INVALID", "the proof is not a signature by this key, or the key is no usable Ed25519 key");
  const lifeMs = (body.lifeDays ?? APPROVAL_KEY_DAYS_MAX) * DAY_MS;
  const row: ApprovalKeyRow = {
    id: newId("approvalKey", now),
    subject_id: by.actor.id as SubjectId,
    name: body.name,
    public_key: Buffer.from(body.publicKey, "base64url"),
    created_at: now,
    expires_at: new Date(now.getTime() + lifeMs),
    revoked_at: null,
  };
  const done = await room.db.audited(
    (value: Result<ApprovalKeyRow>) =>
      value.ok ? [{ ...keyFact("approval_key.added", row, by), after: "active" }] : [],
    async (tx) => await insertOwn(room, tx, row),
  );
  return done.ok ? ok(viewOfKey(done.value, now)) : done;
}

/** A key that ended with its owner's account, or with all they sign in with: another's deed, so without what its owner called it. */
export function endedKeyFact(row: ApprovalKeyRow, by: By): Fact {
  const { details = {}, ...fact } = keyFact("approval_key.revoked", row, by);
  const { name: _personal, ...known } = details;
  return { ...fact, before: "active", after: "revoked", details: known };
}

type Revoked = Readonly<{ row: ApprovalKeyRow; voided: Voided; isNew: boolean }>;
const NOTHING: Voided = { moves: [], facts: [] };

async function revokeHeld(
  { room, withdraw, by }: Readonly<{ room: Room; withdraw: WithdrawSigned; by: By }>,
  tx: WriteTransaction,
  id: string,
): Promise<Result<Revoked>> {
  // The account first, then actions: as whoever approves does.
  await room.ports.holdAccount(tx, by.actor.id);
  const known = await findApprovalKey(tx, { id, subjectId: by.actor.id });
  if (known === undefined) return refuse("NOT_FOUND", `you have no approval key ${id}`);
  const now = room.clock.now();
  const row = await revokeApprovalKey(tx, id as ApprovalKeyId, now);
  if (row === undefined) return ok({ row: known, voided: NOTHING, isNew: false });
  return ok({ row, voided: await withdraw(tx, { keyId: id, by, now }), isNew: true });
}

function revokedFacts({ row, voided, isNew }: Revoked, by: By): readonly Fact[] {
  if (!isNew) return [];
  const { details, ...fact } = keyFact("approval_key.revoked", row, by);
  const counted = { ...details, decisionsVoided: voided.moves.length };
  return [{ ...fact, before: "active", after: "revoked", details: counted }, ...voided.facts];
}

/** Personal keys: what people sign decisions with where no browser is. */
export function createApprovalKeys(room: Room, withdraw: WithdrawSigned): ApprovalKeys {
  return {
    async list(by) {
      const now = room.clock.now();
      const { read } = room.db;
      const [rows, used] = await Promise.all([listApprovalKeys(read, by.actor.id), lastApprovals(read, by.actor.id)]);
      return rows.map((row) => ({
        ...viewOfKey(row, now),
        lastApprovedAt: used.get(row.id)?.toISOString() ?? null,
      }));
    },
    add: async (body, by) => await addKey(room, body, by),
    async revoke(id, by) {
      const done = await room.db.audited(
        (value: Result<Revoked>) => (value.ok ? revokedFacts(value.value, by) : []),
        async (tx) => await revokeHeld({ room, withdraw, by }, tx, id),
      );
      if (!done.ok) return done;
      for (const { row } of done.value.voided.moves) announce(room.bus, row);
      return ok(viewOfKey(done.value.row, room.clock.now()));
    },
  };
}
