import { ok, refuse, type Actor, type AllowEntry, type Id, type Result } from "@tyr/contract";
import { newId } from "#platform/ids";
import type { ReadDatabase, WriteTransaction } from "#platform/database";
import { contains, knownPrefix, overlaps, parsePrefix, type Prefix } from "./address.ts";
import { endAllow, insertAllow, listAllow, type AllowRow } from "./store.ts";

export type AllowRequest = Readonly<{ prefix: Prefix; reason: string; by: Actor; now: Date; expiresAt: Date | null }>;

/** Shortest prefix lengths of one entry (ADR 0020). Where nobody's attacks come from, a whole private block is one. */
const SHORTEST = { 4: 16, 6: 32 } as const;
const SHORTEST_PRIVATE = 8;
const MAPPED = knownPrefix("::ffff:0:0/96");
const PRIVATE = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"].map(knownPrefix);

/** Reads what shall be allowed. Refusal `TARGET_INVALID`, also when it is so wide that it would switch blocking off. */
export function parseAllowed(text: string): Result<Prefix> {
  const parsed = parsePrefix(text);
  if (!parsed.ok) return parsed;
  const prefix = parsed.value;
  const ours = PRIVATE.some((range) => contains(range, prefix));
  const shortest = ours ? SHORTEST_PRIVATE : SHORTEST[prefix.version];
  // An IPv6 prefix around the mapped space covers all of IPv4, however long it is.
  const wide = prefix.version === 6 && overlaps(prefix, MAPPED);
  if (prefix.length >= shortest && !wide) return parsed;
  const detail = `${prefix.text} is too wide to be never blocked: at most a /${shortest} is one entry of the allow-list`;
  return refuse("TARGET_INVALID", detail, { shortest });
}

const toView = (row: AllowRow): AllowEntry => ({
  id: row.id,
  value: row.value,
  reason: row.reason,
  by: row.actor,
  createdAt: row.created_at.toISOString(),
  expiresAt: row.expires_at?.toISOString() ?? null,
});

/** Entries in force, newest first. */
export async function listAllowed(db: ReadDatabase, now: Date): Promise<readonly AllowEntry[]> {
  return (await listAllow(db, now)).map(toView);
}

/**
 * Adds an entry. Lifting what it covers is the business of whoever holds blocks, in the same transaction. Refusals
 * `VALIDATION_FAILED` (over before it begins) and `ALLOWED_ALREADY`.
 */
export async function addAllowed(tx: WriteTransaction, request: AllowRequest): Promise<Result<AllowEntry>> {
  const { prefix, reason, by, now, expiresAt } = request;
  if (expiresAt !== null && expiresAt <= now)
    return refuse("VALIDATION_FAILED", `expiresAt ${expiresAt.toISOString()} is over: an entry ends in the future`);
  const same = (await listAllow(tx, now)).find(({ value }) => value === prefix.text);
  if (same !== undefined)
    return refuse("ALLOWED_ALREADY", `${prefix.text} is on the allow-list already`, { id: same.id });
  const row = await insertAllow(tx, {
    id: newId("allow", now),
    value: prefix.text,
    network: prefix.text,
    reason,
    actor: JSON.stringify(by),
    created_at: now,
    expires_at: expiresAt,
    removed_at: null,
  });
  return ok(toView(row));
}

/** Ends an entry; undefined when there is none in force with this id. It stays in the table: it was once the reason. */
export async function removeAllowed(tx: WriteTransaction, id: Id<"allow">, now: Date): Promise<AllowEntry | undefined> {
  const row = await endAllow(tx, id, now);
  return row === undefined ? undefined : toView(row);
}

/** The allow-list in force, as prefixes to compare with. */
export async function allowedPrefixes(db: ReadDatabase, now: Date): Promise<readonly Prefix[]> {
  return (await listAllow(db, now)).map(({ value }) => knownPrefix(value));
}
