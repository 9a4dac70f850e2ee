import { createHash } from "node:crypto";
import { APPROVAL_DOMAIN, APPROVAL_KEY_DOMAIN, type ApprovalKey, type ApprovalKeyAdd } from "@tyr/contract";
import { verifyEd25519 } from "#audit";
import type { ApprovalKeyRow } from "./store.ts";

/** RFC 8410: the DER before the 32 bytes of an Ed25519 public key. */
const SPKI_PREFIX = Buffer.from("302a300506032b6570032100", "hex");
const utf8 = (text: string): Uint8Array => Buffer.from(text, "utf8");
const bytesOf = (base64url: string): Uint8Array => Buffer.from(base64url, "base64url");

/** The 32 bytes of the key; undefined for anything but the one spelling of an Ed25519 key. */
function rawOf(spki: Uint8Array): Uint8Array | undefined {
  const isEd25519 = spki.length === 44 && SPKI_PREFIX.equals(spki.subarray(0, SPKI_PREFIX.length));
  return isEd25519 ? spki.subarray(SPKI_PREFIX.length) : undefined;
}

async function verify(spki: Uint8Array, message: string, signature: string): Promise<boolean> {
  const raw = rawOf(spki);
  return raw !== undefined && (await verifyEd25519(raw, utf8(message), bytesOf(signature)));
}

/** True when the statement was signed with this key. Keys of low order, under which anything would be, never count. */
export async function isStatementSigned(
  key: Pick<ApprovalKeyRow, "public_key">,
  text: string,
  signature: string,
): Promise<boolean> {
  return await verify(key.public_key, `${APPROVAL_DOMAIN}${text}`, signature);
}

/** True when whoever adds a key holds its private half: nobody registers somebody else's. */
export async function holdsNewKey(
  { publicKey, proof }: Pick<ApprovalKeyAdd, "publicKey" | "proof">,
  subjectId: string,
): Promise<boolean> {
  const spki = bytesOf(publicKey);
  // Only the one spelling in base64url, so that what was signed names exactly these bytes.
  if (Buffer.from(spki).toString("base64url") !== publicKey) return false;
  return await verify(spki, `${APPROVAL_KEY_DOMAIN}${subjectId}\n${publicKey}`, proof);
}

export type KeyState = ApprovalKey["state"];

export function stateOfKey({ revoked_at, expires_at }: ApprovalKeyRow, now: Date): KeyState {
  if (revoked_at !== null) return "revoked";
  return expires_at <= now ? "expired" : "active";
}

export function viewOfKey(row: ApprovalKeyRow, now: Date): ApprovalKey {
  return {
    id: row.id,
    name: row.name,
    publicKey: Buffer.from(row.public_key).toString("base64url"),
    fingerprint: createHash("sha256").update(row.public_key).digest("hex"),
    state: stateOfKey(row, now),
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
    revokedAt: row.revoked_at?.toISOString() ?? null,
  };
}
