import { appendFile, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Refuses, startFakeServer, type FakeServer, type Seen } from "./fake-server.ts";
import { ids, sensor } from "./samples.ts";
import { ended, startTyr, tyr, type Ended } from "./tyr.ts";

let home: string;
let server: FakeServer;
let store: ReturnType<typeof intake>;
beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), "tyr-import-"));
  server = await startFakeServer({ "sensor.list": () => ({ items: [sensor] }) });
  store = intake();
  server.handlers["event.import"] = store.take;
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await rm(home, { recursive: true, force: true });
});

/** Behaves as the contract says of intake: a known key gives its receipt again, lines called "bad" are rejected. */
function intake() {
  const lines: string[] = [];
  const receipts = new Map<
    string,
    { received: number; stored: number; duplicate: number; rejected: number; late: number; replayed: boolean }
  >();
  const take = ({ headers, body }: Seen) => {
    const key = headers["idempotency-key"] ?? "";
    const known = receipts.get(key);
    if (known !== undefined) return { ...known, replayed: true };
    const received = body.toString().split("\n").slice(0, -1);
    const rejected = received.filter((line) => line.startsWith("bad")).length;
    const receipt = {
      received: received.length,
      stored: received.length - rejected,
      duplicate: 0,
      rejected,
      late: 0,
      replayed: false,
    };
    receipts.set(key, receipt);
    lines.push(...received);
    return receipt;
  };
  return { lines, receipts, take };
}

const environment = () => ({ TYR_URL: server.url, TYR_TOKEN: server.token });
async function run(argv: readonly string[], stdin: string | Buffer = ""): Promise<Ended> {
  return await tyr(["import", ...argv], { home, stdin, env: environment() });
}
const numbered = (count: number): string[] => Array.from({ length: count }, (_, at) => `line ${at + 1}`);
const text = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join("");

describe("importing a file", () => {
  test("sends it in batches of a thousand lines, numbered, to the named sensor, and prints what became of them", async () => {
    const file = path.join(home, "auth.log");
    await writeFile(file, text([...numbered(2500), "bad one"]));
    const end = await run([file, "--sensor", "gate-1", "--format", "sshd", "--year", "2025"]);
    expect([end.code, end.stdout]).toEqual([
      0,
      expect.stringMatching(/^2501 lines[\s\S]*stored 2500, duplicate 0, rejected 1, late 0\n$/),
    ]);
    expect(end.stderr).toBe("! 1 line(s) were not understood; they are kept: tyr sensor quarantine gate-1\n");
    const sent = server.seen.filter(({ route }) => route === "event.import");
    expect(sent.map(({ query }) => query)).toEqual(
      ["1", "1001", "2001"].map((firstLine) => ({
        sensor: ids.sensor,
        format: "sshd",
        year: "2025",
        ref: file,
        firstLine,
      })),
    );
    expect(store.lines).toEqual([...numbered(2500), "bad one"]);
  });

  test("again changes nothing, and says so", async () => {
    const file = path.join(home, "auth.log");
    await writeFile(file, text(numbered(1200)));
    server.handlers["sensor.get"] = () => sensor;
    expect((await run([file, "--sensor", ids.sensor])).code).toBe(0);
    await appendFile(file, "line 1201\n");
    const again = await run([file, "--sensor", ids.sensor, "--json"]);
    expect(JSON.parse(again.stdout)).toMatchObject({
      lines: 1201,
      replayedBatches: 1,
      replayedLines: 1000,
      stored: 201,
    });
  });

  test("packed with gzip, from stdin, and several of them", async () => {
    const packed = path.join(home, "old.log.gz");
    await writeFile(packed, Buffer.concat([gzipSync("a\n"), gzipSync("b\n")]));
    expect((await run([packed, "-", "--sensor", "gate-1"], "c\nd")).code).toBe(0);
    expect((await run(["-", "--sensor", "gate-1"], gzipSync("e\n"))).code).toBe(0);
    expect(store.lines).toEqual(["a", "b", "c", "d", "e"]);
  });

  test("registers the sensor when asked to, of the kind its format implies, and keeps its key to itself", async () => {
    server.handlers["sensor.create"] = () => ({ sensor: { ...sensor, name: "shop" }, key: "secret-key" });
    const end = await run(["-", "--sensor", "shop", "--create", "--format", "access"], "x\n");
    expect(JSON.parse(server.seen.find(({ route }) => route === "sensor.create")?.body.toString() ?? "")).toEqual({
      name: "shop",
      kind: "web",
    });
    expect([end.code, (end.stdout + end.stderr).includes("secret-key")]).toEqual([0, false]);
  });

  test("waits when the server is full and sends the same batch again", async () => {
    let refusals = 2;
    server.handlers["event.import"] = (seen) =>
      refusals-- > 0 ? new Refuses("INTAKE_OVERLOADED", {}, 0.1) : store.take(seen);
    expect((await run(["-", "--sensor", "gate-1"], "x\n")).code).toBe(0);
    const keys = server.seen
      .filter(({ route }) => route === "event.import")
      .map(({ headers }) => headers["idempotency-key"]);
    expect([keys.length, new Set(keys).size]).toEqual([3, 1]);
  });
});

