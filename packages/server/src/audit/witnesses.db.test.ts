import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  cosign,
  decideAddCheckpoint,
  generateSigningKey,
  openByPolicy,
  openCosigningKey,
  parseTlogPolicy,
  parseVerifierKey,
  verifyTlogProof,
  type KeySigner,
  type WitnessState,
} from "@tyr/ledger";
import type { Result } from "@tyr/contract";
import { sql } from "kysely";
import { describe, expect, onTestFinished, test } from "vitest";
import { createAudit, parseWitnessPolicy, type Answer, type Audit, type WitnessClient } from "#audit";
import { fixedClock, type Clock } from "#platform/clock";
import type { Database } from "#platform/database";
import { silentLogger } from "#platform/log";
import { openTestDatabase, TEST_ENGINES, type EngineName } from "#platform/testing";
import { readLeaves } from "./store.ts";

const START = "2026-11-22T10:00:00.000Z";

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "tyr-witnessed-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

async function write(db: Database, count: number): Promise<void> {
  const actor = { kind: "system", id: "system", name: "system" } as const;
  const facts = Array.from({ length: count }, (_, at) => ({
    type: "system.heartbeat" as const,
    actor,
    object: { kind: "audit-log", id: String(at) },
  }));
  await db.audited(
    () => facts,
    async () => undefined,
  );
}

/** A witness that keeps to the protocol, and what it does instead when it does not. */
type Known = {
  signer: KeySigner;
  state: WitnessState | undefined;
  published: string | undefined;
  asked: number;
  instead?: () => Promise<Answer>;
  latestInstead?: () => Promise<Answer>;
};

async function aWitness(name: string, clock: Clock): Promise<Known> {
  const { skey } = await generateSigningKey(name, "cosignature");
  const opened = await openCosigningKey(skey, () => clock.now().getTime() / 1000);
  if (!opened.ok) throw new Error(opened.refusal.message);
  return { signer: opened.value, state: undefined, published: undefined, asked: 0 };
}

/** All witnesses of a test behind one client, by their address. */
function clientOf(witnesses: Readonly<Record<string, Known>>, logKey: () => string): WitnessClient {
  const at = (url: string): Known => {
    const known = witnesses[new URL(url).hostname];
    if (known === undefined) throw new TypeError("fetch failed");
    return known;
  };
  return {
    async add({ url }, body) {
      const known = at(url);
      known.asked += 1;
      if (known.instead !== undefined) return await known.instead();
      const key = parseVerifierKey(logKey());
      if (!key.ok) throw new Error(key.refusal.message);
      const logs = new Map([[key.value.name, [key.value]]]);
      const decision = await decideAddCheckpoint({ body, logs, latest: () => known.state });
      if (decision.status !== 200) return decision;
      known.state = decision.next;
      const line = await cosign(decision.text, known.signer);
      known.published = decision.signed + line;
      return { status: 200, body: line };
    },
    async latest({ url }) {
      const known = at(url);
      if (known.latestInstead !== undefined) return await known.latestInstead();
      return known.published === undefined ? { status: 404, body: "" } : { status: 200, body: known.published };
    },
  };
}

function policyOf(witnesses: Readonly<Record<string, Known>>, quorum: string): string {
  const lines = Object.entries(witnesses).map(
    ([name, { signer }]) => `witness ${name} ${signer.vkey} https://${name}/`,
  );
  return `${lines.join("\n")}\ngroup most 2 ${Object.keys(witnesses).join(" ")}\nquorum ${quorum}\n`;
}

type World = {
  db: Database;
  clock: ReturnType<typeof fixedClock>;
  witnesses: Record<"one" | "two" | "three", Known>;
  dataDir: string;
  open: (over?: { dataDir?: string; db?: Database }) => Promise<Audit>;
  policy: string;
};

async function aWorld(db: Database, quorum = "most"): Promise<World> {
  const clock = fixedClock(START);
  const witnesses = {
    one: await aWitness("one.example", clock),
    two: await aWitness("two.example", clock),
    three: await aWitness("three.example", clock),
  };
  const dataDir = folder();
  let vkey = "";
  const policy = policyOf(witnesses, quorum);
  const open: World["open"] = async (over = {}) => {
    const audit = await createAudit({
      database: over.db ?? db,
      clock,
      log: silentLogger,
      dataDir: over.dataDir ?? dataDir,
      witnesses: parseWitnessPolicy(policy),
      witnessClient: clientOf(witnesses, () => vkey),
    });
    vkey = audit.vkey;
    return audit;
  };
  return { db, clock, witnesses, dataDir, open, policy };
}

