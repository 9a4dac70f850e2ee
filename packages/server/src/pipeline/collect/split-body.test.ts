import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { splitBody } from "./split-body.ts";

function texts(body: string | Uint8Array, lines = false): string[] {
  return [...items(body, lines)].map(({ text }) => text);
}
function items(body: string | Uint8Array, lines = false) {
  return { [Symbol.iterator]: () => splitBody(Buffer.from(body), lines) };
}

describe("a body becomes events", () => {
  test("line by line, without blank lines and carriage returns, numbered as in the file", () => {
    expect([...items("a\r\n\n  \nb\nc")].map(({ text, place }) => [text, place])).toEqual([
      ["a", 0],
      ["b", 3],
      ["c", 4],
    ]);
  });

  test("element by element of an array, each as it was written", () => {
    expect(texts(` [ {"a": 1.0}, {"b":"],}\\"["} ,[1,[2]], 12345678901234567890 ] `)).toEqual([
      `{"a": 1.0}`,
      `{"b":"],}\\"["}`,
      "[1,[2]]",
      "12345678901234567890",
    ]);
    expect(texts("[]")).toEqual([]);
    expect(texts(" [ ] ")).toEqual([]);
  });

  test("whole, when one value is printed over several lines", () => {
    expect(texts(`{\n  "a": 1\n}\n`)).toEqual([`{\n  "a": 1\n}`]);
    expect(texts(`{"a":1}\n{"b":2}\n`)).toEqual([`{"a":1}`, `{"b":2}`]);
  });

  test("and whatever is broken is there too, to be rejected rather than lost", () => {
    expect(texts(`[{"a":1},{"b":`)).toEqual([`{"a":1}`, `{"b":`]);
    expect(texts("[")).toEqual(["["]);
    expect(texts(`[{"a":1},]`)).toEqual([`{"a":1}`, ""]);
    expect(texts(`[{"a":1}] trailing`)).toEqual([`{"a":1}`, "trailing"]);
    expect(texts(`[oops "`)).toEqual([`oops "`]);
  });

  test("a log whose lines begin with a bracket is not an array when its sender says lines", () => {
    expect(texts("[x] a\n[y] b", true)).toEqual(["[x] a", "[y] b"]);
  });

  test.each(["[2026-02-01 10:00:00] a", "[Sun Feb 01 10:00:00 2026] [:error] a", "[info] a", "[GIN] 2026/02/01 a"])(
    "a log that begins with %s is one of lines, whatever its sender says",
    (line) => {
      expect(texts(`${line}\n${line}`)).toEqual([line, line]);
    },
  );

  test("bytes that are no UTF-8 damage their own line only, and are kept", () => {
    const body = Buffer.concat([Buffer.from("é\n"), Buffer.from([0xff, 0x41]), Buffer.from("\nc")]);
    expect([...items(body, true)]).toEqual([
      { text: "é", place: 0 },
      { text: "\uFFFDA", place: 1, exact: Buffer.from([0xff, 0x41]) },
      { text: "c", place: 2 },
    ]);
  });

  test("arrays of any JSON are split into what JSON.parse finds in them", () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue(), { minLength: 1 }), fc.constantFrom(undefined, 2), (values, indent) => {
        const split = texts(JSON.stringify(values, null, indent));
        expect(split.map((text): unknown => JSON.parse(text))).toEqual(JSON.parse(JSON.stringify(values)));
      }),
    );
  });

  test("any bytes are split to their end", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (body, lines) => {
        expect(Array.isArray(texts(body, lines))).toBe(true);
      }),
    );
  });
});
