import { cp, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { tyrWith } from "../testing/answering.ts";
import { temporaryDirectory } from "../testing/fake-world.ts";

const SHIPPED = fileURLToPath(new URL("../../../../policies", import.meta.url));
const digest = "3f".repeat(32);
const other = "a1".repeat(32);
const at = "2026-02-01T12:00:00.000Z";
const by = { kind: "person", id: "usr_1", name: "cleo\u001b[31m" };
const policy = {
  id: "wide-needs-two",
  effect: "forbid",
  reason: "Two people decide.",
  text: '@id("wide-needs-two") forbid (principal, action, resource);',
  annotations: { approvals: "2" },
};
const inForce = { digest, activatedAt: at, policies: [policy] };
const waiting = {
  id: "act_0190a3b4-1111-7222-8333-000000000001",
  type: "update_policy",
  target: other,
  state: "pending",
  justification: "x",
  requester: by,
  decision: { outcome: "require_approval", reasons: [], requirements: [], bundleDigest: digest, at },
  dryRun: { ok: true, summary: "x", before: [], after: [], warnings: [], reach: {}, at, digest: "d" },
  approvals: [],
  approvalsMissing: 1,
  ttlSeconds: null,
  evidence: { incidentId: null, detectionIds: [], risk: null },
  breakGlass: null,
  createdAt: at,
  updatedAt: at,
  deadlineAt: at,
  executedAt: null,
  effectEndsAt: null,
  failure: null,
  blockId: null,
  connector: "tyr",
  revision: 1,
  requestDigest: "r",
  legalMoves: [],
};
const run = {
  id: "pbt_0190a3b4-1111-7222-8333-000000000001",
  state: "done",
  progress: 1,
  days: 90,
  decisions: 12,
  same: 11,
  unanswerable: 0,
  changes: [{ from: "allow", to: "deny", count: 1, examples: [{ target: "8.8.8.8", decision: 7 }] }],
};

describe("tyr policy, at the server", () => {
  test("show lists what is in force, and one policy by its text", async () => {
    const answers = { "GET /api/v1/policy": inForce };
    const all = await tyrWith(["policy", "show"], answers, { stdout: terminal() });
    expect([all.code, all.err]).toEqual([0, expect.stringContaining(digest)]);
    expect(JSON.parse((await tyrWith(["policy", "show", "--json"], answers)).out)).toMatchObject({ digest });
    const one = await tyrWith(["policy", "show", "wide-needs-two", "--json"], answers);
    expect(JSON.parse(one.out)).toMatchObject({ id: "wide-needs-two" });
    const none = await tyrWith(["policy", "show", "nothing"], answers);
    expect([none.code, none.err]).toEqual([2, expect.stringContaining("no policy nothing is in force")]);
  });

  test("versions says which is in force, and warns of a folder that is not what decides", async () => {
    const item = {
      digest,
      inForce: true,
      origin: "published",
      policies: 9,
      createdAt: at,
      createdBy: by,
      activations: [],
    };
    const answers = { "GET /api/v1/policy/versions": { items: [item], folder: { digest: other, inForce: false } } };
    const { code, out, err } = await tyrWith(["policy", "versions", "--json"], answers);
    expect([code, JSON.parse(out)]).toMatchObject([0, { items: [{ digest }] }]);
    expect(err).toContain(`the folder of policies holds another bundle: ${other}`);
  });

  test("diff asks about a stored bundle by its digest, or about the files of a folder", async () => {
    const difference = {
      policyId: policy.id,
      change: "changed",
      effect: "forbid",
      reason: "x",
      before: "a",
      after: "b",
      loosens: "it asks for fewer people",
    };
    const answers = {
      "POST /api/v1/policy/diff": { from: digest, to: other, policies: [difference], files: [], facts: {} },
    };
    const stored = await tyrWith(["policy", "diff", other], answers);
    expect([stored.code, stored.sent[0]?.body, stored.err]).toEqual([
      0,
      { to: { digest: other } },
      expect.stringContaining("1 policies differ"),
    ]);
    const folder = await tyrWith(["policy", "diff", SHIPPED, "--from", digest], answers);
    expect(folder.sent[0]?.body).toMatchObject({
      from: { digest },
      to: { files: expect.arrayContaining([expect.objectContaining({ path: "schema.cedarschema" })]) as unknown },
    });
  });

  test("publish sends the folder with its reason, and ends with 5 while it waits for somebody else", async () => {
    const { code, sent, err } = await tyrWith(["policy", "publish", SHIPPED, "--reason", "reviewed"], {
      "POST /api/v1/policy/publish": waiting,
    });
    expect([code, sent[0]?.body]).toMatchObject([5, { justification: "reviewed" }]);
    expect(err).toContain(`Waits for 1 approval(s) by somebody else: tyr approve ${waiting.id}`);
    const unsaid = await tyrWith(["policy", "publish", SHIPPED], {});
    expect([unsaid.code, unsaid.sent]).toEqual([2, []]);
  });

  test("rollback takes a digest and nothing else", async () => {
    const answers = { "POST /api/v1/policy/rollback": waiting };
    const back = await tyrWith(["policy", "rollback", other, "--reason", "too strict"], answers);
    expect([back.code, back.sent[0]?.body]).toEqual([5, { digest: other, justification: "too strict" }]);
    expect((await tyrWith(["policy", "rollback", "yesterday", "--reason", "x"], answers)).code).toBe(2);
  });

  test("explain takes an action or the number of a decision, also under another bundle", async () => {
    const told = {
      stored: { outcome: "require_approval", by: [policy.id], bundleDigest: digest },
      again: { outcome: "deny", by: ["x"], bundleDigest: other },
      policies: [{ policyId: policy.id, effect: "forbid", decides: true, why: "its condition holds" }],
    };
    const answers = { "POST /api/v1/policy/explain": told };
    const { code, out, sent } = await tyrWith(["policy", "explain", "7", "--under", other, "--json"], answers);
    expect([code, sent[0]?.body, JSON.parse(out)]).toMatchObject([
      0,
      { decision: 7, under: other },
      { again: { outcome: "deny" } },
    ]);
    expect((await tyrWith(["policy", "explain", waiting.id], answers)).sent[0]?.body).toEqual({ action: waiting.id });
    expect((await tyrWith(["policy", "explain", "yesterday"], answers)).code).toBe(2);
  });

  test("backtest asks for so many days and shows what would be otherwise; cancel ends one", async () => {
    const answers = {
      "POST /api/v1/policy/backtests": run,
      [`DELETE /api/v1/policy/backtests/${run.id}`]: {},
    };
    const { code, sent, err } = await tyrWith(["policy", "backtest", other, "--days", "90"], answers);
    expect([code, sent[0]?.body]).toEqual([0, { days: 90, candidate: { digest: other } }]);
    expect(err).toContain("12 decisions of 90 days, 11 stay as they were");
    const broken = { ...answers, "POST /api/v1/policy/backtests": { ...run, state: "interrupted" } };
    expect((await tyrWith(["policy", "backtest", other], broken)).code).toBe(1);
    expect((await tyrWith(["policy", "backtest", "--cancel", run.id], answers)).sent[0]?.call).toContain("DELETE");
    expect((await tyrWith(["policy", "backtest", "--cancel", "x"], answers)).code).toBe(2);
  });
});

describe("tyr policy, without a server", () => {
  test("validate and test find nothing wrong with the shipped policies, and ask no server", async () => {
    const checked = await tyrWith(["policy", "validate", SHIPPED, "--json"], {});
    expect([checked.code, checked.sent, JSON.parse(checked.out)]).toMatchObject([0, [], { ok: true, problems: [] }]);
    const tested = await tyrWith(["policy", "test", SHIPPED], {});
    expect([tested.code, tested.err]).toEqual([0, expect.stringMatching(/(\d+) of \1 examples get their decision/)]);
  });

  test("a quorum of nobody, an example with another decision and a folder that is none end with their own codes", async () => {
    const folder = await temporaryDirectory();
    await cp(SHIPPED, folder, { recursive: true });
    const gate =
      '@id("g") @reason("g") @approvals("0") @approver_roles("approver") forbid (principal, action, resource);';
    await writeFile(path.join(folder, "ours.cedar"), gate);
    const invalid = await tyrWith(["policy", "validate", folder], {});
    expect([invalid.code, invalid.err + invalid.out]).toEqual([6, expect.stringContaining("@approvals")]);
    await writeFile(path.join(folder, "ours.cedar"), "// nothing\n");
    await writeFile(
      path.join(folder, "tests", "ours.yml"),
      "- name: a wrong guess\n  target: 127.0.0.1\n  expect: allow\n  by: [block-ip-possible]\n",
    );
    const failed = await tyrWith(["policy", "test", folder, "--json"], {});
    expect([failed.code, failed.out]).toEqual([6, expect.stringContaining("a wrong guess")]);
    expect((await tyrWith(["policy", "validate", path.join(folder, "none")], {})).code).toBe(2);
  });
});

/** What a person looks at. */
function terminal() {
  return { write: () => undefined, isTTY: true, columns: 120 };
}