async function grow({ db, clock }: World, audit: Audit, count: number): Promise<void> {
  await write(db, count);
  await audit.settle();
  clock.advance(61_000);
  await audit.submit();
}

async function checkpointOf(audit: Audit): Promise<string> {
  const file = await audit.file("checkpoint");
  if (!file.ok) throw new Error(file.refusal.code);
  return Buffer.from(file.value).toString();
}

/** How many witnesses a reader with the same policy finds under it, or why he refuses it. */
async function readBy({ policy }: World, audit: Audit, note: string): Promise<number | string> {
  const parsed = parseTlogPolicy(`log ${audit.vkey}\n${policy}`);
  if (!parsed.ok) throw new Error(parsed.refusal.message);
  const opened = await openByPolicy(note, parsed.value, audit.origin);
  return opened.ok ? opened.value.cosignatures.length : opened.refusal.code;
}

/** A `.tlog-proof` ends with the checkpoint, after an empty line. */
function checkpointIn(proof: Result<string>): string {
  return proof.ok ? proof.value.split("\n\n").slice(1).join("\n\n") : "";
}

describe("a policy of witnesses", () => {
  const vkey = "example.com/w+47c7a6a8+BAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g";
  test.each([
    ["", "no quorum line"],
    ["quorum none\n", "names no witness"],
    ["witness a b http://a/\nquorum a\n", "line 1"],
    [`witness a ${vkey}\nquorum a\n`, "line 1"],
  ])("that cannot be used is refused by its setting: %j", (text, why) => {
    const refused = {
      code: "CONFIG_INVALID",
      setting: "TYR_WITNESS_POLICY",
      message: expect.stringContaining(why) as string,
    };
    expect(() => parseWitnessPolicy(text)).toThrow(expect.objectContaining(refused) as Error);
  });

  test("needs an address for every witness, without secrets in it", async () => {
    const { signer } = await aWitness("w.example", fixedClock(START));
    const refusal = (address: string) => () => parseWitnessPolicy(`witness w ${signer.vkey} ${address}\nquorum w\n`);
    expect(() => parseWitnessPolicy("#".repeat(70_000))).toThrow("larger than 64 KiB");
    expect(refusal("")).toThrow("has no address");
    expect(refusal("ftp://w")).toThrow("does not begin with");
    expect(refusal("http://w.example")).toThrow("use https");
    expect(refusal("http://127.0.0.1:8971")().witnesses[0]?.url).toBe("http://127.0.0.1:8971");
    const inClear = `witness w ${signer.vkey} http://w.example\nquorum w\n`;
    expect(parseWitnessPolicy(inClear, { cleartext: true }).witnesses).toHaveLength(1);
    expect(refusal("https://u:p@w/")).toThrow("has a password");
    expect(refusal("https://w/?x=1")).toThrow("a ?");
    expect(refusal("https://w/a/")().witnesses[0]?.url).toBe("https://w/a");
  });
});

