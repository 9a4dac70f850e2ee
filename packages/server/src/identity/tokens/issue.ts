import {
  OFFLINE_ACCESS,
  ok,
  refuse,
  type Actor,
  type Permission,
  type Result,
  type TokenAnswer,
  type TokenFamilyId,
} from "@tyr/contract";
import type { Clock } from "#platform/clock";
import type { Database, Fact, WriteTransaction } from "#platform/database";
import { newId } from "#platform/ids";
import type { KeyCaller } from "../keys/key-check.ts";
import { findKey, lockUsableKey } from "../keys/store.ts";
import { newJti, signAccessToken, type TokenPlace } from "./access-token.ts";
import type { KeyRing } from "./key-ring.ts";
import type { TokenKeyPair } from "./key-pair.ts";
import { newRefreshToken } from "./refresh-token.ts";
import { chooseScopes } from "./scopes.ts";
import {
  endFamilies,
  forgetFamilies,
  insertFamily,
  insertRefreshToken,
  surplusFamilies,
  type FamilyRow,
} from "./store.ts";
import { FAMILIES_MAX, FAMILY_KEPT_MS, FAMILY_LIFE_MS, REFRESH_IDLE_MS } from "./token-rules.ts";

export type GrantDeps = Readonly<{
  database: Database;
  clock: Clock;
  ring: KeyRing;
  place: TokenPlace;
  /** How long an access token counts at most. */
  lifeSeconds: number;
}>;
/** An authenticated client and the scope it asks for. */
export type Wish = Readonly<{ client: KeyCaller; scope: string | undefined; requestId: string }>;

export type By = Readonly<{ actor: Actor; requestId: string }>;

export function familyFact(type: Fact["type"], family: Pick<FamilyRow, "id" | "key_id">, by: By): Fact {
  const { actor, requestId } = by;
  const object = { kind: "token-family", id: family.id };
  return { type, actor, requestId, object, details: { client: family.key_id } };
}

export type Handing = Readonly<{
  deps: GrantDeps;
  pair: TokenKeyPair;
  family: FamilyRow;
  subject: string;
  scopes: readonly Permission[];
  now: Date;
}>;
export type Handed = Readonly<{ answer: TokenAnswer; details: NonNullable<Fact["details"]> }>;

/**
 * Signs an access token, and keeps the refresh token's hash when the family is renewable; both end with the family.
 * Within the transaction: what is not stored was not handed out.
 */
export async function handOut(tx: WriteTransaction, handing: Handing): Promise<Handed> {
  const { deps, pair, family, subject, scopes, now } = handing;
  const left = Math.floor((family.expires_at.getTime() - now.getTime()) / 1_000);
  const lifeSeconds = Math.max(1, Math.min(deps.lifeSeconds, left));
  const jti = newJti();
  const claims = { subject, client: family.key_id, scopes, family: family.id, jti };
  const answer: TokenAnswer = {
    access_token: await signAccessToken(pair, { place: deps.place, claims, now, lifeSeconds }),
    token_type: "Bearer",
    expires_in: lifeSeconds,
    scope: [...scopes, ...(family.renewable ? [OFFLINE_ACCESS] : [])].join(" "),
  };
  const details = { scopes, kid: pair.kid, jti, lifeSeconds };
  if (!family.renewable) return { answer, details };
  const { token, hash } = newRefreshToken();
  const idleEnd = new Date(Math.min(now.getTime() + REFRESH_IDLE_MS, family.expires_at.getTime()));
  const row = { token_hash: hash, family_id: family.id, created_at: now, expires_at: idleEnd, used_at: null };
  await insertRefreshToken(tx, row);
  return { answer: { ...answer, refresh_token: token }, details };
}

type NewFamily = Readonly<{
  wish: Wish;
  keyEnd: Date;
  scopes: readonly Permission[];
  renewable: boolean;
  now: Date;
  lifeSeconds: number;
}>;

function familyOf({ wish, keyEnd, scopes, renewable, now, lifeSeconds }: NewFamily): FamilyRow {
  const endMs = now.getTime() + (renewable ? FAMILY_LIFE_MS : lifeSeconds * 1_000);
  return {
    id: newId("tokenFamily", now),
    key_id: wish.client.keyId,
    scopes,
    behind: wish.client.behind,
    renewable,
    refreshes: 0,
    created_at: now,
    refreshed_at: null,
    expires_at: new Date(Math.min(endMs, keyEnd.getTime())),
    ended_at: null,
    ended_why: null,
  };
}

type Issued = Handed & Readonly<{ family: FamilyRow; surplus: readonly TokenFamilyId[] }>;

function issuedFacts({ family, details, surplus }: Issued, wish: Wish): readonly Fact[] {
  const by = { actor: wish.client.actor, requestId: wish.requestId };
  const issued = familyFact("token.issued", family, by);
  const ended = surplus.map((id): Fact => {
    const fact = familyFact("token.revoked", { id, key_id: family.key_id }, by);
    const reason = `the client began more than ${FAMILIES_MAX}`;
    return { ...fact, before: "active", after: "ended", details: { ...fact.details, reason } };
  });
  return [{ ...issued, after: "active", details: { ...issued.details, ...details } }, ...ended];
}

/** Of more renewable families than there may be, the oldest end. */
async function endSurplus(tx: WriteTransaction, { key_id }: FamilyRow, now: Date): Promise<readonly TokenFamilyId[]> {
  const surplus = await surplusFamilies(tx, key_id, { kept: FAMILIES_MAX, now });
  for (const family of surplus) await endFamilies(tx, { family }, { now, why: "the client began too many" });
  return surplus;
}

/** Grant `client_credentials`. Refusals `SCOPE_INVALID`, `CLIENT_INVALID` when the key ended meanwhile. */
export async function issue(deps: GrantDeps, wish: Wish): Promise<Result<TokenAnswer>> {
  const { client } = wish;
  const scopes = chooseScopes(wish.scope, client.permissions);
  if (!scopes.ok) return scopes;
  const pair = await deps.ring.signer();
  const done = await deps.database.audited(
    (issued: Result<Issued>) => (issued.ok ? issuedFacts(issued.value, wish) : []),
    async (tx): Promise<Result<Issued>> => {
      const now = deps.clock.now();
      // The key's row is locked by whoever ends it too: they find this family, or this finds the key ended.
      const key = (await lockUsableKey(tx, client.keyId)) ? await findKey(tx, client.keyId) : undefined;
      if (key === undefined || key.key.expires_at <= now) return refuse("CLIENT_INVALID", "the key has just ended");
      await forgetFamilies(tx, new Date(now.getTime() - FAMILY_KEPT_MS));
      const { permissions, offline } = scopes.value;
      const { lifeSeconds } = deps;
      const given = { wish, keyEnd: key.key.expires_at, scopes: permissions, renewable: offline, now, lifeSeconds };
      const family = familyOf(given);
      await insertFamily(tx, family);
      const handing = { deps, pair, family, subject: client.actor.id, scopes: permissions, now };
      const handed = await handOut(tx, handing);
      return ok({ ...handed, family, surplus: offline ? await endSurplus(tx, family, now) : [] });
    },
  );
  return done.ok ? ok(done.value.answer) : done;
}
