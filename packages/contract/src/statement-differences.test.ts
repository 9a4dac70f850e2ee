import { expect, test } from "vitest";
import type { Action } from "./schemas/govern.ts";
import { delegationDifferences, statementDifferences } from "./statement-differences.ts";

const FIELDS = {
  action_id: "act_019c2a5d-ac96-774b-bcce-000000000001",
  deadline_at: "2026-11-22T14:00:00.000Z",
  dry_run_digest: "d1",
  installation: "tyr.example/log",
  reason: "seen it",
  request_digest: "r1",
  requirements: [{ policyId: "two", approvals: 2, roles: ["approver", "security_manager"] }],
  revision: 3,
  signer: "usr_1",
  statement: "approve",
  target: "203.0.113.9",
  ttl_seconds: 3600,
  type: "block_ip",
};
const ACTION = {
  id: FIELDS.action_id,
  revision: 3,
  type: "block_ip",
  target: FIELDS.target,
  ttlSeconds: 3600,
  requestDigest: "r1",
  dryRun: { digest: "d1" },
} as Action;
const meant = { statement: "approve", action: ACTION, words: "seen it" } as const;
const textOf = (changes: Readonly<Record<string, unknown>> = {}): string => JSON.stringify({ ...FIELDS, ...changes });

test("a text that says what was shown differs in nothing", () => {
  expect(statementDifferences(textOf(), meant)).toEqual([]);
});

test.each([
  ["statement", "reject", "the statement"],
  ["action_id", "act_2", "the action"],
  ["revision", 4, "its revision"],
  ["type", "set_mode", "its type"],
  ["target", "0.0.0.0/0", "its target"],
  ["ttl_seconds", null, "its duration"],
  ["request_digest", "r2", "the request"],
  ["dry_run_digest", null, "the dry run"],
  ["reason", null, "your words"],
])("a text with another %s is named", (field, value, name) => {
  expect(statementDifferences(textOf({ [field]: value }), meant)).toEqual([name]);
});

test("a text in somebody's place is one only where that was asked for, and is named otherwise", () => {
  const text = textOf({ on_behalf_of: { delegation: "dlg_1", of: "usr_2", roles: ["approver"] } });
  expect(statementDifferences(text, meant)).toEqual(["in whose place"]);
  expect(statementDifferences(textOf(), { ...meant, delegation: "dlg_1" })).toEqual(["in whose place"]);
  expect(statementDifferences(text, { ...meant, delegation: "dlg_1" })).toEqual([]);
});

test("what is no JSON object is never the same as what is shown", () => {
  for (const text of ["", "[]", "null", "{"]) expect(statementDifferences(text, meant)).not.toEqual([]);
});

const HANDED = {
  delegation_id: "dlg_1",
  ends_at: "2026-11-22T14:00:00.000Z",
  reason: "on leave",
  roles: ["approver"],
  statement: "delegate",
  to: "usr_2",
};
const wish = { to: "ana", endsAt: "2026-11-22T15:00:00+01:00", reason: "on leave" };
const handed = (changes: object = {}, named: object = {}) => ({
  text: JSON.stringify({ ...HANDED, ...changes }),
  delegation: "dlg_1" as const,
  to: { kind: "person" as const, id: "usr_2", name: "ana", ...named },
});

test("a text that hands approving over is compared with what was asked for", () => {
  expect(delegationDifferences(handed(), wish)).toEqual([]);
  expect(delegationDifferences(handed(), { ...wish, to: "usr_2" })).toEqual([]);
  const lies: readonly (readonly [object, string])[] = [
    [{ statement: "approve" }, "the statement"],
    [{ delegation_id: "dlg_2" }, "the delegation"],
    [{ to: "usr_3" }, "to whom"],
    [{ ends_at: "2026-12-22T14:00:00.000Z" }, "until when"],
    [{ ends_at: 5 }, "until when"],
    [{ reason: "forever" }, "your words"],
  ];
  for (const [lie, name] of lies) expect(delegationDifferences(handed(lie), wish)).toEqual([name]);
  expect(delegationDifferences(handed({}, { name: "mallory" }), wish)).toEqual(["to whom"]);
  expect(delegationDifferences({ ...handed(), text: "[]" }, wish)).toEqual(["the text is not readable"]);
});