describe.each(TEST_ENGINES)("witnesses of the log on %s", (engine: EngineName) => {
  test("cosign what is signed; copies and proofs carry the quorum, and status says how far", async () => {
    await using test = await openTestDatabase(engine);
    const world = await aWorld(test.db);
    const audit = await world.open();
    expect(await audit.cosigning()).toMatchObject({ size: null, at: null, quorum: "most", alarm: null });
    await grow(world, audit, 5);
    await grow(world, audit, 300);
    const status = await audit.cosigning();
    expect(status).toMatchObject({ size: 305, alarm: null });
    expect(status?.witnesses.filter(({ size, problem }) => size === 305 && problem === null)).toHaveLength(3);
    expect(await readBy(world, audit, await checkpointOf(audit))).toBe(3);
    const [leaf] = await readLeaves(world.db.read, 17, 18);
    const proof = await audit.prove(leaf?.id ?? "");
    const key = parseVerifierKey(audit.vkey);
    const keys = key.ok ? [key.value] : [];
    const checked = await verifyTlogProof(proof.ok ? proof.value : "", leaf?.bytes ?? new Uint8Array(), { keys });
    expect(checked).toMatchObject({ ok: true, value: { index: 17, checkpoint: { size: 305 } } });
    expect(await readBy(world, audit, checkpointIn(proof))).toBe(3);
  });

  test("that are down, slow, hostile or behind hold nothing up: two of three are enough", async () => {
    await using test = await openTestDatabase(engine);
    const world = await aWorld(test.db);
    const audit = await world.open();
    const { three } = world.witnesses;
    const hostile: (() => Promise<Answer>)[] = [
      () => Promise.reject(new TypeError("fetch failed")),
      () => Promise.resolve({ status: 200, body: "— two.example AAAAAAAAAAA=\n" }),
      () => Promise.resolve({ status: 200, body: "" }),
      () => Promise.resolve({ status: 409, body: "seventeen\u001b[2J" }),
      () => Promise.resolve({ status: 409, body: "1\n" }),
      () => Promise.resolve({ status: 500, body: "x".repeat(10_000) }),
    ];
    for (const instead of hostile) {
      three.instead = instead;
      world.clock.advance(700_000);
      await grow(world, audit, 3);
    }
    const status = await audit.cosigning();
    expect(status).toMatchObject({ size: 18, alarm: null });
    expect(status?.witnesses[2]?.size).toBeNull();
    expect(status?.witnesses[2]?.problem).toMatch(/^answered 500: "x{200}"$/);
    expect(await readBy(world, audit, await checkpointOf(audit))).toBe(2);
    delete three.instead;
    world.clock.advance(700_000);
    await audit.submit();
    expect((await audit.cosigning())?.witnesses[2]).toMatchObject({ size: 18, problem: null });
  });

  test("that never answer keep neither the log nor the other witnesses from going on", async () => {
    await using test = await openTestDatabase(engine);
    const world = await aWorld(test.db);
    const audit = await world.open();
    const { promise: answer, resolve } = Promise.withResolvers<Answer>();
    world.witnesses.three.instead = async () => await answer;
    await write(world.db, 3);
    await audit.settle();
    const submitting = audit.submit();
    await expect.poll(async () => (await audit.cosigning())?.size, { timeout: 10_000 }).toBe(3);
    await write(world.db, 4);
    await audit.settle();
    expect((await audit.head()).size).toBe(7);
    resolve({ status: 503, body: "" });
    await submitting;
  });

  test("are asked again after a while only, longer each time, and once a minute at most", async () => {
    await using test = await openTestDatabase(engine);
    const world = await aWorld(test.db);
    const audit = await world.open();
    const { one, three } = world.witnesses;
    three.instead = () => Promise.reject(new Error("down"));
    await grow(world, audit, 1);
    for (let second = 0; second < 60; second += 1) {
      await write(world.db, 1);
      await audit.settle();
      world.clock.advance(900);
      await audit.submit();
    }
    expect(one.asked).toBe(1);
    // At 0, 5, 15 and 35 s; the next would be at 75 s.
    expect(three.asked).toBe(4);
  });

  test("that remember less than we thought are given everything from there", async () => {
    await using test = await openTestDatabase(engine);
    const world = await aWorld(test.db);
    const audit = await world.open();
    await grow(world, audit, 300);
    world.witnesses.one.state = undefined;
    await grow(world, audit, 5);
    expect(await audit.cosigning()).toMatchObject({ size: 305, alarm: null });
    expect(world.witnesses.one.state).toMatchObject({ size: 305 });
  });

  test("that claim a larger log without showing it raise an alarm, and stop nothing", async () => {
    await using test = await openTestDatabase(engine);
    const world = await aWorld(test.db);
    const audit = await world.open();
    await grow(world, audit, 3);
    world.witnesses.three.instead = () => Promise.resolve({ status: 409, body: "999999\n" });
    world.witnesses.three.latestInstead = () => Promise.resolve({ status: 200, body: "999999\n" });
    await grow(world, audit, 3);
    expect(await audit.cosigning()).toMatchObject({ size: 6, alarm: "witness three claims that the log was changed" });
    expect(audit.diverged()).toBeUndefined();
    expect((await world.open()).diverged()).toBeUndefined();
  });

  test("silent for long: what is newest is published without them, and the reader's policy says so", async () => {
    await using test = await openTestDatabase(engine);
    const world = await aWorld(test.db);
    const audit = await world.open();
    await grow(world, audit, 3);
    for (const witness of Object.values(world.witnesses)) witness.instead = () => Promise.reject(new Error("down"));
    await grow(world, audit, 3);
    expect(await readBy(world, audit, await checkpointOf(audit))).toBe(3);
    world.clock.advance(16 * 60_000);
    await grow(world, audit, 3);
    expect(await readBy(world, audit, await checkpointOf(audit))).toBe("LEDGER_QUORUM_MISSED");
    const [old, young] = [(await readLeaves(world.db.read, 0, 1))[0], (await readLeaves(world.db.read, 8, 9))[0]];
    const proofs = [await audit.prove(old?.id ?? ""), await audit.prove(young?.id ?? "")];
    const checkpoints = proofs.map(checkpointIn);
    expect(await readBy(world, audit, checkpoints[0] ?? "")).toBe(3);
    expect(await readBy(world, audit, checkpoints[1] ?? "")).toBe("LEDGER_QUORUM_MISSED");
  });

  /** The database as it was after 3 entries, and the published checkpoint with it: nothing of ours remembers more. */
  async function restoredCopy(world: World): Promise<{ older: string; restore: () => Promise<void> }> {
    const audit = await world.open();
    await grow(world, audit, 3);
    const older = folder();
    cpSync(world.dataDir, older, { recursive: true });
    await grow(world, audit, 4);
    const restore = async (): Promise<void> => {
      const tables = ["audit_leaf", "audit_tile", "audit_checkpoint", "audit_head", "audit_cosignature", "audit_tree"];
      const leaves = await readLeaves(world.db.read, 0, 3);
      await world.db.bookkeep("audit-tree", async (tx) => {
        for (const table of tables) await sql.raw(`alter table ${table} disable trigger all`).execute(tx);
        await sql`delete from audit_cosignature where size > 3`.execute(tx);
        await sql`delete from audit_checkpoint where size > 3`.execute(tx);
        await sql`update audit_head set (size, root, note, at) = (select size, root, note, at from audit_checkpoint where size = 3)`.execute(
          tx,
        );
        await sql`delete from audit_leaf where index >= 3`.execute(tx);
        const hashes = Buffer.concat(leaves.map((leaf) => leaf.leaf_hash)).toString("hex");
        await sql`update audit_tile set hashes = decode(${hashes}, 'hex') where level = 0 and n = 0`.execute(tx);
        await sql`update audit_tree set size = 3, root = (select root from audit_checkpoint where size = 3)`.execute(
          tx,
        );
        for (const table of tables) await sql.raw(`alter table ${table} enable trigger all`).execute(tx);
      });
    };
    return { older, restore };
  }

  test("know that the end was cut off, even when our own memory was put back with the database", async () => {
    await using test = await openTestDatabase(engine);
    const world = await aWorld(test.db);
    const { older, restore } = await restoredCopy(world);
    await restore();
    const diverged = (text: string) =>
      expect.objectContaining({ code: "AUDIT_DIVERGED", message: expect.stringContaining(text) as string }) as Error;
    // B: only the database was put back; our own published checkpoint tells.
    await expect(world.open()).rejects.toThrow(diverged("4 are missing at the end"));
    // C: the data directory too; only the witnesses tell.
    await expect(world.open({ dataDir: older })).rejects.toThrow(diverged("compared with what witness"));
    // And nobody would, without them: that is what they are for.
    for (const witness of Object.values(world.witnesses))
      witness.latestInstead = () => Promise.reject(new Error("down"));
    const unaware = await world.open({ dataDir: older });
    // The first submission finds out, and then nothing is signed any more.
    for (const witness of Object.values(world.witnesses)) delete witness.latestInstead;
    await grow(world, unaware, 1);
    expect(unaware.diverged()).toMatchObject({ code: "AUDIT_DIVERGED" });
  });

  test("know that another history was written to the same length", async () => {
    await using test = await openTestDatabase(engine);
    const world = await aWorld(test.db);
    const { older, restore } = await restoredCopy(world);
    await restore();
    for (const witness of Object.values(world.witnesses))
      witness.latestInstead = () => Promise.reject(new Error("down"));
    const rewriting = await world.open({ dataDir: older });
    await write(world.db, 4);
    await rewriting.settle();
    for (const witness of Object.values(world.witnesses)) delete witness.latestInstead;
    await expect(world.open({ dataDir: older })).rejects.toThrow("cosigned another tree of 7 entries");
    await write(world.db, 1);
    await rewriting.settle();
    await expect(world.open({ dataDir: older })).rejects.toThrow("history was changed");
  });
});
