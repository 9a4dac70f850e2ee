import { generateKeyPairSync } from "node:crypto";
import { isoCBOR } from "@simplewebauthn/server/helpers";
import type { PasskeyCreation, PasskeyRequest } from "@tyr/contract";
import { describe, expect, test } from "vitest";
import { creationOptions, requestOptions } from "./options.ts";
import type { PasskeyRow } from "./store.ts";
import { SoftwareAuthenticator, type Deviation } from "./testing/software-authenticator.ts";
import { isUsableKey } from "./usable-key.ts";
import { verifyNew, verifyProof } from "./verify.ts";

const party = { id: "tyr.example.org", origin: "https://tyr.example.org" };
const challenge = Uint8Array.from({ length: 32 }, (_, at) => at);
const asked = { party, challenge };
const asking = { ...asked, known: [] };
const creation: PasskeyCreation = {
  handle: "h",
  options: creationOptions(asking, { id: "usr_ada", name: "ada" }),
};
const request: PasskeyRequest = { handle: "h", options: requestOptions(asking) };

async function made() {
  const authenticator = new SoftwareAuthenticator(party.origin);
  const answer = { ...authenticator.create(creation), name: "Laptop" };
  const checked = await verifyNew(answer, asked);
  if (!checked.ok) throw new Error(checked.reason);
  const passkey: PasskeyRow = {
    id: "psk_0190a3b4-1111-7222-8333-444455556666",
    subject_id: "usr_0190a3b4-1111-7222-8333-444455556666",
    credential_id: checked.credentialId,
    public_key: checked.publicKey,
    counter: checked.counter,
    transports: [],
    synced: checked.synced,
    name: "Laptop",
    created_at: new Date(0),
    last_used_at: null,
    refused_since: null,
  };
  return { authenticator, answer, passkey };
}

const WRONG: readonly [what: string, reason: string, deviation: Deviation][] = [
  ["another origin", "another origin", { origin: "https://tyr.example.com" }],
  ["another port of ours", "another origin", { origin: `${party.origin}:8443` }],
  ["plain http", "another origin", { origin: "http://tyr.example.org" }],
  ["a relying party above ours", "another relying party", { rpId: "example.org" }],
  ["another challenge", "another challenge", { challenge: Buffer.alloc(32).toString("base64url") }],
  ["no user verification", "no user verification", { userVerified: false }],
  ["another kind of ceremony", "another kind of answer", { type: "payment.get" }],
  ["a frame of another page around it", "inside another page", { crossOrigin: true }],
];

describe("a new credential", () => {
  test("that is good is taken with its key, as bytes", async () => {
    const { passkey, answer } = await made();
    expect(Buffer.from(passkey.credential_id).toString("base64url")).toBe(answer.id);
    expect(passkey).toMatchObject({ counter: 1, synced: false });
  });

  test.each(WRONG)("with %s is refused: %s", async (_what, reason, deviation) => {
    const answer = { ...new SoftwareAuthenticator(party.origin).create(creation, deviation), name: "Laptop" };
    expect(await verifyNew(answer, asked)).toEqual({ ok: false, reason });
  });

  test("with an attestation is refused before anything that stands in it is asked", async () => {
    const { answer } = await made();
    const bytes = Buffer.from(answer.attestationObject, "base64url");
    const named = Buffer.from(bytes.toString("latin1").replace("dnone", "cu2f"), "latin1");
    const attested = { ...answer, attestationObject: named.toString("base64url") };
    expect(await verifyNew(attested, asked)).toEqual({ ok: false, reason: "an attestation nobody asked for" });
  });

  test.each(["", "null", "[]", '"text"', "{}", '{"challenge":1}'])(
    "with the client data %j is malformed",
    async (json) => {
      const { answer } = await made();
      const clientDataJSON = Buffer.from(json).toString("base64url");
      expect(await verifyNew({ ...answer, clientDataJSON }, asked)).toMatchObject({ ok: false });
    },
  );

  test("cut off anywhere is refused, and nothing breaks", async () => {
    const { answer } = await made();
    const bytes = Buffer.from(answer.attestationObject, "base64url");
    for (let length = 0; length < bytes.length; length += 1) {
      const attestationObject = bytes.subarray(0, length).toString("base64url");
      expect(await verifyNew({ ...answer, attestationObject }, asked)).toMatchObject({ ok: false });
    }
  });
});

