import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { inspect } from "node:util";
import { pino } from "pino";
import { describe, expect, onTestFinished, test } from "vitest";
import { createAudit, type Audit, type KeyChange } from "#audit";
import { systemClock } from "#platform/clock";
import type { Database } from "#platform/database";
import { openTestDatabase } from "#platform/testing";

const change: KeyChange = {
  actor: { kind: "person", id: "usr_1", name: "ada" },
  requestId: "r-1",
  reason: "yearly",
  overlapDays: 30,
};

type World = Readonly<{ db: Database; keys: string; logged: () => string; open: () => Promise<Audit> }>;

async function aWorld(): Promise<World> {
  const opened = await openTestDatabase();
  onTestFinished(async () => await opened[Symbol.asyncDispose]());
  const dataDir = mkdtempSync(join(tmpdir(), "tyr-keys-"));
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
  const lines: string[] = [];
  const stream = new Writable({ write: (chunk: Buffer, _, done) => (lines.push(chunk.toString()), done()) });
  const log = pino({ level: "trace" }, stream);
  const open = async () => await createAudit({ database: opened.db, clock: systemClock, log, dataDir });
  return { db: opened.db, keys: join(dataDir, "audit"), logged: () => lines.join(""), open };
}

/** What somebody did to the file of the key, and what is said about it. */
const spoiled: readonly (readonly [string, (path: string) => void, string])[] = [
  ["readable by its group", (path) => chmodSync(path, 0o640), "chmod 600"],
  ["readable by everybody", (path) => chmodSync(path, 0o604), "chmod 600"],
  ["writable by its group", (path) => chmodSync(path, 0o620), "chmod 600"],
  [
    "a symbolic link, also to a file that is the owner's alone",
    (path) => {
      renameSync(path, `${path}.real`);
      symlinkSync(`${path}.real`, path);
    },
    "symbolic link",
  ],
  [
    "a folder",
    (path) => {
      rmSync(path);
      mkdirSync(path, { mode: 0o700 });
    },
    "not a file",
  ],
];

describe("a signing key that is", () => {
  test.each(spoiled)("%s is refused at start, and before a key replaces it", async (_, spoil, said) => {
    const { db, keys, open } = await aWorld();
    const audit = await open();
    const before = audit.vkey;
    spoil(join(keys, "log.key"));
    await expect(open()).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringContaining(said) as string,
    });
    await expect(audit.rotateKey(change)).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    expect(audit.vkey).toBe(before);
    expect(readdirSync(keys).filter((name) => /^log\..+\.key$/.test(name))).toEqual([]);
    expect(await db.read.selectFrom("audit_tree").select("vkey").execute()).toEqual([{ vkey: before }]);
    expect(await db.read.selectFrom("audit_log_key").selectAll().execute()).toEqual([]);
  });
});

/** The secret half of a `PRIVATE+KEY+name+id+…` text. */
const secretOf = (path: string): string => readFileSync(path, "utf8").trim().split("+").slice(4).join("+");

test("no signing key appears in what is logged, in an entry or in an error, whatever is done with it", async () => {
  const { db, keys, logged, open } = await aWorld();
  const audit = await open();
  expect((await audit.rotateKey(change)).ok).toBe(true);
  await audit.settle();
  const secrets = readdirSync(keys)
    .filter((name) => name.endsWith(".key"))
    .map((name) => secretOf(join(keys, name)));
  expect(secrets.map((secret) => secret.length > 40)).toEqual([true, true]);
  const damaged = readFileSync(join(keys, "log.key"), "utf8").replace("PRIVATE+KEY+", "PRIVATE+KEY+x");
  writeFileSync(join(keys, "log.key"), damaged);
  const error: unknown = await open().catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: "AUDIT_DIVERGED" });
  const entries = await db.read.selectFrom("audit_leaf").select("bytes").execute();
  const said = [logged(), inspect(error, { depth: 10 }), inspect(audit, { depth: 10 })];
  said.push(...entries.map(({ bytes }) => Buffer.from(bytes).toString()));
  expect(logged()).toContain("the log signs with a new key");
  for (const text of said) for (const secret of [...secrets, "PRIVATE+KEY"]) expect(text.includes(secret)).toBe(false);
});
