import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { OutputOf, RetentionLine, RetentionRun } from "@tyr/contract";
import { commitTo } from "@tyr/ledger";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { sampleLog, type SampleLog } from "../src/testing/sample-log.ts";
import { Refuses, startFakeServer, type Handlers, type Seen } from "./fake-server.ts";
import { tyrHere } from "./tyr-here.ts";
import { tyr, type Ended } from "./tyr.ts";

const ADA = "usr_019c2a5d-ac96-774b-bcce-000000000001";
const HOLD = "hld_019c2a5d-ac96-774b-bcce-000000000001";
let home: string;
beforeEach(async () => (home = await mkdtemp(path.join(tmpdir(), "tyr-privacy-"))));
afterEach(async () => await rm(home, { recursive: true, force: true }));

type Asked = Ended & Readonly<{ seen: readonly Seen[] }>;

async function ask(handlers: Handlers, ...argv: string[]): Promise<Asked> {
  await using server = await startFakeServer(handlers);
  const end = await tyrHere(argv, { home, env: { TYR_URL: server.url, TYR_TOKEN: server.token } });
  return { ...end, seen: server.seen };
}
const bodyOf = (one: Seen | undefined): unknown => JSON.parse(one?.body.toString() ?? "null");

describe("tyr privacy erase, hold, release and holds", () => {
  const erased: Handlers = {
    "privacy.erase": () => ({ subject: ADA, values: 214, rows: 9, changed: true }),
  };

  test("erases by id, or by an address nobody is known by, and says what backups still hold", async () => {
    const one = await ask(erased, "privacy", "erase", ADA, "--reason", "request 12", "--yes");
    expect([one.code, one.stdout]).toEqual([0, expect.stringContaining("Erased 214 values")]);
    expect(one.stderr).toContain("Backups made before still hold it");
    expect(bodyOf(one.seen[0])).toEqual({ subject: ADA, reason: "request 12" });
    const other = await ask(erased, "privacy", "erase", "203.0.113.7", "--reason", "r", "--yes");
    expect(bodyOf(other.seen[0])).toEqual({ subject: "value:203.0.113.7", reason: "r" });
  });

  test("erases nobody by name, without a reason, or without having been asked", async () => {
    for (const argv of [
      ["ada", "--reason", "r", "--yes"],
      [ADA, "--yes"],
      [ADA, "--reason", "r"],
    ]) {
      const { code, seen } = await ask(erased, "privacy", "erase", ...argv);
      expect({ argv, code, seen: seen.filter((one) => one.route === "privacy.erase") }).toEqual({
        argv,
        code: 2,
        seen: [],
      });
    }
  });

  test("says which hold keeps somebody, and shows reasons somebody else wrote without their tricks", async () => {
    const held = await ask(
      { "privacy.erase": () => new Refuses("LEGAL_HOLD", { hold: HOLD }) },
      "privacy",
      "erase",
      ADA,
      "--reason",
      "r",
      "--yes",
    );
    expect([held.code, held.stderr]).toEqual([5, expect.stringContaining(`hold: ${HOLD}`)]);
    const hold: OutputOf<"privacy.hold"> = {
      id: HOLD,
      subject: ADA,
      reason: "a court \u001b[31m\u202easks",
      placedBy: ADA,
      placedAt: "2026-11-02T08:00:00.000Z",
    };
    const listed = await ask({ "privacy.holds": () => ({ items: [hold] }) }, "privacy", "holds");
    expect(listed.code).toBe(0);
    expect(listed.stdout).toContain(HOLD);
    // oxlint-disable-next-line no-control-regex -- that none gets to the terminal is what is tested
    expect(listed.stdout).not.toMatch(/[\u001b\u202e]/);
    const placed = await ask({ "privacy.hold": () => hold }, "privacy", "hold", ADA, "--reason", "a court");
    expect([placed.code, bodyOf(placed.seen[0])]).toEqual([0, { subject: ADA, reason: "a court" }]);
    const lifted = await ask({ "privacy.release": () => hold }, "privacy", "release", HOLD, "--reason", "over");
    expect([lifted.code, lifted.seen[0]?.params]).toEqual([0, { id: HOLD }]);
    expect((await ask({}, "privacy", "release", "hld_x", "--reason", "over")).code).toBe(2);
  });
});

