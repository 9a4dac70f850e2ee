import { createHmac, randomBytes } from "node:crypto";
import { takePositions } from "#platform/bus";
import type { Database } from "#platform/database";
import type { Secrets } from "#platform/secrets";
import type { HashSecret } from "./credential.ts";

/** Where the key is sealed. */
const PLACE = { table: "lift_group", column: "credential-hash", record: "key" } as const;
const KEY_BYTES = 32;
/** Hexadecimal digits of a hash that are kept: 128 bits, so that two secrets of one installation never meet. */
const HASH_CHARS = 32;

/** HMAC-SHA-256 (RFC 2104): passwords are easily guessed, so without the key a hash must tell nothing. */
export function keyedHash(key: Uint8Array): HashSecret {
  return (kind, secret) => createHmac("sha256", key).update(`${kind}\n${secret}`).digest("hex").slice(0, HASH_CHARS);
}

/**
 * With the key of this installation, made when it is first needed. It never leaves the server and is not changed: hashes
 * from before would no longer meet those from after.
 */
export async function openSecretHash({
  database,
  secrets,
}: Readonly<{ database: Database; secrets: Secrets }>): Promise<HashSecret> {
  const known = await secrets.open(database.read, PLACE);
  if (known !== undefined) return keyedHash(known);
  // No entry in the log: nobody asked for it, and nothing anybody sees changes by it.
  const made = await database.bookkeep("counters", async (tx) => {
    // Two processes that start at once: the head of a stream is what they wait for each other at.
    await takePositions(tx, "message", 0);
    const meanwhile = await secrets.open(tx, PLACE);
    if (meanwhile !== undefined) return meanwhile;
    const key = randomBytes(KEY_BYTES);
    await secrets.seal(tx, PLACE, key);
    return key;
  });
  return keyedHash(made);
}
