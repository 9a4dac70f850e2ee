import type { PublicJwks, Result, SubjectId, TokenAnswer, TokenFamily, TokenKey } from "@tyr/contract";
import type { Clock } from "#platform/clock";
import type { Database } from "#platform/database";
import type { KeyChecks } from "../keys/key-check.ts";
import type { Vault } from "../second-factor.ts";
import { authenticateClient, type Asked, type Client } from "./client.ts";
import { familyList, revokeFamily, revokeToken, type Revoker } from "./families.ts";
import { issue, type GrantDeps } from "./issue.ts";
import type { KeyKind } from "./key-pair.ts";
import { openKeyRing, type KeyOrder } from "./key-ring.ts";
import { refresh } from "./refresh.ts";
import { createTokenCheck, type TokenCheck } from "./token-check.ts";

export { holdsAccessToken, looksLikeToken } from "./access-token.ts";
export type { TokenCheck } from "./token-check.ts";
export { JWKS_KEPT_SECONDS } from "./token-rules.ts";

export type TokenSettings = KeyKind & Readonly<{ lifeMinutes: number }>;
export type TokensDeps = Readonly<{
  database: Database;
  clock: Clock;
  vault: Vault;
  keys: KeyChecks;
  /** Where Tyr is reached: the issuer. Servers on one database have the same. */
  publicUrl: string;
  settings: TokenSettings;
}>;

type Granting = Asked & Readonly<{ client: Client; scope: string | undefined }>;

/** Access tokens for API clients (RFC 6749, 9068), and the families they come from. Refusals are named at the functions. */
export type Tokens = Readonly<{
  issuer: string;
  check: TokenCheck;
  /** Also `CLIENT_INVALID`. */
  issue(asked: Granting): Promise<Result<TokenAnswer>>;
  /** Also `CLIENT_INVALID`. */
  refresh(token: string, asked: Granting): Promise<Result<TokenAnswer>>;
  /** Also `CLIENT_INVALID`. */
  revokeToken(token: string, asked: Asked & Readonly<{ client: Client }>): Promise<Result<undefined>>;
  list(of: SubjectId | "everybody"): Promise<readonly TokenFamily[]>;
  revoke(id: string, by: Revoker): Promise<Result<TokenFamily>>;
  publishedKeys(): Promise<PublicJwks>;
  listKeys(): Promise<readonly TokenKey[]>;
  rotateKey(order: KeyOrder): Promise<Result<TokenKey>>;
}>;

/** Makes the first signing key at the first start. Call once per process, after the database is open. */
export async function createTokens({ database, clock, vault, keys, publicUrl, settings }: TokensDeps): Promise<Tokens> {
  const ring = await openKeyRing({ database, clock, vault, kind: settings });
  const place = { issuer: publicUrl, audience: `${publicUrl}/api` };
  const deps: GrantDeps = { database, clock, ring, place, lifeSeconds: settings.lifeMinutes * 60 };
  const asClient = async <T>(
    { client, ...asked }: Asked & Readonly<{ client: Client }>,
    work: (found: Awaited<ReturnType<KeyChecks["check"]>> & { ok: true }) => Promise<Result<T>>,
  ): Promise<Result<T>> => {
    const found = await authenticateClient(keys, client, asked);
    return found.ok ? await work(found) : found;
  };
  return {
    issuer: publicUrl,
    check: createTokenCheck(deps, keys),
    issue: async ({ scope, ...asked }) =>
      await asClient(
        asked,
        async ({ value: client }) => await issue(deps, { client, scope, requestId: asked.requestId }),
      ),
    refresh: async (token, { scope, ...asked }) =>
      await asClient(
        asked,
        async ({ value: client }) => await refresh(deps, token, { client, scope, requestId: asked.requestId }),
      ),
    revokeToken: async (token, asked) =>
      await asClient(
        asked,
        async ({ value: client }) => await revokeToken(deps, { client, token, requestId: asked.requestId }),
      ),
    list: async (of) => await familyList(deps, of),
    revoke: async (id, by) => await revokeFamily(deps, id, by),
    publishedKeys: async () => await ring.published(),
    listKeys: async () => await ring.list(),
    rotateKey: async (order) => await ring.rotate(order),
  };
}
