import { execFile, spawnSync } from "node:child_process";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Action, ActionState, Client } from "@tyr/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  addUser,
  clientOf,
  setUp,
  settled,
  startServer,
  temporaryDirectory,
  type ServerProcess,
} from "./server-process.ts";

/** The promise of the README, from the first start to the offline proof, on the bundled real log. */
const root = fileURLToPath(new URL("../../..", import.meta.url));
const run = promisify(execFile);
const dir = temporaryDirectory();
const dataDir = join(dir.path, "data");
const exported = join(dir.path, "evidence");

let server: ServerProcess;
let alice: Client;
let token = "";
let blocked: Action;
let enforcerKey = "";

async function tyr(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = { ...process.env, TYR_URL: server.url, TYR_TOKEN: token, NO_COLOR: "1" };
  try {
    const { stdout, stderr } = await run(
      join(root, "node_modules/.bin/node"),
      [join(root, "packages/cli/bin/tyr.mjs"), ...args],
      { env },
    );
    return { code: 0, stdout, stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, stdout, stderr };
  }
}

async function until(client: Client, id: Action["id"], state: ActionState): Promise<Action> {
  for (let tries = 0; tries < 100; tries++) {
    const action = await client.call("action.get", { params: { id } });
    if (action.state === state) return action;
    await sleep(100);
  }
  throw new Error(`action ${id} never became ${state}`);
}

const feed = async (headers: Record<string, string> = {}) =>
  await fetch(`${server.url}/feeds/blocklist.txt`, { headers: { "x-api-key": enforcerKey, ...headers } });

beforeAll(async () => {
  server = await startServer({ dataDir, env: { TYR_OWN_NETWORKS: "198.51.100.0/24" } });
});
afterAll(async () => {
  await server.kill();
  dir[Symbol.dispose]();
});

