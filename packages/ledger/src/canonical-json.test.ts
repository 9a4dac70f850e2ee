import { createHash } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalBytes, canonicalize } from "./canonical-json.ts";
import { hex } from "./bytes.ts";
import { LedgerError } from "./errors.ts";
import { parseJson } from "./parse-json.ts";
import { base64Bytes, hexBytes, readVector } from "./testing/vectors.ts";

type Documents = { cases: { name: string; inputBase64: string; canonicalHex: string }[] };
type Numbers = {
  cases: { ieee754Hex: string; want: string }[];
  reject: { ieee754Hex: string }[];
  stream: { staticHex: string[]; expected: { lines: number; sha256hex: string }[] };
};
type Edge = {
  accept: { jsonText: string; want?: string; wantHex?: string }[];
  reject: { jsonText: string; why: string }[];
  precision: { jsonText: string; want: string }[];
};

const documents = readVector<Documents>("jcs/documents");
const numbers = readVector<Numbers>("jcs/numbers");
const edge = readVector<Edge>("jcs/edge");

function double(bits: string): number {
  return new DataView(hexBytes(bits).slice().buffer).getFloat64(0);
}

function codeThrown(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof LedgerError) return error.code;
    throw error;
  }
  return "accepted";
}

describe("canonical JSON", () => {
  test.each(documents.cases)(
    "the published document $name gets its published bytes",
    ({ inputBase64, canonicalHex }) => {
      const text = new TextDecoder().decode(base64Bytes(inputBase64));
      expect(hex(canonicalBytes(JSON.parse(text)))).toBe(canonicalHex);
      expect(hex(canonicalBytes(parseJson(text)))).toBe(canonicalHex);
    },
  );

  test.each(numbers.cases)("the number $ieee754Hex is written as $want", ({ ieee754Hex, want }) => {
    expect(canonicalize(double(ieee754Hex))).toBe(want);
  });

  test.each(numbers.reject)("the number $ieee754Hex has no JSON form and is refused", ({ ieee754Hex }) => {
    expect(codeThrown(() => canonicalize(double(ieee754Hex)))).toBe("LEDGER_JSON_NUMBER");
  });

  test("a hundred thousand generated numbers hash to the published value", () => {
    const wanted = new Map(numbers.stream.expected.map(({ lines, sha256hex }) => [lines, sha256hex]));
    const digest = createHash("sha256");
    const reached = new Map<number, string>();
    let lines = 0;
    for (const value of numberStream(numbers.stream.staticHex, 100_000)) {
      const bits = new BigUint64Array(Float64Array.of(value).buffer)[0] ?? 0n;
      digest.update(`${bits.toString(16)},${canonicalize(value)}\n`);
      if (wanted.has(++lines)) reached.set(lines, digest.copy().digest("hex"));
    }
    expect([...reached.keys()]).toEqual([1000, 10_000, 100_000]);
    for (const [size, digestThere] of reached) expect(digestThere).toBe(wanted.get(size));
  });

  test.each(edge.accept)("$jsonText is accepted and written canonically", ({ jsonText, want, wantHex }) => {
    const written = canonicalBytes(parseJson(jsonText));
    expect(hex(written)).toBe(wantHex ?? hex(new TextEncoder().encode(want)));
  });

  test.each(edge.reject)("$jsonText is refused", ({ jsonText }) => {
    expect(codeThrown(() => canonicalize(parseJson(jsonText)))).toMatch(
      /^LEDGER_JSON_(DUPLICATE_NAME|SURROGATE|NUMBER)$/,
    );
  });

  test("a lone surrogate or an infinite number that did not come from JSON text is refused too", () => {
    expect(codeThrown(() => canonicalize("\ud800"))).toBe("LEDGER_JSON_SURROGATE");
    expect(codeThrown(() => canonicalize({ "\udc00": 1 }))).toBe("LEDGER_JSON_SURROGATE");
    expect(codeThrown(() => canonicalize([Number.NaN]))).toBe("LEDGER_JSON_NUMBER");
  });

  test.each(edge.precision)(
    "the entry profile refuses $jsonText, which JSON would round silently",
    ({ jsonText, want }) => {
      expect(canonicalize(parseJson(jsonText))).toBe(want);
      expect(codeThrown(() => canonicalize(parseJson(jsonText), { numbers: "safe-integer" }))).toBe(
        "LEDGER_JSON_NUMBER",
      );
      expect(codeThrown(() => canonicalize({ amount: 1.5 }, { numbers: "safe-integer" }))).toBe("LEDGER_JSON_NUMBER");
      expect(canonicalize({ amount: -0 }, { numbers: "safe-integer" })).toBe('{"amount":0}');
    },
  );

  test.each([
    ["undefined", undefined],
    ["a member without value", { a: undefined }],
    ["a hole in an array", [1, , 2]], // oxlint-disable-line no-sparse-arrays -- the hole is the case under test
    ["a function", { toJSON: (): number => 1 }],
    ["a big integer", { a: 1n }],
    ["a date", { at: new Date(0) }],
    ["a map", new Map([["a", 1]])],
    ["bytes", Buffer.from("a")],
    [
      "a class instance",
      new (class Point {
        x = 1;
      })(),
    ],
    ["a symbol as name", { [Symbol("a")]: 1 }],
  ])("%s is refused instead of being converted", (_, value) => {
    expect(codeThrown(() => canonicalize(value))).toBe("LEDGER_JSON_NOT_PLAIN");
  });

  test("a value that contains itself is refused without exhausting the stack", () => {
    const loop: unknown[] = [];
    loop.push(loop);
    expect(codeThrown(() => canonicalize(loop))).toBe("LEDGER_JSON_TOO_DEEP");
  });

  test("a refusal names the place", () => {
    expect(() => canonicalize({ entry: [{ size: 0.1 }] }, { numbers: "safe-integer" })).toThrow(
      'at $["entry"][0]["size"]',
    );
  });

  test("any JSON value survives a round trip, whatever the order of its members", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const written = canonicalize(value);
        expect(canonicalize(JSON.parse(written))).toBe(written);
        expect(canonicalize(parseJson(written))).toBe(written);
        expect(JSON.parse(written)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});

function* numberStream(staticHex: readonly string[], count: number): Generator<number> {
  let given = 0;
  const bits = new BigUint64Array(1);
  const asDouble = new Float64Array(bits.buffer);
  for (const text of staticHex) yield (given++, double(text));
  for (let step = 0n; step < 2000n; step++, given++) {
    bits[0] = 0x0010000000000000n + step;
    yield asDouble[0] ?? 0;
  }
  let state: Buffer = Buffer.alloc(32);
  for (;;) {
    state = createHash("sha256").update(state).digest();
    for (let at = 0; at < 32; at += 8) {
      const value = state.readDoubleLE(at);
      if (!Number.isFinite(value) || value === 0) continue;
      yield value;
      if (++given === count) return;
    }
  }
}
