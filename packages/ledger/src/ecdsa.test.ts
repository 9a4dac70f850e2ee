import { generateKeyPairSync, sign } from "node:crypto";
import { describe, expect, test } from "vitest";
import { concat, utf8 } from "./bytes.ts";
import { verifyP256 } from "./ecdsa.ts";

const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const spki = new Uint8Array(publicKey.export({ format: "der", type: "spki" }));
const text = utf8("log.example\n1\n");

/** Fresh signatures differ, so that both lengths of both numbers occur. */
function signatures(count: number): Uint8Array[] {
  return Array.from({ length: count }, () => new Uint8Array(sign("sha256", text, privateKey)));
}

async function accepted(some: readonly Uint8Array[]): Promise<number> {
  const verdicts = await Promise.all(some.map(async (signature) => await verifyP256(spki, text, signature)));
  return verdicts.filter(Boolean).length;
}

describe("ECDSA P-256 over DER", () => {
  test("a signature made by OpenSSL verifies, whatever the length of its numbers", async () => {
    expect(await accepted(signatures(200))).toBe(200);
  });

  test("a second spelling of the same signature is refused", async () => {
    const good = signatures(50);
    const withLength = (body: Uint8Array): Uint8Array => concat(Uint8Array.of(0x30, body.length), body);
    const body = (signature: Uint8Array): Uint8Array => signature.subarray(2);
    expect(await accepted(good.map((signature) => concat(signature, Uint8Array.of(0))))).toBe(0);
    expect(await accepted(good.map((signature) => withLength(concat(body(signature), Uint8Array.of(0)))))).toBe(0);
    expect(
      await accepted(good.map((signature) => concat(Uint8Array.of(0x30, signature.length), body(signature)))),
    ).toBe(0);
    const padded = good.map((signature) => {
      const [, length = 0] = body(signature);
      const [r, rest] = [body(signature).subarray(2, 2 + length), body(signature).subarray(2 + length)];
      return withLength(concat(Uint8Array.of(0x02, length + 1, 0), r, rest));
    });
    expect(await accepted(padded)).toBe(0);
  });

  test("what is cut, empty or not DER at all is false, not an error", async () => {
    const [good = new Uint8Array(0)] = signatures(1);
    const cuts = Array.from({ length: good.length }, (_, end) => good.slice(0, end));
    expect(await accepted([...cuts, new Uint8Array(70), new Uint8Array(70).fill(0x30), Uint8Array.of(0x30, 0)])).toBe(
      0,
    );
    expect(await verifyP256(spki.slice(1), text, good)).toBe(false);
    expect(await verifyP256(spki, utf8("another text"), good)).toBe(false);
  });
});
