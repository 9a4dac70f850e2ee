import { ok, refuse, type KeyId, type Refused, type Result, type SubjectId } from "@tyr/contract";
import type { Clock } from "#platform/clock";
import type { Database, Fact } from "#platform/database";
import { anonymous, type Caller } from "../caller.ts";
import { LAST_SEEN_EVERY_MS } from "../session-rules.ts";
import { heldPermissions } from "../roles/held-permissions.ts";
import { publicIdOf, secretMatches } from "./key-format.ts";
import { actorOf, permissionsOfKey, whyUnusable, type PresentedKey, type Unusable } from "./key-state.ts";
import { placeOf } from "./networks.ts";
import { findKey, findSecret, listSecrets, touchKey, type KeyRow } from "./store.ts";

/** What is remembered of a key between requests, so that using it costs one read and rarely a write. */
type Seen = { touchedMs: number; refusedMs: number; places: Set<string> };

/** Beyond, the key unused for longest is forgotten: its next use is written once more. */
const SEEN_MAX = 2_000;
/** A key used from more places than this moves about by nature; further ones are not news. */
const PLACES_MAX = 20;

type Request = Readonly<{ address: string; requestId: string }>;
/**
 * Finds the principal of a presented API key. Refusal `KEY_INVALID`, the same for unknown, wrong, expired, revoked and
 * from elsewhere: the owner reads the reason in the log, whoever found the key learns nothing.
 */
export type ApiKeyCheck = (presented: string, request: Request) => Promise<Result<Caller>>;
/** A caller who came with an API key, or with what was got for one. */
export type KeyCaller = Caller & Readonly<{ keyId: KeyId; behind: readonly SubjectId[] }>;
export type KeyChecks = Readonly<{
  check(presented: string, request: Request): Promise<Result<KeyCaller>>;
  /** As `check`, for whoever has proved otherwise that they act under the key: for its tokens. `behind` is the owner, and whoever was shown a secret of it. */
  checkId(id: string, request: Request): Promise<Result<KeyCaller>>;
}>;

const INVALID: Refused = refuse("KEY_INVALID", "the key is unknown, expired or revoked, or not for this address");

function refusedFact({ id, name }: KeyRow, reason: Unusable, { address, requestId }: Request): Fact {
  return {
    type: "key.refused",
    actor: anonymous.actor,
    object: { kind: "key", id },
    outcome: "refused",
    requestId,
    details: { reason, name, from: placeOf(address) },
  };
}

function elsewhereFact(found: PresentedKey, place: string, requestId: string): Fact {
  const { id, name, last_used_from } = found.key;
  return {
    type: "key.used_elsewhere",
    actor: actorOf(found),
    object: { kind: "key", id },
    requestId,
    before: last_used_from,
    after: place,
    details: { name },
  };
}

/** The check reads the database at every request: what was revoked is refused from the next request on. */
export function createKeyCheck({ database, clock }: Readonly<{ database: Database; clock: Clock }>): KeyChecks {
  const seen = new Map<KeyId, Seen>();

  const recall = (id: KeyId): Seen => {
    const known = seen.get(id) ?? { touchedMs: 0, refusedMs: 0, places: new Set<string>() };
    seen.delete(id);
    seen.set(id, known);
    const [oldest] = seen.keys();
    if (seen.size > SEEN_MAX && oldest !== undefined) seen.delete(oldest);
    return known;
  };

  /** One entry a minute for each key: whoever tries on cannot flood the log. */
  const noteRefusal = async (key: KeyRow, reason: Unusable, request: Request): Promise<void> => {
    const known = recall(key.id);
    const nowMs = clock.now().getTime();
    if (nowMs - known.refusedMs < LAST_SEEN_EVERY_MS) return;
    known.refusedMs = nowMs;
    await database.audited(refusedFact(key, reason, request), async () => undefined);
  };

  const noteUse = async (found: PresentedKey, { address, requestId }: Request): Promise<void> => {
    const { id, last_used_at, last_used_from } = found.key;
    const known = recall(id);
    const now = clock.now();
    const from = placeOf(address);
    const isNews =
      last_used_from !== null && last_used_from !== from && !known.places.has(from) && known.places.size < PLACES_MAX;
    const touchedMs = Math.max(known.touchedMs, last_used_at?.getTime() ?? 0);
    if (!isNews && now.getTime() - touchedMs < LAST_SEEN_EVERY_MS) return;
    known.touchedMs = now.getTime();
    known.places.add(from);
    const use = { id, at: now, from };
    if (isNews) await database.audited(elsewhereFact(found, from, requestId), async (tx) => await touchKey(tx, use));
    else await database.bookkeep("last-seen", async (tx) => await touchKey(tx, use));
  };

  const admit = async (found: PresentedKey, request: Request): Promise<Result<KeyCaller>> => {
    const reason = whyUnusable(found, { address: request.address, now: clock.now() });
    if (reason !== undefined) {
      await noteRefusal(found.key, reason, request);
      return INVALID;
    }
    await noteUse(found, request);
    const held = found.service === undefined ? (found.person.roles as Caller["roles"]) : [];
    const permissions = permissionsOfKey(found, await heldPermissions(database.read, held));
    // A token was fetched with one of the key's secrets, and does not say with which.
    const secrets = found.secret === undefined ? await listSecrets(database.read, [found.key.id]) : [found.secret];
    const behind = [...new Set([found.person.id, ...secrets.flatMap(({ made_by }) => made_by)])];
    // No roles: what asks for a role asks for a person, and a key is held to its scopes alone.
    return ok({ actor: actorOf(found), permissions, roles: [], keyId: found.key.id, behind });
  };

  return {
    async check(presented, request) {
      const publicId = publicIdOf(presented);
      const found = publicId === undefined ? undefined : await findSecret(database.read, publicId);
      if (found === undefined || !secretMatches(presented, found.secret.secret_hash)) return INVALID;
      return await admit(found, request);
    },
    async checkId(id, request) {
      const found = await findKey(database.read, id);
      return found === undefined ? INVALID : await admit(found, request);
    },
  };
}
