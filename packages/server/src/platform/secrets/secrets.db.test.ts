import { chmodSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { describe, expect, onTestFinished, test } from "vitest";
import { fixedClock } from "#platform/clock";
import type { Database, WriteTransaction } from "#platform/database";
import { silentLogger } from "#platform/log";
import { openTestDatabase, TEST_ENGINES } from "#platform/testing";
import { createSecrets } from "./create-secrets.ts";
import { openKeyRotation } from "./rotation.ts";

const clock = fixedClock("2026-11-02T08:00:00.000Z");
const place = { table: "webhook", column: "secret", record: "w1" };
const canary = "whsec-CANARY-0123456789";
const order = { actor: { kind: "person", id: "usr_1", name: "ada" }, requestId: "r", reason: "yearly" } as const;

function keyringFile(): string {
  const folder = mkdtempSync(join(tmpdir(), "tyr-secrets-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "secrets.keys");
}

async function write<T>(db: Database, work: (tx: WriteTransaction) => Promise<T>): Promise<T> {
  return await db.bookkeep("counters", work);
}

/** Every row of every table, as a dump would write it: bytes in hexadecimal too. */
async function dump(db: Database): Promise<string> {
  return await write(db, async (tx) => {
    const { rows: tables } = await sql<{ name: string }>`
      select tablename as name from pg_tables where schemaname = 'public'`.execute(tx);
    const texts: string[] = [];
    for (const { name } of tables) {
      const { rows } = await sql<{ row: string }>`select t::text as row from ${sql.table(name)} t`.execute(tx);
      texts.push(...rows.map((one) => one.row));
    }
    return texts.join("\n");
  });
}

describe.each(TEST_ENGINES)("secrets at rest on %s", (engine) => {
  test("open where they were sealed, stand nowhere in a dump, and are gone when dropped", async () => {
    await using opened = await openTestDatabase(engine, clock);
    const { db } = opened;
    const keyringPath = keyringFile();
    const secrets = createSecrets({ keyringPath, clock });
    await openKeyRotation({ database: db, secrets, log: silentLogger });
    await write(db, async (tx) => await secrets.seal(tx, place, Buffer.from(canary)));
    expect(Buffer.from((await secrets.open(db.read, place)) ?? "").toString()).toBe(canary);
    const text = await dump(db);
    expect(text).toContain("webhook");
    for (const form of [canary, Buffer.from(canary).toString("hex"), Buffer.from(canary).toString("base64")])
      expect(text).not.toContain(form);
    for (const line of readFileSync(keyringPath, "utf8")
      .split("\n")
      .filter((one) => one.startsWith("secrets:"))) {
      const key = line.split(" ")[1] ?? "";
      expect(text).not.toContain(key);
      expect(text).not.toContain(Buffer.from(key, "base64").toString("hex"));
    }
    expect(await write(db, async (tx) => await secrets.drop(tx, place))).toBe(true);
    expect(await secrets.open(db.read, place)).toBeUndefined();
    expect(await write(db, async (tx) => await secrets.drop(tx, place))).toBe(false);
  });

  test("a row that somebody moves to another record does not open there", async () => {
    await using opened = await openTestDatabase(engine, clock);
    const secrets = createSecrets({ keyringPath: keyringFile(), clock });
    await openKeyRotation({ database: opened.db, secrets, log: silentLogger });
    await write(opened.db, async (tx) => {
      await secrets.seal(tx, place, Buffer.from(canary));
      await sql`update sealed_secret set owner_record = 'w2'`.execute(tx);
    });
    await expect(secrets.open(opened.db.read, { ...place, record: "w2" })).rejects.toMatchObject({
      code: "SECRET_UNREADABLE",
    });
  });

  test("a rotation is logged, brings every secret under the new key, and keeps the old key for old backups", async () => {
    await using opened = await openTestDatabase(engine, clock);
    const { db } = opened;
    const secrets = createSecrets({ keyringPath: keyringFile(), clock });
    const keys = await openKeyRotation({ database: db, secrets, log: silentLogger });
    const records = Array.from({ length: 450 }, (_, at) => `w${at}`);
    await write(db, async (tx) => {
      for (const record of records) await secrets.seal(tx, { ...place, record }, Buffer.from(`${canary} ${record}`));
    });
    const backup = await db.read.selectFrom("sealed_secret").selectAll().where("owner_record", "=", "w7").execute();
    expect(await keys.rotate(order)).toBe("secrets:2026-2");
    await keys.finish();
    expect(await keys.status()).toMatchObject([
      { name: "secrets:2026-1", active: false, secrets: 0, inFile: true },
      { name: "secrets:2026-2", active: true, secrets: 450, inFile: true },
    ]);
    for (const record of records)
      expect(Buffer.from((await secrets.open(db.read, { ...place, record })) ?? "").toString()).toBe(
        `${canary} ${record}`,
      );
    await write(db, async (tx) => {
      await tx.deleteFrom("sealed_secret").where("owner_record", "=", "w7").execute();
      await tx.insertInto("sealed_secret").values(backup).execute();
    });
    expect(await secrets.open(db.read, { ...place, record: "w7" })).toEqual(Buffer.from(`${canary} w7`));
    expect(await opened.records()).toMatchObject([
      { type: "secret.key_activated", actor: { kind: "system" }, object: { id: "secrets:2026-1" } },
      {
        type: "secret.key_activated",
        actor: order.actor,
        object: { id: "secrets:2026-2" },
        details: { reason: "yearly" },
      },
    ]);
  });

  test("another server's rotation is noticed at the next secret, without a restart", async () => {
    await using opened = await openTestDatabase(engine, clock);
    const { db } = opened;
    const keyringPath = keyringFile();
    const here = createSecrets({ keyringPath, clock });
    const there = createSecrets({ keyringPath, clock });
    await openKeyRotation({ database: db, secrets: here, log: silentLogger });
    const other = await openKeyRotation({ database: db, secrets: there, log: silentLogger });
    await other.rotate(order);
    await write(db, async (tx) => await here.seal(tx, place, Buffer.from(canary)));
    expect((await other.status()).find((one) => one.active)).toMatchObject({ name: "secrets:2026-2", secrets: 1 });
  });

  test("a start is refused when the file is gone, open to others, or another one", async () => {
    await using opened = await openTestDatabase(engine, clock);
    const keyringPath = keyringFile();
    const start = async () =>
      await openKeyRotation({ database: opened.db, secrets: createSecrets({ keyringPath, clock }), log: silentLogger });
    await start();
    await start();
    expect(await opened.records()).toHaveLength(1);
    const refused = (text: string) => ({ code: "KEYRING_UNUSABLE", message: expect.stringContaining(text) });
    renameSync(keyringPath, `${keyringPath}.away`);
    await expect(start()).rejects.toMatchObject(refused("missing"));
    writeFileSync(keyringPath, `secrets:2026-1 ${Buffer.alloc(32, 1).toString("base64")}\n`, { mode: 0o600 });
    await expect(start()).rejects.toMatchObject(refused("another key"));
    writeFileSync(keyringPath, `secrets:2026-9 ${Buffer.alloc(32, 1).toString("base64")}\n`);
    await expect(start()).rejects.toMatchObject(refused("lacks the key secrets:2026-1"));
    renameSync(`${keyringPath}.away`, keyringPath);
    chmodSync(keyringPath, 0o644);
    await expect(start()).rejects.toMatchObject(refused("chmod 600"));
    chmodSync(keyringPath, 0o600);
    await start();
  });
});
