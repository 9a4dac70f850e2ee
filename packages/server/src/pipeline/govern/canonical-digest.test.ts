import fc from "fast-check";
import { expect, test } from "vitest";
import { digestOf } from "./canonical-digest.ts";

test("the digest does not depend on the order in which members were written", () => {
  expect(digestOf({ a: 1, b: ["x", null] })).toBe(digestOf({ b: ["x", null], a: 1 }));
});

test("the digest of a known value stays what it is", () => {
  // {"a":1,"b":"ü"} by `printf '{"a":1,"b":"ü"}' | sha256sum`
  expect(digestOf({ b: "ü", a: 1 })).toBe("1a59e522e02ce50ad2c27c11a6d30f8667489c199580627fe9e3e33e2b0e91d5");
});

test("different values have different digests", () => {
  const values = fc.dictionary(
    fc.string({ unit: "grapheme" }),
    fc.oneof(fc.integer(), fc.boolean(), fc.constant(null)),
  );
  fc.assert(
    fc.property(values, values, (a, b) => {
      const written = (value: object) => JSON.stringify(Object.entries(value).sort(([x], [y]) => (x < y ? -1 : 1)));
      const same = written(a) === written(b);
      expect(digestOf(a) === digestOf(b)).toBe(same);
    }),
  );
});

test.each([0.5, Number.NaN, 2 ** 53])("%d has no canonical form and is refused", (value) => {
  expect(() => digestOf({ value })).toThrow(TypeError);
});
