import { KEY_SCOPES, type Actor, type ApiKey, type Permission } from "@tyr/contract";
import { personOf } from "../view.ts";
import { hintOf } from "./key-format.ts";
import { isWithin } from "./networks.ts";
import type { SecretRow, StoredKey } from "./store.ts";

export type Unusable = "revoked" | "expired" | "rotated" | "owner disabled" | "foreign network";

/** A key, with the secret that was shown when one was. */
export type PresentedKey = StoredKey & Readonly<{ secret?: SecretRow }>;
type Moment = Readonly<{ address: string; now: Date }>;

/** Why a key that was rightly shown does not count, the lasting reasons first; undefined when it counts. */
export function whyUnusable(found: PresentedKey, { address, now }: Moment): Unusable | undefined {
  const { key, secret, person, service } = found;
  if (key.revoked_at !== null) return "revoked";
  if (key.expires_at <= now) return "expired";
  if (secret?.ends_at && secret.ends_at <= now) return "rotated";
  if (!person.active || service?.active === false) return "owner disabled";
  return isWithin(address, key.networks) ? undefined : "foreign network";
}

/** The principal a key acts as: in the log it is the person, or the service account, never "a key". */
export function actorOf({ person, service }: Pick<StoredKey, "person" | "service">): Actor {
  return service === undefined ? personOf(person) : { kind: "automation", id: service.id, name: service.name };
}

/**
 * What a key may do now: its scopes, of a person only while their roles hold them, and never what no key may do,
 * whatever an older version stored.
 *
 * @param held what the person behind the key holds now
 */
export function permissionsOfKey({ key, service }: StoredKey, held: ReadonlySet<Permission>): ReadonlySet<Permission> {
  return new Set(
    key.scopes.filter((scope) => KEY_SCOPES.includes(scope) && (service !== undefined || held.has(scope))),
  );
}

function stateOf({ revoked_at, expires_at }: StoredKey["key"], now: Date): ApiKey["state"] {
  if (revoked_at !== null) return "revoked";
  return expires_at <= now ? "expired" : "active";
}

const iso = (at: Date | null | undefined): string | null => at?.toISOString() ?? null;

/** @param secrets of this key, newest first */
export function keyView(stored: StoredKey, secrets: readonly SecretRow[], now: Date): ApiKey {
  const { key } = stored;
  const overlap = secrets.find((one) => one.ends_at !== null && one.ends_at > now);
  return {
    id: key.id,
    name: key.name,
    owner: actorOf(stored),
    scopes: [...key.scopes],
    networks: [...key.networks],
    hint: hintOf(secrets.find((one) => one.ends_at === null)?.public_id ?? ""),
    state: stateOf(key, now),
    createdAt: key.created_at.toISOString(),
    expiresAt: key.expires_at.toISOString(),
    rotatedAt: iso(key.rotated_at),
    overlapEndsAt: key.revoked_at === null ? iso(overlap?.ends_at) : null,
    revokedAt: iso(key.revoked_at),
    lastUsedAt: iso(key.last_used_at),
    lastUsedFrom: key.last_used_from,
  };
}
