import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { routes, type RouteDefinition } from "@tyr/contract";
import { describe, expect, test } from "vitest";

/**
 * Which ways lead to a decision or an execution, read from the sources: a new one has to be written down here, beside
 * the reason why it asks whom it must.
 */
const root = fileURLToPath(new URL("../../", import.meta.url));
const sources: ReadonlyMap<string, string> = new Map(
  readdirSync(root, { recursive: true, encoding: "utf8" })
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => path.endsWith(".ts") && !/\.test\.ts$|\/testing\//.test(path))
    .map((path) => [relative(root, join(root, path)), readFileSync(join(root, path), "utf8")]),
);
const filesWith = (pattern: RegExp): readonly string[] =>
  [...sources].flatMap(([path, text]) => (pattern.test(text) ? [path] : [])).toSorted();

const GOVERN = "pipeline/govern";
const RESPOND = "pipeline/respond";

const takesSignature = (body: RouteDefinition["body"]): boolean =>
  typeof body === "object" && "properties" in body && Object.hasOwn(Object(body.properties), "signature");

describe("the only ways", () => {
  test("to write what was asked for and approved are the store's, and its compare-and-set is the machine's", () => {
    expect(sources.size).toBeGreaterThan(300);
    const tables = "(?:action|approval|action_move)";
    const writes = new RegExp(String.raw`(?:insertInto|updateTable|deleteFrom|mergeInto)\("${tables}"\)`);
    expect(filesWith(writes)).toEqual([`${GOVERN}/store.ts`]);
    const raw = new RegExp(String.raw`(?:insert\s+into|update|delete\s+from)\s+"?${tables}"?\s`, "i");
    expect(filesWith(raw)).toEqual([]);
    expect(filesWith(/\bupdateAction\(/)).toEqual([`${GOVERN}/move-action.ts`, `${GOVERN}/store.ts`]);
    expect(filesWith(/\binsertApproval\(/)).toEqual([`${GOVERN}/approve-action.ts`, `${GOVERN}/store.ts`]);
  });

  test("to an execution is one worker that asks policy, and to a block one function of it", () => {
    expect(filesWith(/\bexecution\.begin\(/)).toEqual([`${RESPOND}/execute-approved.ts`]);
    expect(filesWith(/\bbeginExecution\(/)).toEqual([`${GOVERN}/create-govern.ts`, `${GOVERN}/execute-action.ts`]);
    expect(filesWith(/\bholdBlock\(/)).toEqual([`${RESPOND}/execute-approved.ts`, `${RESPOND}/hold-block.ts`]);
    expect(filesWith(/insertInto\("(?:block|block_hold|outcome)"\)/)).toEqual([
      `${RESPOND}/block-store.ts`,
      `${RESPOND}/hold-store.ts`,
    ]);
  });

  test("from outside to a decision are these routes; each has a permission and asks who it is once more", () => {
    const deciding = Object.entries<RouteDefinition>(routes).filter(
      ([, { method, needs, stepUp, body }]) =>
        method !== "GET" &&
        // What is signed is a decision, whoever may ask for it: in somebody's place people reject who hold less.
        (needs === "action:approve" || needs === "action:break_glass" || stepUp === "approve" || takesSignature(body)),
    );
    const named = deciding.map(([id]) => id).toSorted();
    // Their answers are signed statements; the same two functions of this room are behind both APIs.
    const DECIDE = [
      "action.approve",
      "action.reject",
      "action.withdraw",
      "security.actionPut",
      "security.actionUpdate",
    ];
    // Without approvals for an hour, by a permission of its own; and the review that is owed for it.
    const EMERGENCY = ["action.breakGlass", "breakGlass.review"];
    // To somebody else, under a signature of whoever hands it over.
    const HAND_OVER = ["delegation.create", "delegation.statement"];
    const KNOWN = new Set([...DECIDE, ...EMERGENCY, ...HAND_OVER]);
    expect(named.filter((id) => !KNOWN.has(id))).toEqual([]);
    expect(DECIDE.filter((id) => !named.includes(id))).toEqual([]);
    const approving = deciding.filter(([id]) => id === "action.approve" || id.startsWith("security."));
    expect(approving.filter(([, { stepUp }]) => stepUp !== "approve").map(([id]) => id)).toEqual([]);
    expect(filesWith(/\bgovern\.approve\(/)).toEqual(["api/actions.ts", "api/security.ts"]);
    expect(filesWith(/\bapproveAction\(/)).toEqual([`${GOVERN}/approve-action.ts`, `${GOVERN}/create-govern.ts`]);
  });

  test("no program decides: whoever asks by a key of a service is refused before anything is read", () => {
    const decides = filesWith(/\bmove: "(?:approve|reject|withdraw|breakGlass)"/);
    expect(decides.length).toBeGreaterThan(0);
    for (const file of decides) expect([file, sources.get(file)?.includes("whileOpen(")]).toEqual([file, true]);
  });
});
