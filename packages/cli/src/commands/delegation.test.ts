import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { APPROVAL_DOMAIN, type Delegation } from "@tyr/contract";
import { EXIT } from "../exit-codes.ts";
import { makeKeyFile } from "../signing/key-file.ts";
import { tyrWith } from "../testing/answering.ts";
import { fakeWorld } from "../testing/fake-world.ts";

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

const wish = { to: "ana", endsAt: "2026-02-08T12:00:00.000Z", reason: "on leave" };
const CREATE = ["delegation", "create", "ana", "--for", "7d", "--reason", "on leave", "--yes"];

/** A machine with a key of its own, and a server that has a text signed about what it likes. */
async function keyHere(lie: Readonly<{ text?: object; to?: string }> = {}) {
  const world = await fakeWorld();
  const { key } = await makeKeyFile(world, undefined);
  const said = { statement: "delegate", delegation_id: id, to: "usr_ana", ends_at: wish.endsAt, reason: "on leave" };
  const text = JSON.stringify({ ...said, roles: ["approver"], ...lie.text });
  const statement = {
    statement: "delegate",
    delegation: id,
    to: { ...delegation.to, name: lie.to ?? "ana" },
    text,
    digest: createHash("sha256").update(text).digest("hex"),
    expiresAt: delegation.createdAt,
    passkey: null,
    keys: [{ id: "apk_1", name: "laptop", ...key, state: "active" }],
  };
  const answers = { "POST /api/v1/delegations/statements": statement, "POST /api/v1/delegations": delegation };
  return { key, text, answers, over: { homeDirectory: world.homeDirectory } };
}

test("tyr delegation create signs to whom, until when and why, and shows what came of it without control characters", async () => {
  const { key, text, answers, over } = await keyHere();
  const { code, out, err, sent } = await tyrWith(CREATE, answers, over);
  const signature = {
    kind: "ed25519",
    statement: createHash("sha256").update(text).digest("hex"),
    keyId: "apk_1",
    // Ed25519 signs the same the same way.
    signature: key.sign(`${APPROVAL_DOMAIN}${text}`),
  };
  expect([code, sent]).toEqual([
    0,
    [
      { call: "POST /api/v1/delegations/statements", body: wish },
      { call: "POST /api/v1/delegations", body: { ...wish, signature } },
    ],
  ]);
  expect(err).toContain("You hand it to ana, who is usr_ana.");
  expect(err).toContain('"statement":"delegate"');
  expect(out).toContain("in force");
  expect(out).not.toContain("\u001b[31m");
});

test.each([
  [{ text: { to: "usr_mallory" } }, "to whom"],
  [{ to: "mallory" }, "to whom"],
  [{ text: { ends_at: "2026-03-01T12:00:00.000Z" } }, "until when"],
  [{ text: { statement: "approve" } }, "the statement"],
  [{ text: { reason: "forever" } }, "your words"],
])("tyr delegation create signs nothing when the server's text says otherwise: %j", async (lie, name) => {
  const { answers, over } = await keyHere(lie);
  const { code, err, sent } = await tyrWith(CREATE, answers, over);
  expect([code, sent.length]).toEqual([EXIT.checkFailed, 1]);
  expect(err).toContain(`not what was asked for: ${name}; nothing was signed`);
});

test("tyr delegation create says how to come by a key where there is none", async () => {
  const { answers } = await keyHere();
  const { code, err, sent } = await tyrWith(CREATE, answers);
  expect([code, sent.length]).toEqual([EXIT.notPermitted, 1]);
  expect(err).toContain("tyr approval-key create");
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
