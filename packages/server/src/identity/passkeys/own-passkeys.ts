import { randomBytes } from "node:crypto";
import { ok, refuse } from "@tyr/contract";
import type { Passkey, PasskeyAdd, PasskeyAdded, PasskeyCreation, PasskeyList, Refused, Result } from "@tyr/contract";
import type { Fact, WriteTransaction } from "#platform/database";
import { newId } from "#platform/ids";
import type { AllEnded, EndAccess } from "../end-access.ts";
import { findTotp, putRecoveryCodes } from "../factor-store.ts";
import { ownerOf, ownFact, sessionOver, type Own } from "../prove.ts";
import { hashRecoveryCode, newRecoveryCodes } from "../recovery-codes.ts";
import { hasSecondFactor } from "../second-factor.ts";
import { refuseLastFactor } from "../sign-in-rules.ts";
import type { SignInDeps } from "../sign-in.ts";
import { deleteSessionsOf, lockUnchanged, raiseSession, type SubjectRow } from "../store.ts";
import { openChallenge, takeChallenge } from "./challenges.ts";
import { creationOptions } from "./options.ts";
import { CHALLENGE_BYTES, noPasskeysHere, passkeyRefused } from "./passkey-sign-in.ts";
import {
  countPasskeys,
  deletePasskey,
  findOwnPasskey,
  insertPasskey,
  listPasskeys,
  renamePasskey,
  type PasskeyRow,
} from "./store.ts";
import { verifyNew, type NewCredential } from "./verify.ts";

const PASSKEYS_MAX = 20;

function viewOf(row: PasskeyRow): Passkey {
  return {
    id: row.id,
    name: row.name,
    createdAt: row.created_at.toISOString(),
    lastUsedAt: row.last_used_at?.toISOString() ?? null,
    synced: row.synced,
    refusedSince: row.refused_since?.toISOString() ?? null,
  };
}

export async function ownPasskeys({ database, party }: SignInDeps, { caller }: Own): Promise<PasskeyList> {
  const rows = await listPasskeys(database.read, caller.actor.id);
  return { items: rows.map(viewOf), origin: party?.origin ?? null };
}

function passkeyFact(own: Own, type: Fact["type"], row: Pick<PasskeyRow, "id" | "name">): Fact {
  return { ...ownFact(own, type, { name: row.name }), object: { kind: "passkey", id: row.id } };
}

function changedMeanwhile(): Refused {
  return refuse("SECOND_FACTOR_STATE", "the account changed meanwhile: look at it again");
}

/** Refusal `PASSKEYS_UNAVAILABLE`. */
export async function beginAdd(deps: SignInDeps, own: Own): Promise<Result<PasskeyCreation>> {
  const { party, database } = deps;
  if (party === undefined) return noPasskeysHere();
  const { actor, sessionId } = own.caller;
  const challenge = randomBytes(CHALLENGE_BYTES);
  const handle = await openChallenge(deps, { purpose: "add a passkey", sessionId, challenge });
  const known = await listPasskeys(database.read, actor.id);
  return ok({ handle, options: creationOptions({ party, challenge, known }, actor) });
}

type Adding = Readonly<{ subject: SubjectRow; row: PasskeyRow; codes: readonly string[]; sessionId: string }>;

async function add(tx: WriteTransaction, { subject, row, codes, sessionId }: Adding): Promise<Result<PasskeyAdded>> {
  if ((await lockUnchanged(tx, subject)) === undefined) return changedMeanwhile();
  if ((await countPasskeys(tx, subject.id)) >= PASSKEYS_MAX)
    return refuse(
      "SECOND_FACTOR_STATE",
      `there are ${PASSKEYS_MAX} passkeys, as many as there may be: remove one first`,
    );
  const isFirst = !(await hasSecondFactor(tx, subject.id));
  if (!(await insertPasskey(tx, row)))
    return refuse("SECOND_FACTOR_STATE", "this authenticator is registered already: use another");
  if (isFirst) await putRecoveryCodes(tx, subject.id, codes.map(hashRecoveryCode));
  await raiseSession(tx, sessionId, "password+passkey");
  return ok({ passkey: viewOf(row), recoveryCodes: isFirst ? [...codes] : null });
}

type New = Readonly<{ subject: SubjectRow; body: PasskeyAdd; credential: NewCredential; now: Date }>;

function rowOf({ subject, body, credential, now }: New): PasskeyRow {
  return {
    id: newId("passkey", now),
    subject_id: subject.id,
    credential_id: credential.credentialId,
    public_key: credential.publicKey,
    counter: credential.counter,
    transports: body.transports ?? [],
    synced: credential.synced,
    name: body.name,
    created_at: now,
    last_used_at: null,
    refused_since: null,
  };
}

