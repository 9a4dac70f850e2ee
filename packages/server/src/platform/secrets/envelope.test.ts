import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { decrypt, encrypt, openEnvelope, rewrapEnvelope, sealEnvelope, type Envelope } from "./envelope.ts";

const key = { name: "secrets:2026-1", key: randomBytes(32) };
const next = { name: "secrets:2026-2", key: randomBytes(32) };
const place = { table: "totp", column: "seed", record: "usr_1" };
const secret = Buffer.from("JBSWY3DPEHPK3PXP");
const altered = (bytes: Uint8Array, at: number): Uint8Array =>
  Uint8Array.from(bytes, (byte, index) => (index === at ? byte ^ 1 : byte));
const unreadable = expect.objectContaining({ code: "SECRET_UNREADABLE" });

describe("an envelope", () => {
  const envelope = sealEnvelope(key, place, secret);

  test("opens under its key at its place, also after a rotation, which leaves what is sealed byte by byte", () => {
    expect(openEnvelope(key, place, envelope)).toEqual(secret);
    const moved = rewrapEnvelope({ from: key, to: next }, place, envelope);
    expect(moved.sealed).toEqual(envelope.sealed);
    expect(openEnvelope(next, place, moved)).toEqual(secret);
    expect(() => openEnvelope(key, place, moved)).toThrow(unreadable);
  });

  test.each([
    ["table", { ...place, table: "webhook" }],
    ["column", { ...place, column: "secret" }],
    ["record", { ...place, record: "usr_2" }],
    ["boundary between its parts", { table: "totps", column: "eed", record: "usr_1" }],
  ])("does not open in another %s", (_what, other) => {
    expect(() => openEnvelope(key, other, envelope)).toThrow(unreadable);
    expect(() => rewrapEnvelope({ from: key, to: next }, other, envelope)).toThrow(unreadable);
  });

  test("does not open with any one byte changed, nor cut, nor under another name of the same key", () => {
    for (const at of envelope.sealed.keys())
      expect(() => openEnvelope(key, place, { ...envelope, sealed: altered(envelope.sealed, at) })).toThrow(unreadable);
    for (const at of envelope.wrappedKey.keys())
      expect(() => openEnvelope(key, place, { ...envelope, wrappedKey: altered(envelope.wrappedKey, at) })).toThrow(
        unreadable,
      );
    for (const length of envelope.sealed.keys())
      expect(() => openEnvelope(key, place, { ...envelope, sealed: envelope.sealed.subarray(0, length) })).toThrow(
        unreadable,
      );
    const renamed: Envelope = { ...envelope, keyName: next.name };
    expect(() => openEnvelope({ ...key, name: next.name }, place, renamed)).toThrow(unreadable);
    expect(() => openEnvelope(key, place, { ...envelope, format: 2 })).toThrow(unreadable);
  });

  test("a tag shortened to four bytes is refused, though OpenSSL would take it", () => {
    const box = encrypt(key.key, secret, Buffer.from("aad"));
    expect(decrypt(key.key, box, Buffer.from("aad"))).toEqual(secret);
    expect(() => decrypt(key.key, box.subarray(0, box.length - 12), Buffer.from("aad"))).toThrow(unreadable);
  });

  test("never meets the same nonce or data key twice, and shows nothing of the secret", () => {
    const many = Array.from({ length: 500 }, () => sealEnvelope(key, place, secret));
    const nonces = many.flatMap((one) =>
      [one.sealed, one.wrappedKey].map((box) => Buffer.from(box.subarray(0, 12)).toString("hex")),
    );
    expect(new Set(nonces).size).toBe(1_000);
    expect(many.some((one) => Buffer.from(one.sealed).includes(secret))).toBe(false);
  });
});
