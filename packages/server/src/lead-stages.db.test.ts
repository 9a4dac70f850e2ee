import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { createRuleStates } from "#detect";
import { createBus, createTopicBus, cursorOf, headOf } from "#platform/bus";
import { systemClock } from "#platform/clock";
import { openDatabase, type Database } from "#platform/database";
import { silentLogger } from "#platform/log";
import { createPostgresDatabase, openTestDatabase, TEST_ENGINES } from "#platform/testing";
import { leadStages, type StageLead } from "./lead-stages.ts";
import { createEvaluator } from "./pipeline/detect/evaluate.ts";
import { buildRulePack } from "./pipeline/detect/rule-pack.ts";
import { attackLog, storeLines } from "./pipeline/detect/testing/stored-log.ts";
import { DetectWorker } from "./pipeline/detect/worker.ts";

const SCRIPT = fileURLToPath(new URL("./testing/leading-process.ts", import.meta.url));
const REFUSED = "11111111-1111-4111-8111-111111111111";
const RULES = `
title: Refused
id: ${REFUSED}
name: refused
tags: [attack.credential-access, attack.t1110.001]
logsource: { category: authentication }
detection: { selection: { event.outcome: failure }, condition: selection }
---
title: Guessing
id: 33333333-3333-4333-8333-333333333333
tags: [attack.credential-access, attack.t1110]
correlation:
  { type: event_count, rules: [refused], group-by: [source.ip], timespan: 5m, condition: { gte: 3 }, generate: true }
`;
const parts = (database: Database) => ({ database, clock: systemClock, log: silentLogger, lookMs: 50 });
const until = { timeout: 20_000, interval: 50 };

type Place = Readonly<{ url: string; folder: string }>;

async function place(): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), "tyr-lead-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "rules.yml"), RULES);
  const { url, drop } = await createPostgresDatabase();
  onTestFinished(async () => await drop());
  return { url, folder };
}

async function open({ url, folder }: Place): Promise<Database> {
  const encode = (record: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(record));
  const database = await openDatabase({ dataDir: folder, url, clock: systemClock, encode });
  onTestFinished(async () => await database[Symbol.asyncDispose]());
  return database;
}

function start({ url, folder }: Place) {
  const args = ["--conditions=@tyr/source", SCRIPT, url, folder];
  const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(child, "close");
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  const said: string[] = [];
  child.stdout.setEncoding("utf8").on("data", (text: string) => said.push(...text.trim().split("\n")));
  const says = async (what: string) => await vi.waitFor(() => expect(said).toContain(what), until);
  const end = async (): Promise<void> => {
    child.stdin.end();
    await ended;
  };
  return { child, ended, said, says, end };
}

