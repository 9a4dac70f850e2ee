import { chmodSync, cpSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openCheckpoint, parseVerifierKey } from "@tyr/ledger";
import { describe, expect, onTestFinished, test } from "vitest";
import { createAudit, type Audit, type KeyChange } from "#audit";
import { fixedClock, type Clock } from "#platform/clock";
import type { Database } from "#platform/database";
import { silentLogger } from "#platform/log";
import { openTestDatabase, TEST_ENGINES, type EngineName } from "#platform/testing";

const change: KeyChange = {
  actor: { kind: "person", id: "usr_1", name: "ada" },
  requestId: "r-1",
  reason: "yearly",
  overlapDays: 30,
};
const DAY_MS = 86_400_000;

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "tyr-rotate-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

type Place = Readonly<{ database: Database; clock: Clock; dataDir: string }>;

async function open(place: Place): Promise<Audit> {
  return await createAudit({ ...place, log: silentLogger });
}

async function rotated(audit: Audit, over: Partial<KeyChange> = {}): Promise<string> {
  const changed = await audit.rotateKey({ ...change, ...over });
  if (!changed.ok) throw new Error(changed.refusal.code);
  await audit.settle();
  return changed.value.vkey;
}

async function fileOf(audit: Audit, path: string): Promise<string> {
  const file = await audit.file(path);
  if (!file.ok) throw new Error(file.refusal.code);
  return Buffer.from(file.value).toString();
}

/** Which of the readers, each with one key, believe the newest checkpoint. */
async function believers(audit: Audit, ...vkeys: readonly string[]): Promise<readonly boolean[]> {
  const note = await fileOf(audit, "checkpoint");
  return await Promise.all(
    vkeys.map(async (vkey) => {
      const key = parseVerifierKey(vkey);
      return key.ok && (await openCheckpoint(note, [key.value], audit.origin)).ok;
    }),
  );
}

async function write(database: Database): Promise<void> {
  const actor = { kind: "system", id: "system", name: "system" } as const;
  await database.audited(
    { type: "system.heartbeat", actor, object: { kind: "audit-log", id: "x" } },
    async () => undefined,
  );
}

describe.each(TEST_ENGINES)("changing the log's key on %s", (engine: EngineName) => {
  test("keeps the log: readers of either key believe it while both sign, afterwards those of the new one", async () => {
    const clock = fixedClock("2026-11-22T10:00:00.000Z");
    await using world = await openTestDatabase(engine, clock);
    const place = { database: world.db, clock, dataDir: folder() };
    const audit = await open(place);
    const before = audit.vkey;
    await write(world.db);
    await audit.settle();
    const after = await rotated(audit);
    expect([audit.vkey, await fileOf(audit, "vkey")]).toEqual([after, `${after}\n${before}\n`]);
    expect(await believers(audit, before, after)).toEqual([true, true]);
    const page = await audit.list({ type: "audit.key_rotated" });
    expect(page?.items).toHaveLength(1);
    expect(page?.items[0]).toMatchObject({
      object: { kind: "audit-log", id: audit.origin },
      before,
      after,
      details: { signsUntil: "2026-12-22T10:00:00.000Z", reason: "yearly" },
    });
    const again = await open(place);
    expect([again.vkey, again.origin]).toEqual([after, audit.origin]);
    clock.advance(31 * DAY_MS);
    await write(world.db);
    await again.settle();
    expect(await believers(again, before, after)).toEqual([false, true]);
    expect(await fileOf(again, "vkey")).toBe(`${after}\n`);
    expect((await (await open(place)).verify({ ...change })).ok).toBe(true);
  });

  test("again and again stays one log, also without an overlap", async () => {
    const clock = fixedClock("2026-11-22T10:00:00.000Z");
    await using world = await openTestDatabase(engine, clock);
    const place = { database: world.db, clock, dataDir: folder() };
    const audit = await open(place);
    const keys = [audit.vkey, await rotated(audit), await rotated(audit), await rotated(audit, { overlapDays: 0 })];
    expect(await believers(audit, ...keys)).toEqual([true, true, false, true]);
    expect((await open(place)).vkey).toBe(keys[3]);
  });

  test("is followed by the other servers of the same log", async () => {
    const clock = fixedClock("2026-11-22T10:00:00.000Z");
    await using world = await openTestDatabase(engine, clock);
    const place = { database: world.db, clock, dataDir: folder() };
    const [one, two] = [await open(place), await open(place)];
    const after = await rotated(one);
    await write(world.db);
    await two.settle();
    expect([two.vkey, two.diverged()]).toEqual([after, undefined]);
    const both = await Promise.all([one.rotateKey(change), two.rotateKey(change)]);
    expect(both.filter(({ ok }) => ok).length).toBeGreaterThanOrEqual(1);
    await one.settle();
    await two.settle();
    expect([one.vkey, one.diverged(), two.diverged()]).toEqual([two.vkey, undefined, undefined]);
  });

  test("needs its files: for their owner alone, and all that still sign", async () => {
    const clock = fixedClock("2026-11-22T10:00:00.000Z");
    await using world = await openTestDatabase(engine, clock);
    const place = { database: world.db, clock, dataDir: folder() };
    const audit = await open(place);
    const after = await rotated(audit);
    const keys = join(place.dataDir, "audit");
    const names = readdirSync(keys).filter((name) => name.endsWith(".key"));
    expect(names.toSorted((a, b) => a.length - b.length)).toEqual(["log.key", `log.${after.split("+")[1]}.key`]);
    for (const name of names) expect(statSync(join(keys, name)).mode & 0o777).toBe(0o600);
    for (const mode of [0o640, 0o604]) {
      chmodSync(join(keys, "log.key"), mode);
      await expect(open(place)).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    }
    chmodSync(join(keys, "log.key"), 0o600);
    chmodSync(keys, 0o777);
    await expect(open(place)).rejects.toThrow("may write to this folder");
    chmodSync(keys, 0o700);
    const lost = folder();
    cpSync(place.dataDir, lost, { recursive: true });
    rmSync(join(lost, "audit", "log.key"));
    await expect(open({ ...place, dataDir: lost })).rejects.toThrow("signs along until 2026-12-22");
    clock.advance(31 * DAY_MS);
    expect((await open({ ...place, dataDir: lost })).vkey).toBe(after);
  });
});
