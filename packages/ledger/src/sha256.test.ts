import { createHash } from "node:crypto";
import * as fc from "fast-check";
import { expect, test, vi } from "vitest";
import { hex } from "./bytes.ts";
import { portableSha256, sha256 } from "./sha256.ts";

function reference(data: Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

test("both implementations give the standard digest at every length around the block borders", () => {
  for (let length = 0; length <= 260; length++) {
    const data = Uint8Array.from({ length }, (_, at) => (at * 31 + length) & 0xff);
    expect(hex(portableSha256(data))).toBe(reference(data));
    expect(hex(sha256(data))).toBe(reference(data));
  }
});

test("both implementations give the standard digest for any data", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 3000 }), (data) => {
      expect(hex(portableSha256(data))).toBe(reference(data));
      expect(hex(sha256(data))).toBe(reference(data));
    }),
  );
});

test("a digest is an array of its own: cutting it later does not share memory with the next one", () => {
  const digest = sha256(Uint8Array.of(1));
  expect(digest.constructor).toBe(Uint8Array);
  expect(digest.buffer.byteLength).toBe(32);
});

test("where there is no Node, the portable implementation is chosen", async () => {
  vi.resetModules();
  vi.stubGlobal("process", undefined);
  const browser = await import("./sha256.ts").finally(() => vi.unstubAllGlobals());
  expect(browser.sha256).toBe(browser.portableSha256);
  expect(sha256).not.toBe(portableSha256);
});
