import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Review, ReviewItem } from "@tyr/contract";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Refuses, startFakeServer, type FakeServer, type Handlers } from "./fake-server.ts";
import { session } from "./samples.ts";
import { tyrHere } from "./tyr-here.ts";

const uuid = (last: number): string => `0190a3b4-1111-7222-8333-${String(last).padStart(12, "0")}`;
const at = "2026-02-01T12:00:00.000Z";
const rex = { id: `usr_${uuid(1)}`, name: "rex" };
const review: Review = {
  id: `rvw_${uuid(1)}` as Review["id"],
  name: "Everybody\u001b[31m",
  scope: "people",
  role: null,
  undecided: "leave",
  reviewers: [rex],
  state: "overdue",
  createdAt: at,
  createdBy: rex,
  dueAt: "2026-02-15T12:00:00.000Z",
  everyDays: null,
  nextDueAt: null,
  closedAt: null,
  closedBy: null,
  progress: { items: 3, decided: 1, stale: 1, gone: 0 },
};
const held: ReviewItem["held"] = {
  roles: ["analyst"],
  permissions: ["event:read"],
  active: true,
  owner: null,
  expiresAt: null,
};
const decision = { decision: "keep", reason: "still here", roles: [], by: rex, at, stale: true } as const;
const item = (last: number, name: string, rest: Partial<ReviewItem> = {}): ReviewItem => ({
  id: `rvi_${uuid(last)}` as ReviewItem["id"],
  kind: "person",
  target: { id: `usr_${uuid(last)}`, name },
  held,
  now: held,
  digest: String(last).repeat(64),
  changed: false,
  lastUsedAt: null,
  own: false,
  decision: null,
  outcome: null,
  note: null,
  ...rest,
});
const items = [
  item(1, "rex", { own: true }),
  item(2, "mara", { changed: true, decision: { ...decision, roles: [] } }),
  item(3, "jonas"),
];
const got: Handlers = { "review.get": () => ({ review, items }) };

let home: string;
let server: FakeServer;
beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), "tyr-review-"));
  server = await startFakeServer();
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await rm(home, { recursive: true, force: true });
});

async function run(argv: readonly string[], handlers: Handlers = {}) {
  Object.assign(server.handlers, handlers);
  return await tyrHere(["access-review", ...argv], { home, env: { TYR_URL: server.url, TYR_TOKEN: server.token } });
}
const sent = (): unknown => {
  const body = server.seen.at(-1)?.body.toString("utf8") ?? "";
  return body === "" ? undefined : JSON.parse(body);
};

test("access reviews are listed with how far they are, and a name cannot colour the terminal", async () => {
  const end = await run(["list"], { "review.list": () => ({ items: [review] }) });
  expect([end.code, end.stdout]).toEqual([0, expect.stringMatching(/Everybody.* +people +overdue +1\/3 +1 /)]);
  expect(end.stdout).not.toContain("\u001b[31m");
  const none = await run(["list"], { "review.list": () => ({ items: [] }) });
  expect([none.code, none.stderr]).toEqual([0, expect.stringContaining("No access reviews")]);
});

test("one is begun with reviewers by name and an end; without a reviewer nothing is asked", async () => {
  const create: Handlers = { "user.list": () => ({ items: [session.user] }), "review.create": () => review };
  const end = await run(["create", "Q1", "--role", "approver", "--reviewer", "Freya", "--undecided", "revoke"], create);
  expect([end.code, end.stderr]).toEqual([0, ""]);
  expect(sent()).toMatchObject({
    name: "Q1",
    scope: "role",
    role: "approver",
    reviewers: [session.user.id],
    undecided: "revoke",
  });
  const asked = server.seen.length;
  const nobody = await run(["create", "Q1"], create);
  expect([nobody.code, nobody.stderr]).toEqual([2, expect.stringContaining("--reviewer")]);
  expect(server.seen).toHaveLength(asked);
});

test("its items are shown with what is stale, and an id that is none is refused before anything is asked", async () => {
  const end = await run(["show", review.id], got);
  expect([end.code, end.stdout]).toEqual([0, expect.stringMatching(/mara +analyst .*yes +keep \(stale\)/)]);
  expect(end.stderr).toMatch(/overdue, 1 of 3 decided, 1 stale/);
  const asked = server.seen.length;
  const wrong = await run(["show", "usr_1"], got);
  expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining("is not an access review")]);
  expect(server.seen).toHaveLength(asked);
});

test("decisions name exactly what was shown; --all leaves out one's own and what is decided", async () => {
  const deciding: Handlers = { ...got, "review.decide": () => undefined };
  const all = await run(["decide", review.id, "--all", "--decision", "revoke", "--reason", "left"], deciding);
  expect([all.code, all.stderr]).toEqual([0, expect.stringContaining("Decided about 1: revoke")]);
  expect(sent()).toEqual({
    items: [{ id: items[2]?.id, digest: items[2]?.digest }],
    decision: "revoke",
    reason: "left",
  });
  const change = ["decide", review.id, "mara", "--decision", "change", "--role", "viewer", "--reason", "less"];
  expect((await run(change, deciding)).code).toBe(0);
  expect(sent()).toMatchObject({ items: [{ id: items[1]?.id }], decision: "change", roles: ["viewer"] });
  const nobody = await run(["decide", review.id, "kim", "--decision", "keep", "--reason", "x"], deciding);
  expect([nobody.code, nobody.stderr]).toEqual([1, expect.stringContaining("there is no item kim")]);
  const own = { ...got, "review.decide": () => new Refuses("OWN_ACCESS") };
  const refused = await run(["decide", review.id, "rex", "--decision", "keep", "--reason", "me"], own);
  expect(refused.code).not.toBe(0);
  expect(refused.stderr).toContain("Nobody decides about their own access");
});

test("closing is asked for again without --yes, and then shows what became of each", async () => {
  const closed = { ...review, state: "closed" as const };
  const closing: Handlers = {
    "review.close": () => ({ review: closed, items: [item(3, "jonas", { outcome: "revoked" })] }),
  };
  const unsure = await run(["close", review.id], closing);
  expect(unsure.code).not.toBe(0);
  expect(server.seen).toHaveLength(0);
  const end = await run(["close", review.id, "--yes"], closing);
  expect([end.code, end.stdout]).toEqual([0, expect.stringMatching(/jonas +analyst .*revoked/)]);
});

test("the report names the entries of the log and the hash that two reports share", async () => {
  const report: Handlers = {
    "review.report": () => ({
      review,
      generatedAt: at,
      itemsSha256: "a".repeat(64),
      entries: { created: 41, closed: null },
      items: items.map((one) => ({ ...one, entries: { decided: 42, executed: null } })),
    }),
  };
  const end = await run(["report", review.id], report);
  expect([end.code, end.stdout]).toEqual([0, expect.stringMatching(/mara .*still here +rex +42/)]);
  expect(end.stderr).toMatch(/begun 41, closed not yet[^]*a{64}/);
});
