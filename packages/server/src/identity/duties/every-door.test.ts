import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

const room = new URL("../", import.meta.url).pathname;
/** What changes who holds what. Whoever writes such a row must say why that cannot bring two duties together. */
const WRITES = /\b(insertSubject|updateSubject|updateCustomRole|insertKey|replaceSecret|updateService)\(/;
/** What brings nobody anything by itself, and why. */
const GIVES_NOTHING: Readonly<Record<string, string>> = {
  "reviews/carry-out.ts": "takes away, and puts back what a refusal left half taken",
  "provisioning/provision-users.ts": "makes accounts without a role; roles come by applyChange, which keeps the duties",
};
const KEEPS = /\b(keepDuties|exceptFirst)\(/;

const sources = readdirSync(room, { recursive: true, encoding: "utf8" }).filter(
  (path) => path.endsWith(".ts") && !path.endsWith(".test.ts") && !path.endsWith("store.ts"),
);

describe("what somebody holds", () => {
  test("is written nowhere in the room of identity but under the separation of duties", () => {
    const writing = sources.filter((path) => WRITES.test(readFileSync(join(room, path), "utf8")));
    expect(writing).toContain("users.ts");
    const free = writing.filter((path) => GIVES_NOTHING[path] === undefined);
    expect(free.filter((path) => !KEEPS.test(readFileSync(join(room, path), "utf8")))).toEqual([]);
  });
});
