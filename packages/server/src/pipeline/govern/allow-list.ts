import type { Actor, AllowEntry, Id } from "@tyr/contract";
import { newId } from "#platform/ids";
import type { ReadDatabase, WriteTransaction } from "#platform/database";
import { knownPrefix, type Prefix } from "./address.ts";
import { endAllow, insertAllow, listAllow, type AllowRow } from "./store.ts";

export type AllowRequest = Readonly<{ prefix: Prefix; reason: string; by: Actor; now: Date; expiresAt: Date | null }>;

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

/** Adds an entry. Lifting what it covers is the business of whoever holds blocks, in the same transaction. */
export async function addAllowed(tx: WriteTransaction, request: AllowRequest): Promise<AllowEntry> {
  const { prefix, reason, by, now, expiresAt } = request;
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
  return toView(row);
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