describe("tyr privacy retention", () => {
  const line: RetentionLine = {
    class: "event",
    keepDays: 90,
    cutoff: "2026-08-04T08:00:00.000Z",
    due: 110,
    removed: 0,
    held: [{ why: "open incident", records: 10 }],
  };
  const report = (removed: number): OutputOf<"retention.report"> => ({
    dryRun: removed === 0,
    items: [{ ...line, removed }],
    classes: [],
    nextRunAt: "2026-11-03T08:00:00.000Z",
  });
  const runs = (from: number): RetentionRun[] =>
    [from, from + 1].map((number) => ({
      id: `ret_019c2a5d-ac96-774b-bcce-00000000000${number}` as RetentionRun["id"],
      startedAt: "2026-11-02T08:00:00.000Z",
      endedAt: "2026-11-02T08:00:04.000Z",
      by: { kind: "system", id: "system" },
      reason: "the day's run",
      items: [{ ...line, removed: 100 }],
      failed: number === 2 ? "no space left on device" : null,
    }));
  const handlers: Handlers = {
    "retention.report": () => report(0),
    "retention.run": () => report(100),
    "retention.runs": ({ query }) => {
      const first = query["after"] === undefined;
      return { items: runs(first ? 1 : 3), next: first ? "ret_019c2a5d-ac96-774b-bcce-000000000002" : null };
    },
  };

  test("reports, and with --dry-run runs nothing, what would go and what stays and why", async () => {
    for (const argv of [["report"], ["run", "--dry-run"]]) {
      const { code, stdout, seen } = await ask(handlers, "privacy", "retention", ...argv);
      expect([code, seen.map((one) => one.route)]).toEqual([0, ["retention.report"]]);
      expect(stdout).toMatch(/event +90 .* 110 +0 +10 open incident/);
    }
  });

  test("runs with a reason and after having been asked, and with neither does not", async () => {
    const done = await ask(handlers, "privacy", "retention", "run", "--reason", "quarterly", "--yes");
    expect([done.code, bodyOf(done.seen[0])]).toEqual([0, { reason: "quarterly" }]);
    for (const argv of [["run", "--yes"], ["run", "--reason", "r"], ["runn"]]) {
      const { code, seen } = await ask(handlers, "privacy", "retention", ...argv);
      expect({ argv, code, ran: seen.some((one) => one.route === "retention.run") }).toEqual({
        argv,
        code: 2,
        ran: false,
      });
    }
  });

  test("lists runs with what ended one early; with --all every page", async () => {
    const some = await ask(handlers, "privacy", "retention", "list");
    expect(some.code).toBe(0);
    expect(some.stdout).toMatch(/failure +system system +100 +10 +no space left on device/);
    expect(some.seen).toHaveLength(1);
    const all = await ask(handlers, "privacy", "retention", "list", "--all", "-o", "json");
    expect(all.seen).toHaveLength(2);
    expect(JSON.parse(all.stdout)).toHaveLength(4);
  });
});

