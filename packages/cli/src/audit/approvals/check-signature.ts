import { createHash, createPublicKey, verify, type JsonWebKey, type KeyObject } from "node:crypto";

/** What an entry of the log keeps of a signed decision. Bytes in base64url. */
export type SignedDetails = Readonly<{
  statement: string;
  signature_kind: string;
  key_id: string;
  public_key: string;
  signature: string;
  authenticator_data?: string;
  client_data?: string;
}>;

const DOMAIN = "tyr-approval-v1\n";
const bytes = (text: string): Buffer => Buffer.from(text, "base64url");
const sha256 = (data: string | Uint8Array): Buffer => createHash("sha256").update(data).digest();

type Cbor = number | Buffer | ReadonlyMap<number, Cbor>;
type Reader = { readonly data: Buffer; at: number };

/** The head of an item (RFC 8949, section 3): its kind and its argument. */
function headOf(reader: Reader): readonly [kind: number, argument: number] {
  const first = reader.data.readUInt8(reader.at++);
  const [kind, info] = [first >> 5, first & 31];
  if (info < 24) return [kind, info];
  if (info === 24) return [kind, reader.data.readUInt8(reader.at++)];
  if (info !== 25) throw new RangeError("longer than any key");
  reader.at += 2;
  return [kind, reader.data.readUInt16BE(reader.at - 2)];
}

/** Just what a COSE_Key needs: integers, bytes and one map of them. @throws {RangeError} for anything else */
function readCbor(reader: Reader, depth = 0): Cbor {
  const [kind, argument] = headOf(reader);
  if (kind === 0) return argument;
  if (kind === 1) return -1 - argument;
  if (kind === 2) {
    reader.at += argument;
    if (reader.at > reader.data.length) throw new RangeError("cut short");
    return reader.data.subarray(reader.at - argument, reader.at);
  }
  if (kind !== 5 || depth > 0 || argument > 8) throw new RangeError("not a key");
  const map = new Map<number, Cbor>();
  for (let n = 0; n < argument; n += 1) {
    const label = readCbor(reader, depth + 1);
    if (typeof label !== "number") throw new RangeError("a label is a number");
    map.set(label, readCbor(reader, depth + 1));
  }
  return map;
}

const text = (value: Cbor | undefined): string => (Buffer.isBuffer(value) ? value.toString("base64url") : "");

type Verifier = Readonly<{ key: KeyObject; hash: "sha256" | null }>;

/** ES256, EdDSA and RS256 (RFC 9053, RFC 8230): what passkeys here are made of. */
function fromCose(cose: Buffer): Verifier | undefined {
  const map = readCbor({ data: cose, at: 0 });
  if (!(map instanceof Map)) return undefined;
  const kind = `${String(map.get(1))} ${String(map.get(3))}`;
  const jwk: JsonWebKey | undefined = {
    "2 -7": { kty: "EC", crv: "P-256", x: text(map.get(-2)), y: text(map.get(-3)) },
    "1 -8": { kty: "OKP", crv: "Ed25519", x: text(map.get(-2)) },
    "3 -257": { kty: "RSA", n: text(map.get(-1)), e: text(map.get(-2)) },
  }[kind];
  if (jwk === undefined) return undefined;
  return { key: createPublicKey({ key: jwk, format: "jwk" }), hash: kind === "1 -8" ? null : "sha256" };
}

type ClientData = Readonly<{ type?: unknown; challenge?: unknown; origin?: unknown; crossOrigin?: unknown }>;
const USER_PRESENT = 0x01;
const USER_VERIFIED = 0x04;

function hostOf(origin: unknown): string {
  return typeof origin === "string" && URL.canParse(origin) ? new URL(origin).hostname : "";
}

/** WebAuthn Level 3, section 7.2, with nothing but the public key. */
function checkPasskey(details: SignedDetails): string | undefined {
  const { authenticator_data: authenticator = "", client_data: clientText = "", statement } = details;
  const [data, client] = [bytes(authenticator), bytes(clientText)];
  const said = JSON.parse(client.toString("utf8")) as ClientData;
  if (said.type !== "webauthn.get" || said.crossOrigin === true) return "it is no answer of a passkey to this page";
  if (said.challenge !== sha256(statement).toString("base64url")) return "the passkey signed another text";
  if (data.length < 37 || !data.subarray(0, 32).equals(sha256(hostOf(said.origin))))
    return "the passkey belongs to another site";
  const flags = data.readUInt8(32);
  if ((flags & USER_PRESENT) === 0 || (flags & USER_VERIFIED) === 0) return "nobody was verified by the authenticator";
  const verifier = fromCose(bytes(details.public_key));
  if (verifier === undefined) return "the key is of no known kind";
  const signed = Buffer.concat([data, sha256(client)]);
  return verify(verifier.hash, signed, verifier.key, bytes(details.signature))
    ? undefined
    : "the signature is not that of this text by this key";
}

function checkKey({ statement, public_key: spki, signature }: SignedDetails): string | undefined {
  const key = createPublicKey({ key: bytes(spki), format: "der", type: "spki" });
  if (key.asymmetricKeyType !== "ed25519") return "the key is of no known kind";
  return verify(null, Buffer.from(`${DOMAIN}${statement}`), key, bytes(signature))
    ? undefined
    : "the signature is not that of this text by this key";
}

/** Why the signature does not hold; undefined when it does. */
export function faultOfSignature(details: SignedDetails): string | undefined {
  try {
    if (details.signature_kind === "passkey") return checkPasskey(details);
    return details.signature_kind === "ed25519" ? checkKey(details) : "it is signed in no known way";
  } catch {
    return "what was signed, or the key, cannot be read";
  }
}

/** SHA-256 in hex over the text, by which the log names the statement. */
export function digestOfText(statement: string): string {
  return sha256(statement).toString("hex");
}

function canonical(value: unknown): string {
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([name, one]) => `${JSON.stringify(name)}:${canonical(one)}`).join(",")}}`;
}

/** The statement, when it is the one spelling of its JSON (RFC 8785), so that no two readers see two statements. */
export function readStatement(statement: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const said: unknown = JSON.parse(statement);
    const isPlain = typeof said === "object" && said !== null && !Array.isArray(said) && canonical(said) === statement;
    return isPlain ? { ...said } : undefined;
  } catch {
    return undefined;
  }
}