describe("an import that cannot go on", () => {
  test("says what is stored and that the same command resumes it", async () => {
    const file = path.join(home, "auth.log");
    await writeFile(file, text(numbered(1500)));
    server.handlers["event.import"] = (seen) =>
      seen.query["firstLine"] === "1001"
        ? new Refuses("NOT_PERMITTED", { permission: "event:import" })
        : store.take(seen);
    const end = await run([file, "--sensor", "gate-1"]);
    expect([end.code, end.stdout]).toEqual([4, ""]);
    expect(end.stderr).toContain(
      "1000 lines are acknowledged and stored. Run the same command again: nothing is stored twice.",
    );
    server.handlers["event.import"] = store.take;
    expect((await run([file, "--sensor", "gate-1"])).code).toBe(0);
    expect(store.lines).toEqual(numbered(1500));
  });

  test.each([
    [["nowhere.log", "--sensor", "gate-1"], 1, /there is no such file/],
    [["-", "--sensor", "gone"], 1, /no sensor gone/],
    [["-", "--sensor", "gate-1", "--format", "evtx"], 2, /Allowed choices/],
  ] as const)("%j", async (argv, code, err) => {
    expect(await run(argv, "x\n")).toMatchObject({ code, stderr: expect.stringMatching(err) as unknown });
  });

  test("refuses a packing it does not open, naming the command that does, and reports a damaged gzip", async () => {
    const file = path.join(home, "x.log");
    await writeFile(file, Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0, 0]));
    expect(await run([file, "--sensor", "gate-1"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("xzcat") as unknown,
    });
    await writeFile(file, gzipSync(text(numbered(5000))).subarray(0, 500));
    expect((await run([file, "--sensor", "gate-1"])).code).toBe(1);
  });

  test("interrupted by a person, it ends with 3", async () => {
    server.handlers["event.import"] = () => new Refuses("INTAKE_OVERLOADED", {}, 30);
    const child = startTyr(["import", "-", "--sensor", "gate-1"], { home, env: environment() });
    child.stdin.end("x\n");
    const end = ended(child);
    while (!server.seen.some(({ route }) => route === "event.import")) await delay(20);
    await delay(100);
    child.kill("SIGINT");
    expect(await end).toMatchObject({ code: 3, stderr: expect.stringContaining("nothing is stored twice") as unknown });
  });
});

describe("following a file", () => {
  async function until(condition: () => boolean): Promise<void> {
    for (let waited = 0; !condition(); waited += 50) {
      if (waited > 20_000) throw new Error(`waited in vain; stored: ${store.lines.join()}`);
      await delay(50);
    }
  }

  test("through rotation, SIGKILL and restart, every line arrives once and in order", async () => {
    const file = path.join(home, "auth.log");
    await writeFile(file, "1\n2\n");
    const argv = ["import", file, "--sensor", "gate-1", "--follow"];
    const first = startTyr(argv, { home, env: environment() });
    await until(() => store.lines.length === 2);
    await appendFile(file, "3\n");
    await until(() => store.lines.length === 3);
    first.kill("SIGKILL");
    await ended(first);
    await appendFile(file, "4\n");
    await rename(file, `${file}.1`);
    await writeFile(file, "5\n");

    const second = startTyr(argv, { home, env: environment() });
    const end = ended(second);
    await until(() => store.lines.length === 5);
    await appendFile(file, "6\nhalf");
    await until(() => store.lines.length === 6);
    second.kill("SIGTERM");
    expect(await end).toMatchObject({ code: 0, stdout: expect.stringContaining("lines sent") as unknown });
    expect(store.lines).toEqual(["1", "2", "3", "4", "5", "6"]);
  });

  test("waits for a server that is away instead of giving up", async () => {
    const file = path.join(home, "auth.log");
    await writeFile(file, "1\n");
    let refusals = 2;
    server.handlers["event.import"] = (seen) => (refusals-- > 0 ? new Refuses("NOT_READY") : store.take(seen));
    const child = startTyr(["import", file, "--sensor", "gate-1", "--follow"], { home, env: environment() });
    const end = ended(child);
    await until(() => store.lines.length === 1);
    child.kill("SIGINT");
    expect((await end).code).toBe(0);
  });
});
