import { expect, test } from "vitest";
import type { Delegation } from "@tyr/contract";
import { tyrWith } from "../testing/answering.ts";

const id = "dlg_0190a3b4-1111-7222-8333-000000000001";
const ben = { kind: "person" as const, id: "usr_ben", name: "ben" };
const delegation: Delegation = {
  id,
  from: ben,
  to: { kind: "person", id: "usr_ana", name: "ana\u001b[31m" },
  reason: "on leave",
  createdAt: "2026-02-01T12:00:00.000Z",
  endsAt: "2026-02-08T12:00:00.000Z",
  state: "in_force",
  roles: ["approver"],
  endedAt: null,
  endedBy: null,
  mayEnd: true,
};

test("tyr delegation create sends to whom, until when and why, and shows what came of it without control characters", async () => {
  const argv = ["delegation", "create", "ana", "--for", "7d", "--reason", "on leave", "--yes"];
  const { code, out, sent } = await tyrWith(argv, { "POST /api/v1/delegations": delegation });
  expect([code, sent]).toEqual([
    0,
    [
      {
        call: "POST /api/v1/delegations",
        body: { to: "ana", endsAt: "2026-02-08T12:00:00.000Z", reason: "on leave" },
      },
    ],
  ]);
  expect(out).toContain("in force");
  expect(out).not.toContain("\u001b[31m");
});

test("tyr delegation create asks for how long and why, and for no longer than a month", async () => {
  for (const argv of [
    ["--reason", "x", "--yes"],
    ["--for", "7d", "--yes"],
    ["--for", "31d", "--reason", "x", "--yes"],
  ]) {
    const { code, sent } = await tyrWith(["delegation", "create", "ana", ...argv], {});
    expect([code, sent]).toEqual([2, []]);
  }
});

test("tyr delegation list shows those in force, and with --all the others too", async () => {
  const answers = { "GET /api/v1/delegations": { items: [delegation], next: null } };
  const { code, out } = await tyrWith(["delegation", "list"], answers);
  expect([code, out]).toEqual([0, expect.stringMatching(/dlg_.* +ben +ana.* +in force/)]);
  const all = { ...delegation, state: "void" };
  const answer = { "GET /api/v1/delegations": { items: [all], next: null } };
  expect((await tyrWith(["delegation", "list", "--all"], answer)).out).toContain("void");
});

test("tyr delegation end names one by its id, and nothing else", async () => {
  const ended = { ...delegation, state: "ended", endedAt: delegation.createdAt, endedBy: ben };
  const { code, out, sent } = await tyrWith(["delegation", "end", id], {
    [`POST /api/v1/delegations/${id}/end`]: ended,
  });
  expect([code, out, sent.map(({ body }) => body)]).toEqual([0, expect.stringContaining("by ben"), [{}]]);
  expect((await tyrWith(["delegation", "end", "ben"], {})).code).toBe(2);
});
