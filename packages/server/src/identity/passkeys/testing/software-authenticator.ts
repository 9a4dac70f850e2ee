import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from "node:crypto";
import type { PasskeyCreation, PasskeyProof, PasskeyRequest } from "@tyr/contract";

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64url");
const sha256 = (bytes: string | Uint8Array): Buffer => createHash("sha256").update(bytes).digest();

/** CBOR (RFC 8949): head of a kind with an argument below 65,536. */
function head(kind: number, value: number): Buffer {
  if (value < 24) return Buffer.from([(kind << 5) | value]);
  if (value < 256) return Buffer.from([(kind << 5) | 24, value]);
  return Buffer.from([(kind << 5) | 25, value >> 8, value & 255]);
}
const cborBytes = (value: Uint8Array): Buffer => Buffer.concat([head(2, value.length), value]);
const cborText = (value: string): Buffer => Buffer.concat([head(3, value.length), Buffer.from(value)]);
const cborInt = (value: number): Buffer => (value < 0 ? head(1, -1 - value) : head(0, value));
const cborMap = (pairs: readonly (readonly [Buffer, Buffer])[]): Buffer =>
  Buffer.concat([head(5, pairs.length), ...pairs.flat()]);

/** COSE_Key of ES256 (RFC 9053, section 7.1.1). */
function coseKey(key: KeyObject): Buffer {
  const { x = "", y = "" } = key.export({ format: "jwk" });
  const bytes = (value: string): Buffer => cborBytes(Buffer.from(value, "base64url"));
  return cborMap([
    [cborInt(1), cborInt(2)],
    [cborInt(3), cborInt(-7)],
    [cborInt(-1), cborInt(1)],
    [cborInt(-2), bytes(x)],
    [cborInt(-3), bytes(y)],
  ]);
}

/** What a good browser and authenticator would not do. */
export type Deviation = Readonly<{
  origin?: string;
  rpId?: string;
  challenge?: string;
  type?: string;
  crossOrigin?: boolean;
  userVerified?: boolean;
  counter?: number;
  userHandle?: string;
}>;

/** For tests: browser and authenticator in one, with one discoverable credential (ES256), written after WebAuthn Level 3. */
export class SoftwareAuthenticator {
  readonly #keys = generateKeyPairSync("ec", { namedCurve: "P-256" });
  readonly #id = randomBytes(32);
  readonly #origin: string;
  #userHandle = "";
  counter = 0;

  constructor(origin: string) {
    this.#origin = origin;
  }

  #clientData(type: string, challenge: string, deviation: Deviation): string {
    const { origin = this.#origin, crossOrigin = false } = deviation;
    const data = { type: deviation.type ?? type, challenge: deviation.challenge ?? challenge, origin, crossOrigin };
    return text(Buffer.from(JSON.stringify(data)));
  }

  #authenticatorData(rpId: string, flags: number, deviation: Deviation): Buffer {
    this.counter += 1;
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(deviation.counter ?? this.counter);
    const verified = deviation.userVerified === false ? 0 : 0x04;
    return Buffer.concat([sha256(deviation.rpId ?? rpId), Buffer.from([flags | verified | 0x01]), counter]);
  }

  create({ handle, options }: PasskeyCreation, deviation: Deviation = {}) {
    this.#userHandle = options.user.id;
    const length = Buffer.from([0, this.#id.length]);
    const attested = Buffer.concat([Buffer.alloc(16), length, this.#id, coseKey(this.#keys.publicKey)]);
    const authData = Buffer.concat([this.#authenticatorData(options.rp.id, 0x40, deviation), attested]);
    const attestation = cborMap([
      [cborText("fmt"), cborText("none")],
      [cborText("attStmt"), cborMap([])],
      [cborText("authData"), cborBytes(authData)],
    ]);
    return {
      handle,
      id: text(this.#id),
      clientDataJSON: this.#clientData("webauthn.create", options.challenge, deviation),
      attestationObject: text(attestation),
      transports: ["internal"],
    };
  }

  get({ handle, options }: PasskeyRequest, deviation: Deviation = {}): PasskeyProof {
    const authenticatorData = this.#authenticatorData(options.rpId, 0, deviation);
    const clientDataJSON = this.#clientData("webauthn.get", options.challenge, deviation);
    const signed = Buffer.concat([authenticatorData, sha256(Buffer.from(clientDataJSON, "base64url"))]);
    return {
      handle,
      id: text(this.#id),
      clientDataJSON,
      authenticatorData: text(authenticatorData),
      signature: text(sign("sha256", signed, this.#keys.privateKey)),
      userHandle: deviation.userHandle ?? this.#userHandle,
    };
  }
}
