import * as fc from "fast-check";
import { expect, test } from "vitest";
import { RecencyMap } from "./recency-map.ts";

test("the oldest entry is the one a plain map, set again on every use, has first", () => {
  const key = fc.constantFrom("a", "b", "c", "d");
  const action = fc.record({ key, isSet: fc.boolean(), value: fc.nat() });
  fc.assert(
    fc.property(fc.array(action, { maxLength: 30 }), (actions) => {
      const plain = new Map<string, number>();
      const recency = new RecencyMap<number>();
      for (const { key: name, isSet, value } of actions) {
        plain.delete(name);
        if (isSet) plain.set(name, value);
        if (isSet) recency.set(name, value);
        else recency.delete(name);
        const [first] = plain;
        const oldest = recency.oldest();
        expect(oldest === undefined ? undefined : [oldest.key, oldest.value]).toEqual(first);
        expect([recency.size, recency.get("a")]).toEqual([plain.size, plain.get("a")]);
      }
    }),
  );
});