describe("of several servers on one database", () => {
  test("the embedded engine has one, and it leads at once", async () => {
    await using one = await openTestDatabase("pglite");
    await using leading = await leadStages(parts(one.db));
    expect(leading.role()).toMatchObject({ leads: true });
  });

  test("a stage begins only for who took the lead last: who does not know yet that it lost it brings no rules of its own into force", async () => {
    // The embedded engine lets everybody lead: as long as it takes elsewhere to notice.
    await using one = await openTestDatabase("pglite");
    await using old = await leadStages(parts(one.db));
    const stageOf = (leading: StageLead, text: string): DetectWorker => {
      const rules = buildRulePack([{ path: "rules.yml", text }]);
      const ignore = (): undefined => undefined;
      const told = { onLoss: ignore, onDetected: ignore, onRefused: ignore, onStep: ignore };
      return new DetectWorker({ ...parts(one.db), bus: createBus(systemClock), leading, rules }, told);
    };
    const inForce = async () => await one.db.read.selectFrom("rule_in_force").selectAll().orderBy("rule_id").execute();
    await stageOf(old, RULES).step();
    const before = await inForce();
    await using next = await leadStages(parts(one.db));
    expect([old.isLeading(), next.isLeading()]).toEqual([true, true]);

    const stale = stageOf(old, RULES.replace("gte: 3", "gte: 4"));
    await expect(stale.step()).rejects.toThrow("another process has taken the lead");
    expect(await inForce()).toEqual(before);
    await stageOf(next, RULES.replace("gte: 3", "gte: 5")).step();
    expect(await inForce()).not.toEqual(before);
    const entries = (await one.records()).filter(({ type }) => type === "rule.loaded");
    expect(entries).toHaveLength(2);
  });

  test.skipIf(!TEST_ENGINES.includes("postgres"))(
    "one leads, another takes over when it goes or loses its connection, and both know what they are",
    async () => {
      const at = await place();
      const [one, two] = [await open(at), await open(at)];
      const first = await leadStages(parts(one));
      await using second = await leadStages(parts(two));
      expect([first.isLeading(), second.isLeading()]).toEqual([true, false]);
      const told: boolean[] = [];
      second.onChange(() => told.push(second.isLeading()));

      await first[Symbol.asyncDispose]();
      await vi.waitFor(() => expect(second.isLeading()).toBe(true), until);
      await using third = await leadStages(parts(one));
      expect(third.isLeading()).toBe(false);

      await cutLeader(at);
      await vi.waitFor(() => expect([second.isLeading(), third.isLeading()]).toContain(true), until);
      await vi.waitFor(() => expect(told.slice(0, 2)).toEqual([true, false]), until);
      expect([second.isLeading(), third.isLeading()].filter(Boolean)).toHaveLength(1);
    },
    60_000,
  );

  test.skipIf(!TEST_ENGINES.includes("postgres"))(
    "one is killed in the middle of its work: the next goes on and finds the same, once, and what is set elsewhere counts there",
    async () => {
      const at = await place();
      const database = await open(at);
      const leader = start(at);
      await leader.says("leads");
      const next = start(at);
      await next.says("stands by");

      const { events } = await storeLines(database, attackLog(4_000, 8));
      await leader.says(".");
      leader.child.kill("SIGKILL");
      await leader.ended;
      const [cursor, head] = [await cursorOf(database.read, "detect"), await headOf(database.read, "event")];
      expect([cursor > 0, cursor < head]).toEqual([true, true]);
      await next.says("leads");
      await vi.waitFor(async () => expect(await cursorOf(database.read, "detect")).toBe(head), until);

      const evaluator = createEvaluator(buildRulePack([{ path: "rules.yml", text: RULES }]));
      const expected = events.flatMap((event) => evaluator.evaluate(event)).map(({ id }) => id);
      const stored = await database.read.selectFrom("detection").select("id").execute();
      expect(stored.map(({ id }) => id).toSorted()).toEqual([...new Set(expected)].toSorted());
      expect(stored.length).toBeGreaterThan(1_000);

      await disable(database, REFUSED);
      const inForce = async () => await database.read.selectFrom("rule_state_in_force").select("rule_id").execute();
      await vi.waitFor(async () => expect(await inForce()).toEqual([{ rule_id: REFUSED }]), until);
      await next.end();
      expect(await cursorOf(database.read, "detect")).toBe(head);
    },
    90_000,
  );
});

/** Ends the connection the lead hangs on, as a proxy or an administrator would. */
async function cutLeader(at: Place): Promise<void> {
  const { Client } = await import("pg");
  const client = new Client({ connectionString: at.url });
  await client.connect();
  await client.query("select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and granted");
  await client.end();
}

async function disable(database: Database, ruleId: string): Promise<void> {
  const states = createRuleStates({
    database,
    clock: systemClock,
    bus: createBus(systemClock),
    topics: createTopicBus({ clock: systemClock, log: silentLogger }),
    log: silentLogger,
    isKnown: () => true,
    onChanged: () => undefined,
  });
  const by = { actor: { kind: "system", id: "test", name: "test" }, requestId: null } as const;
  const done = await states.set({ ruleId, change: { state: "disabled", reason: "set at another server" }, by });
  expect(done.ok).toBe(true);
}
