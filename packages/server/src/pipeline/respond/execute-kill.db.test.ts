import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
// oxlint-disable-next-line no-restricted-imports -- replays what the stages wrote to the log, as an auditor would
import { replayAction } from "../govern/testing/replay-action.ts";
import { fixedClock } from "#platform/clock";
import { openDatabase, type AuditRecord } from "#platform/database";
import { createPostgresDatabase, TEST_ENGINES, type TestDatabase } from "#platform/testing";
import { approve, ben, must, openResponseWorld, request, type ResponseWorld } from "./testing/response-world.ts";
import { newSealKeys, openTestSeal } from "./testing/test-seal.ts";

const SCRIPT = fileURLToPath(new URL("./testing/executing-process.ts", import.meta.url));
/** A failing run is repeated with the seed it printed: TYR_KILL_SEED=n. The moments are then drawn alike. */
const SEED = Number(process.env["TYR_KILL_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
/** Two installations die beside one another, so that both cores have something to start. */
const LANES = 2;
const KILLS = 25;
/** One worker more than is killed at a time is starting already. */
const AHEAD = 2;

const SHIPPED = fileURLToPath(new URL("../../../../../policies", import.meta.url));
/** One permission and one gate: what a start costs is mostly policies, and there are fifty. */
const PERMIT = `@id("possible") @reason("Possible.") permit (principal, action, resource is Target);`;
const GATE = `@id("needs-approval") @reason("Somebody else decides.") @approvals("1") @approver_roles("approver")
forbid (principal, action in Action::"execute", resource is Target) unless { context.approvals.total >= 1 };`;

function placePolicies(folder: string): void {
  mkdirSync(join(folder, "tests"), { recursive: true });
  copyFileSync(join(SHIPPED, "schema.cedarschema"), join(folder, "schema.cedarschema"));
  writeFileSync(join(folder, "permit.cedar"), PERMIT);
  writeFileSync(join(folder, "gate.cedar"), GATE);
}

type Place = Readonly<{ url: string; folder: string; keys: string }>;

async function place(): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), "tyr-execute-kill-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  placePolicies(join(folder, "policies"));
  const { url, drop } = await createPostgresDatabase();
  onTestFinished(async () => await drop());
  return { url, folder, keys: JSON.stringify(await newSealKeys()) };
}

async function openHere({ url, folder, keys }: Place): Promise<ResponseWorld> {
  const encode = (record: AuditRecord) => new TextEncoder().encode(JSON.stringify(record));
  const db = await openDatabase({ dataDir: folder, url, clock: fixedClock("2026-02-01T12:00:00Z"), encode });
  const records = async (): Promise<readonly AuditRecord[]> => {
    const rows = await db.read.selectFrom("audit_intake").select("bytes").orderBy("number").execute();
    return rows.map(({ bytes }) => JSON.parse(Buffer.from(bytes).toString("utf8")) as AuditRecord);
  };
  const own: TestDatabase = { db, records, [Symbol.asyncDispose]: async () => await db[Symbol.asyncDispose]() };
  const seal = await openTestSeal(JSON.parse(keys) as Awaited<ReturnType<typeof newSealKeys>>);
  return await openResponseWorld("postgres", { test: own, seal, policiesDir: join(folder, "policies") });
}

function start({ url, folder, keys }: Place) {
  const args = ["--conditions=@tyr/source", SCRIPT, url, folder, keys];
  const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
  // Killed while the line is on its way: what was not taken is not missed.
  child.stdin.on("error", () => undefined);
  const ended = once(child, "close");
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (said += text.replaceAll("\n", "")));
  const hears = async (mark: string): Promise<void> => {
    while (child.exitCode === null && !said.includes(mark)) await sleep(1);
  };
  return { child, ended, hears, said: () => said };
}

type Worker = ReturnType<typeof start>;

/** Mulberry32. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d_2b_79_f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A third dies before it begins, a third in the middle of the transaction, a third about when it is committed. */
async function killOnTheWay(worker: Worker, random: () => number): Promise<string> {
  const { child, ended, hears, said } = worker;
  await hears("r");
  child.stdin.write("go\n");
  const moment = random();
  if (moment >= 1 / 3) await hears("b");
  await sleep(moment < 1 / 3 ? moment * 15 : moment < 2 / 3 ? 0 : random() * 12);
  child.kill("SIGKILL");
  await ended;
  expect(child.signalCode, "it was killed and did not end by itself").toBe("SIGKILL");
  return said();
}

/** What became of one approved action: how often anything of it is there. */
async function effectsOf(world: ResponseWorld, id: string, records: readonly AuditRecord[]) {
  const { read } = world.test.db;
  const count = async (table: "outcome" | "block" | "block_hold") =>
    (
      await read
        .selectFrom(table)
        .selectAll()
        .where("action_id", "=", id as never)
        .execute()
    ).length;
  const own = records.filter(({ object }) => object.id === id);
  const entries = (type: string) => own.filter((one) => one.type === type).length;
  return {
    state: replayAction(own)?.state,
    rows: [await count("outcome"), await count("block"), await count("block_hold")],
    entries: [entries("action.executing"), entries("action.executed")],
  };
}

async function lane(seed: number): Promise<{ inTheMiddle: number; left: unknown[] }> {
  const at = await place();
  const random = generator(seed);
  await using world = await openHere(at);
  const workers = Array.from({ length: AHEAD }, () => start(at));
  const asked: string[] = [];
  let inTheMiddle = 0;
  for (let kills = 0; kills < KILLS; kills++) {
    const action = await request(world, `8.30.${kills}.1`);
    must(await approve(world, action, ben));
    asked.push(action.id);
    const worker = workers.shift() ?? start(at);
    if (kills + AHEAD < KILLS) workers.push(start(at));
    const said = await killOnTheWay(worker, random);
    if (said.endsWith("b")) inTheMiddle += 1;
  }
  // What was left by all of them is done by whoever comes next, once.
  const last = start(at);
  await last.hears("r");
  last.child.stdin.write("end\n");
  await last.ended;
  expect(last.child.exitCode).toBe(0);
  const records = await world.test.records();
  const left = [];
  for (const id of asked) left.push(await effectsOf(world, id, records));
  return { inTheMiddle, left };
}

/** The embedded engine recovers for a second at each start; its transactions are the same. */
test.skipIf(!TEST_ENGINES.includes("postgres"))(
  `killed ${LANES * KILLS} times between approval and execution, what was approved runs once: nothing twice, nothing forgotten (seed ${SEED})`,
  async () => {
    const began = performance.now();
    const lanes = await Promise.all(Array.from({ length: LANES }, async (_, index) => await lane(SEED + index)));
    const once = { state: "executed", rows: [1, 1, 1], entries: [1, 1] };
    for (const { left } of lanes) expect(left).toEqual(Array.from({ length: KILLS }, () => once));
    const middle = lanes.reduce((sum, { inTheMiddle }) => sum + inTheMiddle, 0);
    console.info(`${LANES * KILLS} kills, ${middle} within a transaction, ${Math.round(performance.now() - began)} ms`);
    expect(middle).toBeGreaterThan(5);
  },
  480_000,
);
