import type { ActionId } from "@tyr/contract";
import { describe, expect, test } from "vitest";
import type { FollowedEntry } from "#audit";
import { deadlineNears, happeningOf, reviewOwed } from "./happenings.ts";

const action = "act_00000000-0000-7000-8000-000000000001" as ActionId;

function entry(type: string, states: readonly [string | null, string | null], details = {}): FollowedEntry {
  const [before, after] = states;
  return {
    id: "aud_00000000-0000-7000-8000-000000000001",
    at: "2026-11-02T08:00:00.000Z",
    type,
    object: { kind: "action", id: action },
    outcome: "success",
    before,
    after,
    details,
  };
}

describe("people are told", () => {
  test.each([
    ["action.submitted", "dry_run_ok", "pending", "waiting"],
    ["action.reopened", "approved", "pending", "waiting"],
    ["action.approval_withdrawn", "approved", "pending", "waiting"],
    ["action.break_glass", "pending", "approved", "break_glass"],
    ["action.approval_recorded", "pending", "pending", "decided"],
    ["action.rejected", "pending", "rejected", "decided"],
    ["action.expired", "pending", "expired", "decided"],
    ["action.cancelled", "pending", "cancelled", "decided"],
    ["action.executed", "executing", "executed", "done"],
    ["action.failed", "executing", "failed", "failed"],
    ["action.lost", "executing", "unknown", "failed"],
  ])("of %s from %s to %s, as %s", (...[event, before, after, kind]) => {
    expect(happeningOf(entry(event, [before, after]))).toMatchObject({ kind, event, actionId: action, after });
  });

  test.each([
    ["that policy allowed at once what was submitted", "action.submitted", "dry_run_ok", "approved"],
    [
      "that an approval was taken back and others are enough, or more were missing anyway",
      "action.approval_withdrawn",
      "pending",
      "pending",
    ],
    ["that a draft was thrown away", "action.cancelled", "draft", "cancelled"],
    ["of drafts", "action.created", null, "draft"],
    ["of refusals", "action.refused", "pending", "pending"],
    ["of names every object has", "constructor", null, null],
  ])("nothing %s", (...[, type, before, after]) => {
    expect(happeningOf(entry(type, [before, after]))).toBeUndefined();
  });

  test("nothing that was refused", () => {
    const changed = entry("single_person.changed", ["off", "off"]);
    expect(happeningOf(changed)).toMatchObject({ kind: "break_glass" });
    expect(happeningOf({ ...changed, outcome: "refused" })).toBeUndefined();
  });

  test("the digest of what was signed where it is one, and nothing else of the details", () => {
    const of = (digest: unknown) =>
      happeningOf(entry("action.rejected", ["pending", "rejected"], { statement_digest: digest, note: "hunter2" }));
    expect(of("3f".repeat(32))?.statementDigest).toBe("3f".repeat(32));
    expect([of("<!channel>"), of(7), of(undefined)].map((one) => one?.statementDigest)).toEqual([null, null, null]);
    expect(JSON.stringify(of("x"))).not.toContain("hunter2");
  });

  test("of a review that is owed each day from the first on, for a week", () => {
    const at = new Date("2026-11-02T08:00:00.000Z");
    const after = (hours: number) =>
      reviewOwed({ id: "bgl_1", actionId: action, at }, new Date(at.getTime() + hours * 3_600_000))?.key;
    expect([after(0), after(23.9), after(24), after(47), after(48), after(24 * 7), after(24 * 8)]).toEqual([
      undefined,
      undefined,
      "review:bgl_1:1",
      "review:bgl_1:1",
      "review:bgl_1:2",
      "review:bgl_1:7",
      undefined,
    ]);
  });

  test("of a deadline once, and of another deadline of the same action again", () => {
    const now = new Date("2026-11-02T08:00:00.000Z");
    const first = deadlineNears({ id: action, deadlineAt: new Date("2026-11-02T08:30:00.000Z") }, now);
    const later = deadlineNears({ id: action, deadlineAt: new Date("2026-11-02T09:30:00.000Z") }, now);
    expect([first.kind, first.key === later.key]).toEqual(["deadline", false]);
  });
});
