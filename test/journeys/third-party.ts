import { createHash, createPublicKey, verify, type KeyObject } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/**
 * What somebody writes who has an export of the log, public keys and the standards, and nothing of ours: entry bundles of
 * C2SP tlog-tiles, WebAuthn Level 3 (section 7.2), COSE keys (RFC 9053, section 7).
 */
export type Entry = Readonly<{
  type: string;
  object: { id: string } | null;
  details: Readonly<Record<string, unknown>>;
}>;

function filesUnder(directory: string): readonly string[] {
  return readdirSync(directory).flatMap((name) => {
    const path = join(directory, name);
    return statSync(path).isDirectory() ? filesUnder(path) : [path];
  });
}

/** Each entry with two bytes before it that say how long it is. */
function entriesOf(bundle: Buffer): readonly Entry[] {
  const entries: Entry[] = [];
  for (let at = 0; at + 2 <= bundle.length;) {
    const end = at + 2 + bundle.readUInt16BE(at);
    entries.push(JSON.parse(bundle.subarray(at + 2, end).toString("utf8")) as Entry);
    at = end;
  }
  return entries;
}

/** Every entry of an exported log. */
export function readExported(directory: string): readonly Entry[] {
  return filesUnder(join(directory, "tile/entries")).flatMap((file) => entriesOf(readFileSync(file)));
}

/** A key of ES256, whose x and y are byte strings of 32 under the labels -2 and -3, or of EdDSA, which has no y. */
function keyOf(cose: Buffer): KeyObject {
  const coordinate = (label: number): string | undefined => {
    const at = cose.indexOf(Buffer.from([label, 0x58, 0x20]));
    return at < 0 ? undefined : cose.subarray(at + 3, at + 35).toString("base64url");
  };
  const [x, y] = [coordinate(0x21), coordinate(0x22)];
  if (x === undefined) throw new Error("the key is neither of ES256 nor of EdDSA");
  const key = y === undefined ? { kty: "OKP", crv: "Ed25519", x } : { kty: "EC", crv: "P-256", x, y };
  return createPublicKey({ format: "jwk", key });
}

const sha256 = (bytes: Buffer | string): Buffer => createHash("sha256").update(bytes).digest();
const USER_PRESENT_AND_VERIFIED = 0b101;

type Claim = Readonly<{ details: Entry["details"]; rpId: string }>;

/** Whether this passkey signed this statement, with its holder verified; undefined: yes, else what is wrong. */
export function wrongWith({ details, rpId }: Claim): string | undefined {
  const bytes = (name: string): Buffer => Buffer.from(String(details[name]), "base64url");
  const [authenticatorData, clientData] = [bytes("authenticator_data"), bytes("client_data")];
  const client = JSON.parse(clientData.toString("utf8")) as Readonly<Record<string, unknown>>;
  if (client["type"] !== "webauthn.get") return "it is no assertion";
  if (client["challenge"] !== sha256(String(details["statement"])).toString("base64url"))
    return "another text was signed";
  if (!authenticatorData.subarray(0, 32).equals(sha256(rpId))) return "it was signed for another site";
  const flags = authenticatorData[32] ?? 0;
  if ((flags & USER_PRESENT_AND_VERIFIED) !== USER_PRESENT_AND_VERIFIED) return "nobody was verified";
  const signed = Buffer.concat([authenticatorData, sha256(clientData)]);
  const key = keyOf(bytes("public_key"));
  // EdDSA hashes by itself.
  const hash = key.asymmetricKeyType === "ed25519" ? null : "sha256";
  return verify(hash, signed, key, bytes("signature")) ? undefined : "the signature is wrong";
}
