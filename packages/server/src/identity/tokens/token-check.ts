import { ok, refuse, type Refused, type Result } from "@tyr/contract";
import type { Caller } from "../caller.ts";
import type { KeyChecks } from "../keys/key-check.ts";
import { readAccessToken } from "./access-token.ts";
import type { Asked } from "./client.ts";
import type { GrantDeps } from "./issue.ts";
import { findFamily } from "./store.ts";

/**
 * Finds the principal of an access token. Refusal `TOKEN_INVALID`, the same for forged, over, ended, and of a key that
 * does not count any more.
 */
export type TokenCheck = (token: string, asked: Asked) => Promise<Result<Caller>>;

const INVALID: Refused = refuse("TOKEN_INVALID", "the access token is not ours, over, ended, or not for this address");

/**
 * A signature says who was meant when it was made. What counts now is read at every request: the family, the key behind
 * it with its networks, and what its owner holds. The token only narrows that.
 */
export function createTokenCheck(
  { database, clock, ring, place }: Pick<GrantDeps, "database" | "clock" | "ring" | "place">,
  keys: Pick<KeyChecks, "checkId">,
): TokenCheck {
  return async (token, asked) => {
    const now = clock.now();
    const claims = await readAccessToken(ring, token, { place, now });
    const family = claims === undefined ? undefined : await findFamily(database.read, claims.family);
    if (claims === undefined || family === undefined || family.ended_at !== null) return INVALID;
    if (family.key_id !== claims.client) return INVALID;
    const found = await keys.checkId(family.key_id, asked);
    if (!found.ok || found.value.actor.id !== claims.subject) return INVALID;
    const { permissions } = found.value;
    const behind = [...new Set([...found.value.behind, ...family.behind])];
    return ok({
      ...found.value,
      behind,
      permissions: new Set(claims.scopes.filter((scope) => permissions.has(scope))),
    });
  };
}