describe("a stranger's first hour with Tyr", () => {
  test("the first start prints a one-time link, which makes one administrator and no second", async () => {
    expect(server.output()).toContain(`${server.url}/setup#token=`);
    alice = await setUp(server);
    token =
      (
        await clientOf(server.url).call("session.login", {
          body: { name: "alice", password: "the kettle sang at noon", token: true },
        })
      ).token ?? "";
    const again = clientOf(server.url).call("setup.complete", {
      body: { token: server.setupToken ?? "", name: "mallory", password: "another long password 1" },
    });
    await expect(again).rejects.toMatchObject({ problem: { code: "SETUP_ALREADY_DONE" } });
  });

  test("the bundled log is replayed: every line is stored or in quarantine with its reason", async () => {
    await settled(alice);
    const { items } = await alice.call("sensor.list", {});
    expect(items.length).toBeGreaterThanOrEqual(2);
    for (const { counters } of items) {
      expect(counters.stored).toBeGreaterThan(100);
      expect(counters.received).toBe(counters.stored + counters.duplicate + counters.rejected);
    }
    const { correlationLosses } = await alice.call("status.get", {});
    expect(correlationLosses).toMatchObject({ untimed: 0, ungrouped: 0, truncated: 0, evicted: 0, refused: 0 });
  });

  test("real attackers are there, with what they did in ATT&CK terms", async () => {
    const overview = await alice.call("overview.get", {});
    expect(overview.topActors[0]?.risk).toBeGreaterThanOrEqual(70);
    expect(overview.techniques.map((one) => one.technique.slice(0, 5))).toContain("T1110");
    const { items } = await alice.call("incident.list", { query: { open: true, limit: 500 } });
    const worst = items.toSorted((a, b) => b.risk.score - a.risk.score)[0];
    expect(worst?.risk.score).toBe(
      Math.min(100, worst?.risk.contributions.reduce((sum, one) => sum + one.points, 0) ?? 0),
    );
    expect(worst?.key).toContain(worst?.actorIp ?? "nobody");
    const timeline = await alice.call("incident.timeline", {
      params: { id: worst?.id ?? "inc_" },
      query: { limit: 500 },
    });
    expect(new Set(timeline.items.map((one) => one.kind))).toContain("detection");
  });

  test("the unified snapshot is computed from the rows", async () => {
    const dashboard = await alice.call("dashboard.get", {});
    const { items } = await alice.call("incident.list", { query: { open: true, limit: 500 } });
    expect(dashboard.incidents.total_open).toBe(items.length);
    expect(dashboard.honeypot.total_events).toBeGreaterThan(1_000);
    expect(dashboard.security_mode.mode).toBe("normal");
    expect(dashboard.action_requests.total_pending).toBeGreaterThan(0);
    expect(dashboard.blocklist.total_blocked).toBe(0);
  });

  test("a block proposed by the automation waits for a person, with its decision and dry run", async () => {
    const { items } = await alice.call("action.list", { query: { waiting: true } });
    const [action] = items;
    expect(action).toMatchObject({
      type: "block_ip",
      state: "pending",
      requester: { kind: "automation" },
      decision: { outcome: "require_approval" },
      dryRun: { ok: true },
      approvalsMissing: 1,
    });
    expect(action?.decision?.reasons.length).toBeGreaterThan(0);
    expect(action?.dryRun?.after).not.toEqual(action?.dryRun?.before);
    if (action === undefined) throw new Error("nothing waits");
    blocked = action;
  });

  test("approving something other than what is shown is refused as stale", async () => {
    const approve = alice.call("action.approve", {
      params: { id: blocked.id },
      body: { requestDigest: blocked.requestDigest, dryRunDigest: "0".repeat(64) },
    });
    await expect(approve).rejects.toMatchObject({ problem: { code: "APPROVAL_STALE", status: 409 } });
  });

  test("approved, it runs once, and enforcement points find it in both feeds", async () => {
    const { key } = await alice.call("enforcer.create", { body: { name: "edge-1" } });
    enforcerKey = key;
    expect((await feed()).headers.get("x-tyr-count")).toBe("0");
    const made = await tyr("approval-key", "create", "laptop", "--no-passphrase");
    expect([made.code, made.stderr]).toEqual([0, expect.stringContaining("for you alone")]);
    const approved = await tyr("approve", blocked.id, "--yes");
    expect([approved.code, approved.stderr]).toEqual([0, expect.anything()]);
    const executed = await until(alice, blocked.id, "executed");
    expect(executed.effectEndsAt).not.toBeNull();
    const list = await feed();
    expect((await list.text()).trim().split("\n")).toEqual([blocked.target]);
    expect((await feed({ "if-none-match": list.headers.get("etag") ?? "" })).status).toBe(304);
    const stream = await fetch(`${server.url}/v1/decisions/stream?startup=true`, {
      headers: { "x-api-key": enforcerKey },
    });
    expect(await stream.json()).toMatchObject({
      new: [{ type: "ban", scope: "Ip", value: blocked.target, duration: expect.stringMatching(/^\d+h\d+m\d+/) }],
    });
    const block = await alice.call("block.get", { params: { id: executed.blockId ?? "blk_" } });
    expect(block.enforcement).toMatchObject([{ name: "edge-1", state: "acknowledged" }]);
  });

  test("a wrong key gets what CrowdSec clients expect, and nobody gets the list without a key", async () => {
    const refused = await fetch(`${server.url}/v1/decisions`, { headers: { "x-api-key": "nonsense" } });
    expect([refused.status, await refused.json()]).toEqual([403, { message: "access forbidden" }]);
    expect((await fetch(`${server.url}/feeds/blocklist.txt`)).status).toBe(401);
  });

  test("our own network is never blocked, and nobody approves what they asked for", async () => {
    const carol = await addUser(alice, server.url, { name: "carol", roles: ["security_manager"] });
    const own = carol.call("action.create", {
      body: { type: "block_ip", target: "198.51.100.7", justification: "they say it attacks" },
    });
    await expect(own).rejects.toMatchObject({ problem: { code: "ACTION_DENIED" } });
    const wider = carol.call("action.create", {
      body: { type: "block_ip", target: "198.51.0.0/16", justification: "all of them" },
    });
    await expect(wider).rejects.toMatchObject({ problem: { code: "ACTION_DENIED" } });
    const asked = await carol.call("action.create", {
      body: { type: "block_ip", target: "10.1.2.3", justification: "an infected laptop" },
    });
    expect(asked).toMatchObject({ state: "pending", decision: { outcome: "require_approval" } });
    const self = carol.call("action.approve", {
      params: { id: asked.id },
      body: { requestDigest: asked.requestDigest, dryRunDigest: asked.dryRun?.digest ?? "" },
    });
    await expect(self).rejects.toMatchObject({ problem: { code: "APPROVAL_BY_REQUESTER" } });
  });

  test("reverted, the block leaves the feeds; the enforcement point is told that it is gone", async () => {
    const dave = await addUser(alice, server.url, { name: "dave", roles: ["executor"] });
    await dave.call("action.revert", { params: { id: blocked.id }, body: { reason: "a customer's proxy" } });
    await until(alice, blocked.id, "reverted");
    expect(await (await feed()).text()).toBe("");
    const stream = await fetch(`${server.url}/v1/decisions/stream`, { headers: { "x-api-key": enforcerKey } });
    expect(await stream.json()).toMatchObject({ new: null, deleted: [{ value: blocked.target }] });
  });

  test("the log of all this verifies on the server, and offline from an export", async () => {
    const verification = await alice.call("audit.verify", {});
    expect(verification).toMatchObject({ ok: true, problems: [] });
    expect(verification.entriesRead).toBe(verification.size);
    const types = new Set<string>();
    for (let after: string | undefined; ;) {
      const page = await alice.call("audit.list", { query: { limit: 500, ...(after === undefined ? {} : { after }) } });
      for (const entry of page.items) types.add(entry.type);
      if (page.next === null) break;
      after = page.next;
    }
    const expected = [
      "setup.completed",
      "session.created",
      "sensor.registered",
      "event.stored",
      "detection.recorded",
      "incident.opened",
      "action.created",
      "action.dry_run",
      "action.submitted",
      "action.approval_recorded",
      "action.executing",
      "action.executed",
      "block.created",
      "action.reverting",
      "action.reverted",
      "block.lifted",
      "enforcer.registered",
      "user.created",
    ];
    expect(expected.filter((type) => !types.has(type))).toEqual([]);
    expect(await tyr("audit", "export", exported)).toMatchObject({ code: 0 });
    expect(await tyr("audit", "verify", exported)).toMatchObject({ code: 0 });
  });

  test("a third party sees from the export alone who approved what ran, and that they signed it", async () => {
    const { user } = await alice.call("session.get", {});
    const told = await tyr("audit", "verify-approvals", exported);
    const approved = `${blocked.id} ${blocked.target}: approved by ${user.id}`;
    expect([told.code, told.stdout]).toEqual([0, expect.stringContaining(approved)]);
    const script = join(root, "scripts/verify-approvals.mjs");
    const bundle = readdirSync(join(exported, "tile/entries"), { recursive: true, encoding: "utf8" })
      .map((file) => join(exported, "tile/entries", file))
      .find((file) => statSync(file).isFile() && readFileSync(file).includes("approval_recorded"));
    const check = () => spawnSync(process.execPath, [script, exported], { encoding: "utf8" });
    expect(check()).toMatchObject({ status: 0, stdout: expect.stringMatching(/1 signed decisions.*all holds\n$/) });
    const [file, whole] = [bundle ?? "", readFileSync(bundle ?? "")];
    const at = whole.lastIndexOf('\\"target\\"', whole.indexOf("action.approval_recorded"));
    writeFileSync(file, whole.with(at + 13, (whole[at + 13] ?? 0) ^ 1));
    expect(check()).toMatchObject({
      status: 6,
      stdout: expect.stringMatching(/PROBLEM STATEMENT_ALTERED.*[\s\S]*root/),
    });
    writeFileSync(file, whole);
  });

  test("one flipped byte is named by its index, and a later, shorter log is caught by an earlier checkpoint", async () => {
    const bundle = readdirSync(join(exported, "tile/entries"), { recursive: true, encoding: "utf8" })
      .map((file) => join(exported, "tile/entries", file))
      .find((file) => /\d$/.test(file) && !file.endsWith(".p"));
    const path = bundle ?? "";
    const bytes = readFileSync(path);
    const flipped = Buffer.from(bytes);
    flipped.writeUInt8(flipped.readUInt8(40) ^ 1, 40);
    writeFileSync(path, flipped);
    const verdict = await tyr("audit", "verify", exported);
    expect(verdict.code).toBe(6);
    expect(`${verdict.stdout}${verdict.stderr}`).toMatch(/entry 0\b|index 0\b/);
    writeFileSync(path, bytes);
    expect(await tyr("audit", "verify", exported)).toMatchObject({ code: 0 });
    // The checkpoint of now is later than the export: against it, the export is a log cut short.
    await alice.call("session.endOthers", {}).catch(() => undefined);
    token =
      (
        await clientOf(server.url).call("session.login", {
          body: { name: "alice", password: "the kettle sang at noon", token: true },
        })
      ).token ?? "";
    await sleep(2_500);
    const later = await clientOf(server.url, token).call("audit.head", {});
    writeFileSync(join(dir.path, "later.txt"), later.checkpoint);
    expect(await tyr("audit", "verify", exported, "--checkpoint", join(dir.path, "later.txt"))).toMatchObject({
      code: 6,
    });
  });

  test("a second start makes no set-up link, replays nothing and remembers everything", async () => {
    expect(await server.stop()).toBe(0);
    server = await startServer({ dataDir, env: { TYR_OWN_NETWORKS: "198.51.100.0/24" } });
    expect(server.setupToken).toBeUndefined();
    const again = clientOf(server.url, token);
    expect((await again.call("action.get", { params: { id: blocked.id } })).state).toBe("reverted");
    const before = await again.call("status.get", {});
    expect(before.imports).toEqual([]);
    expect(before.database).toMatchObject({ durable: true });
  });
});
