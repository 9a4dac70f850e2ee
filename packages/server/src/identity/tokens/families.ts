import {
  ok,
  refuse,
  type Refused,
  type Result,
  type SubjectId,
  type TokenFamily,
  type TokenFamilyId,
} from "@tyr/contract";
import type { Fact } from "#platform/database";
import type { Caller } from "../caller.ts";
import type { KeyCaller } from "../keys/key-check.ts";
import { actorOf } from "../keys/key-state.ts";
import { findKey, findKeys, type StoredKey } from "../keys/store.ts";
import { readAccessToken } from "./access-token.ts";
import { familyFact, type By, type GrantDeps } from "./issue.ts";
import { refreshTokenHash } from "./refresh-token.ts";
import { endFamilies, familyOfToken, findFamily, listFamilies, type FamilyRow } from "./store.ts";

export type Revoker = Readonly<{ caller: Caller; requestId: string }>;

function stateOf({ ended_at, expires_at }: FamilyRow, now: Date): TokenFamily["state"] {
  if (ended_at !== null) return "ended";
  return expires_at <= now ? "expired" : "active";
}

function viewOf(family: FamilyRow, stored: StoredKey, now: Date): TokenFamily {
  return {
    id: family.id,
    keyId: family.key_id,
    keyName: stored.key.name,
    owner: actorOf(stored),
    scopes: [...family.scopes],
    state: stateOf(family, now),
    renewable: family.renewable,
    refreshes: family.refreshes,
    createdAt: family.created_at.toISOString(),
    refreshedAt: family.refreshed_at?.toISOString() ?? null,
    expiresAt: family.expires_at.toISOString(),
    endedAt: family.ended_at?.toISOString() ?? null,
    endedWhy: family.ended_why,
  };
}

export async function familyList(
  { database, clock }: GrantDeps,
  of: SubjectId | "everybody",
): Promise<readonly TokenFamily[]> {
  const rows = await listFamilies(database.read, of);
  const keys = await findKeys(database.read, [...new Set(rows.map((row) => row.key_id))]);
  const byId = new Map(keys.map((stored) => [stored.key.id, stored]));
  const now = clock.now();
  return rows.flatMap((row) => {
    const stored = byId.get(row.key_id);
    return stored === undefined ? [] : [viewOf(row, stored, now)];
  });
}

const unknown = (id: string): Refused => refuse("NOT_FOUND", `there are no living tokens ${id} that you could end`);

type Ending = Readonly<{ family: FamilyRow; why: string }>;

async function end({ database, clock }: GrantDeps, { family, why }: Ending, by: By): Promise<boolean> {
  const fact = familyFact("token.revoked", family, by);
  const ended = await database.audited(
    (ids: readonly TokenFamilyId[]): readonly Fact[] =>
      ids.map(() => ({ ...fact, before: "active", after: "ended", details: { ...fact.details, reason: why } })),
    async (tx) => await endFamilies(tx, { family: family.id }, { now: clock.now(), why }),
  );
  return ended.length > 0;
}

/** Ends one's own family, or with `key:write` anybody's: its next access token is refused. Refusal `NOT_FOUND`. */
export async function revokeFamily(
  deps: GrantDeps,
  id: string,
  { caller, requestId }: Revoker,
): Promise<Result<TokenFamily>> {
  const { read } = deps.database;
  const family = await findFamily(read, id);
  const stored = family === undefined ? undefined : await findKey(read, family.key_id);
  if (family === undefined || stored === undefined) return unknown(id);
  const mine = stored.key.subject_id === caller.actor.id;
  if (!mine && !caller.permissions.has("key:write")) return unknown(id);
  const by = { actor: caller.actor, requestId };
  const why = mine ? "ended by its owner" : "ended by an administrator";
  if (!(await end(deps, { family, why }, by))) return unknown(id);
  const after = await findFamily(read, id);
  return after === undefined ? unknown(id) : ok(viewOf(after, stored, deps.clock.now()));
}

async function familyOf(
  { database: { read }, ring, place, clock }: GrantDeps,
  token: string,
): Promise<FamilyRow | undefined> {
  const hash = refreshTokenHash(token);
  const id =
    hash === undefined
      ? (await readAccessToken(ring, token, { place, now: clock.now() }))?.family
      : await familyOfToken(read, hash);
  return id === undefined ? undefined : await findFamily(read, id);
}

type Shown = Readonly<{ client: KeyCaller; token: string; requestId: string }>;

/**
 * RFC 7009: ends a refresh or an access token and all that came from the same grant. A token nobody knows, or that is
 * over, is ended as well as can be. Refusal `GRANT_INVALID` for another client's.
 */
export async function revokeToken(deps: GrantDeps, { client, token, requestId }: Shown): Promise<Result<undefined>> {
  const family = await familyOf(deps, token);
  if (family === undefined) return ok(undefined);
  if (family.key_id !== client.keyId) return refuse("GRANT_INVALID", "the token is not this client's");
  await end(deps, { family, why: "ended by its client" }, { actor: client.actor, requestId });
  return ok(undefined);
}
