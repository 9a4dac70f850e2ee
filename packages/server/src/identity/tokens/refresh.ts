import { ok, refuse, type Refused, type Result, type TokenAnswer } from "@tyr/contract";
import type { Fact, WriteTransaction } from "#platform/database";
import { familyFact, handOut, type By, type GrantDeps, type Handed, type Wish } from "./issue.ts";
import type { TokenKeyPair } from "./key-pair.ts";
import { refreshTokenHash } from "./refresh-token.ts";
import { chooseScopes } from "./scopes.ts";
import {
  countRefresh,
  endFamilies,
  familyOfToken,
  findRefreshToken,
  lockFamily,
  useRefreshToken,
  type FamilyRow,
  type RefreshRow,
} from "./store.ts";

const INVALID: Refused = refuse("GRANT_INVALID", "the refresh token is unknown, used, over, or not this client's");

/** What a refresh came to: new tokens, a family that was ended because its token was copied, or nothing. */
type Outcome = Readonly<{ answer: Result<TokenAnswer>; facts: readonly Fact[] }>;
const nothing = (answer: Refused): Outcome => ({ answer, facts: [] });

type Misuse = "used before" | "shown by another client";

/** A token is shown by two: nobody can tell which of them stole it, so both lose it (RFC 9700 section 4.14.2). */
async function endReused(
  tx: WriteTransaction,
  { family, by, now }: Readonly<{ family: FamilyRow; by: By; now: Date }>,
  reason: Misuse,
): Promise<Outcome> {
  const ended = await endFamilies(tx, { family: family.id }, { now, why: `a refresh token was ${reason}` });
  if (ended.length === 0) return nothing(INVALID);
  const fact = familyFact("token.reused", family, by);
  const details = { ...fact.details, reason };
  const said = { outcome: "refused", before: "active", after: "ended" } as const;
  return { answer: INVALID, facts: [{ ...fact, ...said, details }] };
}

type Shown = Readonly<{ family: FamilyRow; token: RefreshRow; hash: Uint8Array }>;

/** The family is locked first and the token read after it: of two that come at once the second sees what the first did. */
async function lockShown(tx: WriteTransaction, hash: Uint8Array): Promise<Shown | undefined> {
  const id = await familyOfToken(tx, hash);
  const family = id === undefined ? undefined : await lockFamily(tx, id);
  const token = family === undefined ? undefined : await findRefreshToken(tx, hash);
  return family === undefined || token === undefined ? undefined : { family, token, hash };
}

function isOver({ family, token }: Shown, now: Date): boolean {
  return family.ended_at !== null || family.expires_at <= now || token.expires_at <= now;
}

type Refreshing = Readonly<{ deps: GrantDeps; wish: Wish; pair: TokenKeyPair }>;

function refreshedFact({ family }: Shown, { details }: Handed, by: By): Fact {
  const fact = familyFact("token.refreshed", family, by);
  const states = { before: `refresh ${family.refreshes}`, after: `refresh ${family.refreshes + 1}` };
  return { ...fact, ...states, details: { ...fact.details, ...details } };
}

async function refreshShown(tx: WriteTransaction, shown: Shown, { deps, wish, pair }: Refreshing): Promise<Outcome> {
  const { client, requestId } = wish;
  const { family, token } = shown;
  const now = deps.clock.now();
  const by = { actor: client.actor, requestId };
  if (family.key_id !== client.keyId) return await endReused(tx, { family, by, now }, "shown by another client");
  if (token.used_at !== null) return await endReused(tx, { family, by, now }, "used before");
  if (isOver(shown, now)) return nothing(INVALID);
  // Never wider than at first, nor than the key is now (RFC 6749 section 6).
  const scopes = chooseScopes(wish.scope, new Set(family.scopes.filter((scope) => client.permissions.has(scope))));
  if (!scopes.ok) return nothing(scopes);
  await useRefreshToken(tx, shown.hash, now);
  const behind = [...new Set([...family.behind, ...client.behind])];
  await countRefresh(tx, { id: family.id, behind }, now);
  const { permissions } = scopes.value;
  const handed = await handOut(tx, { deps, pair, family, subject: client.actor.id, scopes: permissions, now });
  return { answer: ok(handed.answer), facts: [refreshedFact(shown, handed, by)] };
}

/**
 * Grant `refresh_token`: the token counts once and another takes its place. Shown again, also at the same time, it ends
 * its family. Refusals `GRANT_INVALID`, `SCOPE_INVALID`; the latter leaves the token good.
 */
export async function refresh(deps: GrantDeps, token: string, wish: Wish): Promise<Result<TokenAnswer>> {
  const hash = refreshTokenHash(token);
  if (hash === undefined) return INVALID;
  const pair = await deps.ring.signer();
  const { answer } = await deps.database.audited(
    ({ facts }: Outcome) => facts,
    async (tx) => {
      const shown = await lockShown(tx, hash);
      return shown === undefined ? nothing(INVALID) : await refreshShown(tx, shown, { deps, wish, pair });
    },
  );
  return answer;
}
