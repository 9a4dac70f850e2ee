import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { expect, test } from "vitest";
import { APPROVAL_DOMAIN } from "@tyr/contract";
import { canonicalText } from "../canonical-digest.ts";
import { faultOf, type Kept, type Keys, type KnownKey } from "./believe.ts";

const at = new Date("2026-02-01T12:00:00Z");
const minutes = (n: number) => new Date(at.getTime() + n * 60_000);
const { privateKey, publicKey } = generateKeyPairSync("ed25519");
const spki = publicKey.export({ format: "der", type: "spki" });
const mallory = generateKeyPairSync("ed25519");
const FIELDS = { statement: "approve", action_id: "act_1", revision: 1, target: "8.8.8.8", ttl_seconds: null };
const meant = { signer: "usr_ben", at, fields: FIELDS };

function kept(changes: Readonly<Record<string, string | number>> = {}, key = privateKey): Kept {
  const said = { ...FIELDS, signer: "usr_ben", expires_at: minutes(5).toISOString(), ...changes };
  const statement = canonicalText(said);
  const signature = sign(null, Buffer.from(`${APPROVAL_DOMAIN}${statement}`), key).toString("base64url");
  return {
    statement,
    statement_digest: createHash("sha256").update(statement).digest("hex"),
    signature: {
      kind: "ed25519",
      keyId: "apk_1",
      publicKey: spki.toString("base64url"),
      signature,
      authenticatorData: null,
      clientDataJSON: null,
    },
    key_id: "apk_1",
  };
}
const known: KnownKey = { publicKey: spki, createdAt: minutes(-60), expiresAt: minutes(60), endedAt: null };
const having = (key: KnownKey | undefined): Keys => ({
  find: async (kind, id) => (kind === "ed25519" && id === "apk_1" ? key : undefined),
  isSignedByPasskey: async () => false,
});
const keys = having(known);

test("what was signed about exactly this, by a key of theirs in force then, holds", async () => {
  expect(await faultOf(kept(), meant, keys)).toBeUndefined();
});

test.each([
  ["statement", "reject"],
  ["action_id", "act_2"],
  ["revision", 2],
  ["target", "8.0.0.0/8"],
  ["ttl_seconds", 60],
  ["signer", "usr_dora"],
])("what was signed about another %s is not believed", async (name, value) => {
  expect(await faultOf(kept({ [name]: value }), meant, keys)).toBe(`its statement is about another ${name}`);
});

test("a text that is none, or was changed since, is not believed", async () => {
  const good = kept();
  const rows: readonly (readonly [Partial<Kept>, string])[] = [
    [{ statement: null }, "nobody signed it"],
    [{ signature: null }, "nobody signed it"],
    [{ statement: "x" }, "its statement is not the one that was signed"],
    [{ statement_digest: null }, "its statement is not the one that was signed"],
    [{ key_id: "apk_2" }, "its signature names another key"],
  ];
  for (const [change, why] of rows) expect(await faultOf({ ...good, ...change }, meant, keys)).toBe(why);
  const digest = createHash("sha256").update("x").digest("hex");
  const nonsense = { ...good, statement: "x", statement_digest: digest };
  expect(await faultOf(nonsense, meant, keys)).toBe("its statement is about another statement");
});

test("a signature by another key, or none at all, is not believed", async () => {
  expect(await faultOf(kept({}, mallory.privateKey), meant, keys)).toBe("its signature is not that of its key");
  const { signature, ...row } = kept();
  if (signature === null) throw new TypeError("it has one");
  const theirs = mallory.publicKey.export({ format: "der", type: "spki" }).toString("base64url");
  const forged = { ...kept({}, mallory.privateKey), signature: { ...signature, publicKey: theirs } };
  expect(await faultOf(forged, meant, keys)).toBe("its key is another than the known one");
  for (const wrong of ["", "AA", "x".repeat(86)])
    expect(await faultOf({ ...row, signature: { ...signature, signature: wrong } }, meant, keys)).toBe(
      "its signature is not that of its key",
    );
  const passkey = { ...row, signature: { ...signature, kind: "passkey" as const } };
  expect(await faultOf(passkey, meant, { ...keys, find: async () => known })).toBe(
    "its signature is not that of its key",
  );
});

test("a key that was not theirs, not in force then, or ended since, is not believed", async () => {
  const rows: readonly (readonly [KnownKey | undefined, string])[] = [
    [undefined, "its key is not, or no more, one of whoever gave it"],
    [{ ...known, createdAt: minutes(1) }, "its key was not in force then"],
    [{ ...known, expiresAt: at }, "its key was not in force then"],
    [{ ...known, endedAt: minutes(1) }, "its key was ended"],
  ];
  for (const [key, why] of rows) expect(await faultOf(kept(), meant, having(key))).toBe(why);
  // One that ran out since was in force when it signed.
  expect(await faultOf(kept(), meant, having({ ...known, expiresAt: minutes(1) }))).toBeUndefined();
});

test("a statement that was over when it was given is not believed, nor one that never ends", async () => {
  const why = "its statement was over when it was given";
  expect(await faultOf(kept({ expires_at: at.toISOString() }), meant, keys)).toBe(why);
  expect(await faultOf(kept({ expires_at: "never" }), meant, keys)).toBe(why);
});