describe("tyr privacy disclose and check", () => {
  const salt = Buffer.alloc(32, 7);
  const entryId = "aud_019c2a5d-ac96-774b-bcce-000000000001";
  const good = { entry: entryId, field: "actor.name", salt: salt.toString("base64"), value: "ada" };

  async function put(log: SampleLog): Promise<string> {
    const directory = path.join(home, "export");
    for (const [name, bytes] of log.files) {
      await mkdir(path.dirname(path.join(directory, name)), { recursive: true });
      await writeFile(path.join(directory, name), bytes);
    }
    return directory;
  }
  async function check(log: SampleLog, disclosures: unknown): Promise<Ended> {
    const directory = await put(log);
    await writeFile(path.join(home, "disclosed.json"), JSON.stringify(disclosures));
    return await tyr(["privacy", "check", "disclosed.json", directory, "--vkey", log.vkey], { home });
  }
  const logOf = async (entry: string): Promise<SampleLog> =>
    await sampleLog(3, (at) => (at === 1 ? entry : `{"id":"aud_${at}"}`));
  const entry = JSON.stringify({ id: entryId, personal: { "actor.name": commitTo(salt, "ada") } });

  test("takes what opens personal values along, and asks for a reason", async () => {
    const handlers: Handlers = { "privacy.disclose": () => ({ items: [{ ...good, entry: entryId }] }) };
    const taken = await ask(handlers, "privacy", "disclose", entryId, "--reason", "court order", "-o", "json");
    expect([taken.code, JSON.parse(taken.stdout)]).toEqual([0, [good]]);
    expect((await ask(handlers, "privacy", "disclose", entryId)).code).toBe(2);
    expect((await ask(handlers, "privacy", "disclose", "aud_x", "--reason", "r")).code).toBe(2);
  });

  test("checks values against the entries of an export without a server", async () => {
    const { code, stdout } = await check(await logOf(entry), [good]);
    expect([code, stdout]).toEqual([0, expect.stringContaining("ada")]);
  });

  test("refuses another value, another salt, another field and another entry", async () => {
    const log = await logOf(entry);
    for (const change of [
      { value: "eve" },
      { salt: Buffer.alloc(32, 8).toString("base64") },
      { salt: "" },
      { field: "details.address" },
      { field: "__proto__" },
      { entry: "aud_2" },
    ])
      expect({ change, code: (await check(log, [{ ...good, ...change }])).code }).toEqual({ change, code: 6 });
  });

  test("refuses an entry that names a field twice, whichever of the two a reader would take", async () => {
    const [first, second] = [commitTo(salt, "eve"), commitTo(salt, "ada")];
    const twice = `{"id":"${entryId}","personal":{"actor.name":"${first}","actor.name":"${second}"}}`;
    expect((await check(await logOf(twice), [good])).code).toBe(6);
    expect((await check(await logOf(twice), [{ ...good, value: "eve" }])).code).toBe(6);
  });

  test("refuses a file that is no list of disclosures", async () => {
    const log = await logOf(entry);
    for (const odd of [{}, [1], [{ entry: entryId }], "x"]) expect((await check(log, odd)).code).toBe(2);
  });
});

describe("tyr secrets", () => {
  const handlers: Handlers = {
    "secret.keys": () => ({
      items: [
        { name: "kek-2", active: true, secrets: 3, createdAt: "2026-11-02T08:00:00.000Z", inFile: true },
        { name: "kek-1", active: false, secrets: 2, createdAt: "2026-01-02T08:00:00.000Z", inFile: false },
      ],
    }),
    "secret.rotate": () => ({
      name: "kek-3",
      active: true,
      secrets: 0,
      createdAt: "2026-11-02T08:00:00.000Z",
      inFile: true,
    }),
  };

  test("says of each key what it still holds, and which the server's file lacks", async () => {
    const { code, stdout } = await ask(handlers, "secrets", "status");
    expect(code).toBe(0);
    expect(stdout).toMatch(/kek-2 +in force +3 .* has it/);
    expect(stdout).toMatch(/kek-1 +being left +2 .* lacks it/);
  });

  test("puts another in force with a reason, after having been asked, and never prints a secret", async () => {
    const done = await ask(handlers, "secrets", "rotate", "--reason", "yearly", "--yes");
    expect([done.code, done.stdout.trim(), bodyOf(done.seen[0])]).toEqual([0, "kek-3", { reason: "yearly" }]);
    expect(done.stderr).toContain("Back the server's file of keys up");
    for (const argv of [["--yes"], ["--reason", "yearly"]]) {
      const refused = await ask(handlers, "secrets", "rotate", ...argv);
      expect({ argv, code: refused.code, asked: refused.seen.length }).toEqual({ argv, code: 2, asked: 0 });
    }
  });
});