/**
 * Adds a passkey; from the first on a password alone opens the account no more.
 *
 * @returns it, with fresh recovery codes where it is the first second factor; refusals `PASSKEY_REFUSED`,
 *   `SECOND_FACTOR_STATE`, `PASSKEYS_UNAVAILABLE`, `NOT_AUTHENTICATED`
 */
export async function addPasskey(deps: SignInDeps, body: PasskeyAdd, own: Own): Promise<Result<PasskeyAdded>> {
  const { party, database, clock } = deps;
  if (party === undefined) return noPasskeysHere();
  const owner = await ownerOf(deps, own);
  if (owner === undefined) return sessionOver();
  const place = { handle: body.handle, purpose: "add a passkey", sessionId: owner.session.id } as const;
  const challenge = await takeChallenge(deps, place);
  const credential = challenge === undefined ? undefined : await verifyNew(body, { party, challenge });
  if (credential?.ok !== true) return passkeyRefused();
  const { subject } = owner;
  const row = rowOf({ subject, body, credential, now: clock.now() });
  const adding = { subject, row, codes: newRecoveryCodes(), sessionId: owner.session.id };
  const named = passkeyFact(own, "passkey.added", row);
  const publicKey = Buffer.from(row.public_key).toString("base64url");
  // For whoever checks what it signs, years later.
  const fact = { ...named, after: "usable", details: { ...named.details, publicKey } };
  return await database.audited(fact, async (tx) => await add(tx, adding));
}

function notYours(id: string): Refused {
  return refuse("NOT_FOUND", `you have no passkey ${id}`);
}

type Renaming = Readonly<{ id: string; name: string }>;

/** Refusal `NOT_FOUND`. */
export async function renameOwn(deps: SignInDeps, { id, name }: Renaming, own: Own): Promise<Result<Passkey>> {
  const found = await findOwnPasskey(deps.database.read, { id, subjectId: own.caller.actor.id });
  if (found === undefined) return notYours(id);
  const fact = { ...passkeyFact(own, "passkey.renamed", { id: found.id, name }), before: found.name, after: name };
  return await deps.database.audited(fact, async (tx): Promise<Result<Passkey>> => {
    await renamePasskey(tx, found.id, name);
    return ok(viewOf({ ...found, name }));
  });
}

/** `voided`: what it signed and nobody has begun. */
type Removed = Readonly<{ row: PasskeyRow; ended: readonly string[]; voided: AllEnded }>;
/** With what ends in other rooms when a passkey does. */
export type EndingKeys = SignInDeps & Readonly<{ endAccess: Pick<EndAccess, "endKey"> }>;
type Removing = Readonly<{ deps: EndingKeys; subject: SubjectRow; id: string; own: Own }>;

async function mayGo(tx: WriteTransaction, { deps, subject }: Removing): Promise<Refused | undefined> {
  const totp = await findTotp(tx, subject.id);
  if ((await countPasskeys(tx, subject.id)) > 1 || totp?.confirmed_at instanceof Date) return undefined;
  const stays = refuseLastFactor(deps.rules, subject);
  if (stays === undefined) await putRecoveryCodes(tx, subject.id, []);
  return stays;
}

async function remove(tx: WriteTransaction, removing: Removing): Promise<Result<Removed>> {
  const { subject, id, deps, own } = removing;
  const { actor, sessionId } = own.caller;
  if ((await lockUnchanged(tx, subject)) === undefined) return changedMeanwhile();
  const row = await findOwnPasskey(tx, { id, subjectId: subject.id });
  if (row === undefined) return notYours(id);
  const stays = await mayGo(tx, removing);
  if (stays !== undefined) return stays;
  await deletePasskey(tx, row.id);
  const { requestId } = own;
  const end = { keyId: row.id, subjectId: subject.id, actor, requestId, now: deps.clock.now() };
  const voided = await deps.endAccess.endKey(tx, end);
  return ok({ row, ended: await deleteSessionsOf(tx, subject.id, sessionId), voided });
}

/**
 * Removes a passkey and ends one's other sessions: it may be in other hands (ASVS 5.0 7.4.3). What it approved and nobody
 * has begun counts no more.
 *
 * @returns the ids of the sessions that ended, or `NOT_FOUND`, `SECOND_FACTOR_STATE`
 */
export async function removeOwn(deps: EndingKeys, id: string, own: Own): Promise<Result<readonly string[]>> {
  const owner = await ownerOf(deps, own);
  if (owner === undefined) return sessionOver();
  const removing = { deps, subject: owner.subject, id, own };
  const done = await deps.database.audited(
    (value: Result<Removed>) => {
      if (!value.ok) return [];
      const { row, ended, voided } = value.value;
      const fact = passkeyFact(own, "passkey.removed", row);
      const details = { name: row.name, sessionsEnded: ended.length, ...voided.counts };
      return [{ ...fact, before: "usable", details }, ...voided.facts];
    },
    async (tx) => await remove(tx, removing),
  );
  if (!done.ok) return done;
  done.value.voided.committed();
  return ok(done.value.ended);
}
