import { PERMISSION_NAMES } from "@tyr/contract";
import { expect, test } from "vitest";
import { byNoun } from "./matrix.tsx";

test("permissions are grouped by noun: each once, nouns together even where the contract names them apart", () => {
  expect(byNoun(["key:read", "audit:read", "key:write"])).toEqual([
    { noun: "key", permissions: ["key:read", "key:write"] },
    { noun: "audit", permissions: ["audit:read"] },
  ]);
  const all = byNoun(PERMISSION_NAMES);
  expect(all.flatMap(({ permissions }) => permissions).toSorted()).toEqual([...PERMISSION_NAMES].toSorted());
  expect(new Set(all.map(({ noun }) => noun)).size).toBe(all.length);
});
