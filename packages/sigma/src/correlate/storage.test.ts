import * as fc from "fast-check";
import { expect, test } from "vitest";
import { PairCounts } from "./pair-counts.ts";
import { RecordPool } from "./record-pool.ts";
import { StringPool } from "./string-pool.ts";

/** Few enough to meet again; short, long, beyond Latin-1, with a lone surrogate. */
const text = fc.constantFrom(
  "",
  "a",
  "ab",
  "ÿ",
  "Ω",
  "\uD800x",
  "x".repeat(253),
  "x".repeat(254),
  "Ω".repeat(300),
  "y".repeat(5000),
);

test("a string pool has a text for as long as it is held, under one number, and gives it back as it was", () => {
  const action = fc.record({ text, isHold: fc.boolean() });
  fc.assert(
    fc.property(fc.array(action, { maxLength: 80 }), (actions) => {
      const pool = new StringPool();
      const held = new Map<string, { id: number; count: number }>();
      for (const { text: one, isHold } of actions) {
        const { id = 0, count = 0 } = held.get(one) ?? {};
        if (isHold) held.set(one, { id: pool.hold(one), count: count + 1 });
        else if (count > 1) held.set(one, { id, count: count - 1 });
        else held.delete(one);
        if (!isHold && count > 0) pool.release(id);
        expect(pool.size).toBe(held.size);
        expect(pool.find(one)).toBe(held.get(one)?.id ?? 0);
        for (const [each, { id: its }] of held) expect([pool.text(its), pool.find(each)]).toEqual([each, its]);
      }
    }),
    { numRuns: 200 },
  );
});

test("a string pool that held a hundred thousand texts one after another has no more room than a few need", () => {
  const pool = new StringPool();
  for (let index = 0; index < 100_000; index += 1) pool.release(pool.hold(`made up ${index}`));
  expect([pool.size, pool.bytes]).toEqual([0, 0]);
  expect(pool.hold("next")).toBe(1);
});

test("pair counts are those of a plain map, whatever is added and removed", () => {
  const action = fc.record({ group: fc.nat(5), value: fc.nat(20), isAdd: fc.boolean() });
  fc.assert(
    fc.property(fc.array(action, { maxLength: 300 }), (actions) => {
      const pairs = new PairCounts();
      const plain = new Map<string, number>();
      for (const { group, value, isAdd } of actions) {
        const key = `${group} ${value}`;
        const count = Math.max(0, (plain.get(key) ?? 0) + (isAdd ? 1 : -1));
        plain.set(key, count);
        expect(isAdd ? pairs.add(group, value) : pairs.remove(group, value)).toBe(count);
      }
      for (const [key, count] of plain) {
        const [group = 0, value = 0] = key.split(" ").map(Number);
        expect(pairs.get(group, value)).toBe(count);
      }
      expect(pairs.size).toBe([...plain.values()].filter((count) => count > 0).length);
    }),
  );
});

test("a released record is handed out again, empty", () => {
  const pool = new RecordPool(4);
  const records = Array.from({ length: 100 }, () => pool.allocate());
  for (const record of records) pool.setDouble(record, 1, record / 3);
  expect(records.map((record) => pool.double(record, 1))).toEqual(records.map((record) => record / 3));
  pool.release(40);
  expect(pool.live).toBe(99);
  expect([pool.allocate(), pool.word(40, 0), pool.double(40, 1)]).toEqual([40, 0, 0]);
});