describe("an assertion", () => {
  test("that is good counts, and says its counter", async () => {
    const { authenticator, passkey } = await made();
    const proof = authenticator.get(request, { counter: 7 });
    expect(await verifyProof(proof, { ...asked, passkey })).toEqual({ ok: true, counter: 7, synced: false });
  });

  test.each(WRONG)("with %s is refused: %s", async (_what, reason, deviation) => {
    const { authenticator, passkey } = await made();
    const proof = authenticator.get(request, deviation);
    expect(await verifyProof(proof, { ...asked, passkey })).toEqual({ ok: false, reason });
  });

  test("signed by another key, or changed after it was signed, is refused", async () => {
    const { authenticator, passkey } = await made();
    const other = await made();
    const proof = authenticator.get(request);
    const elsewhere = other.authenticator.get(request);
    const stolen = { ...proof, signature: elsewhere.signature };
    expect(await verifyProof(stolen, { ...asked, passkey })).toEqual({ ok: false, reason: "wrong signature" });
    const flipped = Buffer.from(proof.authenticatorData, "base64url");
    flipped[33] = 0xff;
    const counted = { ...proof, authenticatorData: flipped.toString("base64url") };
    expect(await verifyProof(counted, { ...asked, passkey })).toEqual({ ok: false, reason: "wrong signature" });
  });
});

describe("a public key", () => {
  const map = (pairs: readonly (readonly [number, number | Uint8Array])[]) =>
    isoCBOR.encode(new Map<number, number | Uint8Array>(pairs));
  const ec = generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export({ format: "jwk" });
  const ed = generateKeyPairSync("ed25519").publicKey.export({ format: "jwk" });
  const rsa = (modulusLength: number) =>
    generateKeyPairSync("rsa", { modulusLength }).publicKey.export({ format: "jwk" });
  const bytes = (value: string | undefined) => Uint8Array.from(Buffer.from(value ?? "", "base64url"));
  const onCurve = [
    [-1, 1],
    [-2, bytes(ec.x)],
    [-3, bytes(ec.y)],
  ] as const;
  const rsaPairs = ({ n, e }: { n?: string; e?: string }) =>
    [
      [1, 3],
      [3, -257],
      [-1, bytes(n)],
      [-2, bytes(e)],
    ] as const;

  test("of each kind that is taken can be used", () => {
    expect(isUsableKey(map([[1, 2], [3, -7], ...onCurve]))).toBe(true);
    expect(
      isUsableKey(
        map([
          [1, 1],
          [3, -8],
          [-1, 6],
          [-2, bytes(ed.x)],
        ]),
      ),
    ).toBe(true);
    expect(isUsableKey(map(rsaPairs(rsa(2_048))))).toBe(true);
  });

  test("that is too short, off its curve, or of another algorithm than it says cannot", () => {
    expect(isUsableKey(map(rsaPairs(rsa(1_024))))).toBe(false);
    expect(
      isUsableKey(
        map([
          [1, 2],
          [3, -7],
          [-1, 1],
          [-2, bytes(ec.x)],
          [-3, bytes(ec.x)],
        ]),
      ),
    ).toBe(false);
    expect(isUsableKey(map([[1, 2], [3, -8], ...onCurve]))).toBe(false);
    expect(
      isUsableKey(
        map([
          [1, 2],
          [3, -7],
          [-1, 2],
          [-2, bytes(ec.x)],
          [-3, bytes(ec.y)],
        ]),
      ),
    ).toBe(false);
    expect(
      isUsableKey(
        map([
          [1, 2],
          [3, -7],
        ]),
      ),
    ).toBe(false);
    expect(isUsableKey(new Uint8Array())).toBe(false);
  });
});
