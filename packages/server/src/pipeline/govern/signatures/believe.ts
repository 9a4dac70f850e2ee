import type { FactValue } from "#platform/database";
import { isStatementSigned } from "./approval-key.ts";
import type { Evidence } from "./evidence.ts";
import { challengeOf } from "./statement.ts";

/** What a row keeps of something somebody signed. */
export type Kept = Readonly<{
  statement: string | null;
  statement_digest: string | null;
  signature: Evidence | null;
  key_id: string | null;
}>;

/** What must hold for it: who signed when, and what the text says. `fields`: by their names in the text. */
export type Meant = Readonly<{ signer: string; at: Date; fields: Readonly<Record<string, FactValue>> }>;

/** A key as its owner has it now: a passkey, or a personal key. `endedAt`: removed, revoked or suspected since. */
export type KnownKey = Readonly<{
  publicKey: Uint8Array;
  createdAt: Date;
  expiresAt: Date | null;
  endedAt: Date | null;
}>;

/** What this asks of whoever holds the keys. */
export type Keys = Readonly<{
  /** A key of this person, those that ended too. */
  find(kind: Evidence["kind"], id: string): Promise<KnownKey | undefined>;
  isSignedByPasskey(evidence: Evidence, challenge: Uint8Array): Promise<boolean>;
}>;

function fieldsOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const said: unknown = JSON.parse(text);
    return typeof said === "object" && said !== null ? { ...said } : {};
  } catch {
    return {};
  }
}

const isSame = (said: unknown, meant: FactValue): boolean =>
  typeof meant === "object" ? JSON.stringify(said) === JSON.stringify(meant) : said === meant;

function textFault(text: string, { signer, at, fields }: Meant): string | undefined {
  const said = fieldsOf(text);
  const meant: Readonly<Record<string, FactValue>> = { ...fields, signer };
  for (const [name, value] of Object.entries(meant))
    if (!isSame(said[name] ?? null, value)) return `its statement is about another ${name}`;
  const until = typeof said["expires_at"] === "string" ? Date.parse(said["expires_at"]) : Number.NaN;
  return at.getTime() < until ? undefined : "its statement was over when it was given";
}

function keyFault(key: KnownKey | undefined, { publicKey }: Evidence, at: Date): string | undefined {
  if (key === undefined) return "its key is not, or no more, one of whoever gave it";
  if (Buffer.from(key.publicKey).toString("base64url") !== publicKey) return "its key is another than the known one";
  if (key.createdAt > at || (key.expiresAt !== null && key.expiresAt <= at)) return "its key was not in force then";
  // It may have been in other hands before somebody noticed.
  return key.endedAt === null ? undefined : "its key was ended";
}

async function isSigned(text: string, evidence: Evidence, keys: Keys): Promise<boolean> {
  if (evidence.kind === "passkey") return await keys.isSignedByPasskey(evidence, challengeOf(text));
  return await isStatementSigned(
    { public_key: Buffer.from(evidence.publicKey, "base64url") },
    text,
    evidence.signature,
  );
}

/**
 * Why what a row says somebody signed is not believed, looked at again from what is stored: whoever can write rows makes no
 * decision of anybody's. undefined: it holds.
 */
export async function faultOf(kept: Kept, meant: Meant, keys: Keys): Promise<string | undefined> {
  const { statement: text, statement_digest: digest, signature: evidence, key_id: keyId } = kept;
  if (text === null || evidence === null) return "nobody signed it";
  if (challengeOf(text).toString("hex") !== digest) return "its statement is not the one that was signed";
  if (evidence.keyId !== keyId) return "its signature names another key";
  const { at } = meant;
  const fault = textFault(text, meant) ?? keyFault(await keys.find(evidence.kind, evidence.keyId), evidence, at);
  if (fault !== undefined) return fault;
  return (await isSigned(text, evidence, keys)) ? undefined : "its signature is not that of its key";
}
