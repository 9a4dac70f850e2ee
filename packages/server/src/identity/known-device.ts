import { createHash } from "node:crypto";
import type { SubjectId } from "@tyr/contract";
import type { ReadDatabase, WriteTransaction } from "#platform/database";
import { hashToken } from "./session-rules.ts";
import { nameKey } from "./store.ts";

const DEVICE_LIFE_MS = 180 * 24 * 3_600_000;
/** Of one person; a new one takes the place of the oldest. */
const DEVICES_MAX = 20;

declare module "#platform/tables" {
  interface Tables {
    known_device: { device_hash: Uint8Array; subject_id: SubjectId; expires_at: Date };
  }
}

function sharedCounter(key: string): Uint8Array {
  return createHash("sha256").update(key).digest();
}

/** A name has no NUL, so no name hashes to this. */
function deviceCounter(key: string, deviceHash: Uint8Array): Uint8Array {
  return createHash("sha256").update(`${key}\u0000`).update(deviceHash).digest();
}

/**
 * Where a guess of somebody signed in is counted: in that session alone. What strangers guess at the name elsewhere must keep
 * nobody from proving who they are, and proving it must give the strangers no new guesses.
 */
export function sessionCounter(sessionId: string): Uint8Array {
  return createHash("sha256").update(`\u0000session ${sessionId}`).digest();
}

type Guess = Readonly<{ name: string; device: string | undefined; now: Date }>;
export type Counter = Readonly<{ name_hash: Uint8Array; isKnownDevice: boolean }>;

/**
 * Where a guess is counted. All guesses at a name share one counter, whether the name exists or not; a browser its owner
 * signed in with before has one of its own, for that name alone (OWASP: device cookies).
 */
export async function counterOf(db: ReadDatabase, { name, device, now }: Guess): Promise<Counter> {
  const key = nameKey(name);
  const shared = { name_hash: sharedCounter(key), isKnownDevice: false };
  if (device === undefined) return shared;
  const device_hash = hashToken(device);
  const known = await db
    .selectFrom("known_device")
    .innerJoin("subject", "subject.id", "known_device.subject_id")
    .select("subject.id")
    .where("device_hash", "=", device_hash)
    .where("known_device.expires_at", ">", now)
    .where("subject.name_key", "=", key)
    .executeTakeFirst();
  if (known === undefined) return shared;
  return { name_hash: deviceCounter(key, device_hash), isKnownDevice: true };
}

/** Every place where guesses at an account of ours are counted. */
export async function countersOf(
  db: ReadDatabase,
  { id, name }: Readonly<{ id: SubjectId; name: string }>,
): Promise<readonly Uint8Array[]> {
  const key = nameKey(name);
  const devices = await db.selectFrom("known_device").select("device_hash").where("subject_id", "=", id).execute();
  return [sharedCounter(key), ...devices.map(({ device_hash }) => deviceCounter(key, device_hash))];
}

export type Device = Readonly<{ device: string; subjectId: SubjectId; now: Date }>;

/** Keeps a browser as one that somebody signed in with, and forgets the oldest beyond the limit. */
export async function keepDevice(tx: WriteTransaction, { device, subjectId, now }: Device): Promise<void> {
  const expires_at = new Date(now.getTime() + DEVICE_LIFE_MS);
  await tx
    .insertInto("known_device")
    .values({ device_hash: hashToken(device), subject_id: subjectId, expires_at })
    .execute();
  const kept = tx
    .selectFrom("known_device")
    .select("device_hash")
    .where("subject_id", "=", subjectId)
    .orderBy("expires_at", "desc")
    .limit(DEVICES_MAX);
  await tx
    .deleteFrom("known_device")
    .where("subject_id", "=", subjectId)
    .where((is) => is.or([is("expires_at", "<=", now), is("device_hash", "not in", kept)]))
    .execute();
}

/** After a reset no browser is known any more: one of them may be in other hands. */
export async function forgetDevices(tx: WriteTransaction, subjectId: SubjectId): Promise<void> {
  await tx.deleteFrom("known_device").where("subject_id", "=", subjectId).execute();
}
