import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { base64, fromBase64, fromDecimal, fromHex, fromUtf8, hex, readUint64, uint64 } from "./bytes.ts";

describe("encodings accept one spelling only", () => {
  test("what is written is read back, for any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(base64(bytes)).toBe(Buffer.from(bytes).toString("base64"));
        expect(hex(fromBase64(base64(bytes)) ?? new Uint8Array(0))).toBe(hex(bytes));
        expect(hex(fromHex(hex(bytes)) ?? new Uint8Array(0))).toBe(hex(bytes));
      }),
    );
  });

  test.each(["AB==", "AAB=", "A", "AA", "AA=", "AA==\n", " AAAA", "AA-_", "====", "A===", "AAAA=AAA"])(
    "base64 %j is refused",
    (text) => {
      expect(fromBase64(text)).toBeUndefined();
    },
  );

  test.each(["0", "F0", "0g", "0x", " 00"])("hexadecimal %j is refused", (text) => {
    expect(fromHex(text)).toBeUndefined();
  });

  test.each([
    "",
    "00",
    "01",
    "+1",
    "-1",
    "1.0",
    "1e3",
    "0x1",
    " 1",
    "1 ",
    "9007199254740992",
    "18446744073709551616",
    "NaN",
  ])("the number %j is refused", (text) => {
    expect(fromDecimal(text)).toBeUndefined();
  });

  test("numbers up to 2^53 - 1 are exact", () => {
    expect(fromDecimal("9007199254740991")).toBe(Number.MAX_SAFE_INTEGER);
    expect(readUint64(uint64(Number.MAX_SAFE_INTEGER))).toBe(Number.MAX_SAFE_INTEGER);
    expect(readUint64(Uint8Array.of(0, 32, 0, 0, 0, 0, 0, 0))).toBeUndefined();
  });

  test("bytes that are not UTF-8 are no text, and a byte order mark is not dropped", () => {
    expect(fromUtf8(Uint8Array.of(0xc0, 0x80))).toBeUndefined();
    expect(fromUtf8(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61))).toBe("\ufeffa");
  });
});
