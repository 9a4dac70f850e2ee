import { expect, test } from "vitest";
import { HistoryBroken, replayAction } from "./replay-action.ts";

const actor = { kind: "person", id: "usr_ana", name: "Ana" } as const;
const digests = { revision: 1, target: "8.8.8.8", request_digest: "a", dry_run_digest: "b" };
const created = {
  type: "action.created",
  actor,
  before: null,
  after: "draft",
  details: { ...digests, justification: "x", ttl_seconds: 60 },
} as const;
const tried = { type: "action.dry_run", actor, before: "draft", after: "dry_run_ok", details: digests } as const;
const submitted = {
  type: "action.submitted",
  actor,
  before: "dry_run_ok",
  after: "pending",
  details: { ...digests, deadline_at: "2026-02-01T16:00:00.000Z" },
} as const;

test("entries in their order give the row: what was asked for, how far it is, until when it is decided", () => {
  expect(replayAction([created, tried, submitted])).toMatchObject({
    state: "pending",
    revision: 1,
    target: "8.8.8.8",
    requesterId: "usr_ana",
    ttlSeconds: 60,
    dryRunDigest: "b",
    deadlineAt: "2026-02-01T16:00:00.000Z",
  });
});

test("what was refused changed nothing", () => {
  const refused = { type: "action.refused", actor, outcome: "refused", before: "draft", after: "draft" } as const;
  expect(replayAction([created, refused, tried])?.state).toBe("dry_run_ok");
});

test("a history with an entry missing, or with one before its beginning, is no history", () => {
  expect(() => replayAction([created, submitted])).toThrow(HistoryBroken);
  expect(() => replayAction([tried, created])).toThrow("it begins with action.dry_run");
  expect(replayAction([])).toBeUndefined();
});
