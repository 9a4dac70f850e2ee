import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { openCheckpoint, parseVerifierKey } from "@tyr/ledger";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { folderOf } from "../src/witness/memory.ts";
import { sampleHistory, type SampleHistory } from "../src/witness/testing/sample-history.ts";
import { ended, startTyr, tyr } from "./tyr.ts";

const SCRIPT = fileURLToPath(new URL("../src/witness/testing/witness-process.ts", import.meta.url));
/** How often to kill; the long run is `TYR_TEST_KILLS=100`. */
const KILLS = Number(process.env["TYR_TEST_KILLS"] ?? "10");

let home: string;
let directory: string;
beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), "tyr-witness-"));
  directory = path.join(home, "state");
});
afterEach(async () => await rm(home, { recursive: true, force: true }));

async function makeKey(): Promise<string> {
  const made = await tyr(["witness", "key", "--dir", directory, "--name", "witness.example/audit"], { home });
  expect(made.code).toBe(0);
  return made.stdout.trim();
}

type Answer = Readonly<{ status: number; body: string; request: string }>;
type Running = Readonly<{ child: ChildProcessWithoutNullStreams; lines: AsyncIterator<string> }>;

async function startProcess(log: SampleHistory, stopAfter: string): Promise<Running> {
  const child = spawn(process.execPath, ["--conditions=@tyr/source", SCRIPT, directory, log.vkey, stopAfter]);
  child.stdin.on("error", () => undefined);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return { child, lines };
}

async function next({ lines }: Running): Promise<string> {
  const line = await lines.next();
  return line.done === true ? "ended" : line.value;
}

async function kill({ child }: Running): Promise<void> {
  child.kill("SIGKILL");
  await once(child, "close");
}

function send({ child }: Running, request: Buffer): void {
  child.stdin.write(`${request.toString("base64")}\n`);
}

/** Size and root of a checkpoint that log and witness signed. */
async function treeOf(note: string, keys: readonly string[]): Promise<{ size: number; root: string }> {
  const known = keys.flatMap((key) => {
    const parsed = parseVerifierKey(key);
    return parsed.ok ? [parsed.value] : [];
  });
  const opened = await openCheckpoint(note, known);
  if (!opened.ok || opened.value.note.verified.length < 2) throw new Error(`not cosigned: ${note}`);
  return { size: opened.value.size, root: Buffer.from(opened.value.root).toString("hex") };
}

describe("a witness that is killed", () => {
  test.each(["keep", "publish"])(
    "after %s and before its answer never signs another tree of that size",
    async (step) => {
      const vkey = await makeKey();
      const log = await sampleHistory({ origin: "log.example/tyr", length: 20, forkedAt: 5 });
      const first = await startProcess(log, step);
      expect(await next(first)).toBe("ready");
      send(first, await log.request(0, 12, "left"));
      expect(await next(first)).toBe(`stopped after ${step}`);
      await kill(first);
      const second = await startProcess(log, "never");
      expect(await next(second)).toBe("ready");
      const asked = [
        log.request(0, 12, "right"),
        log.request(12, 12, "right"),
        log.request(0, 5),
        log.request(12, 12, "left"),
      ];
      const statuses: number[] = [];
      for (const request of asked) {
        send(second, await request);
        statuses.push((JSON.parse(await next(second)) as Answer).status);
      }
      expect(statuses).toEqual([409, 409, 409, 200]);
      const published = await readFile(path.join(directory, folderOf(log.origin), "checkpoint"), "utf8");
      expect((await treeOf(published, [log.vkey, vkey])).size).toBe(12);
      await kill(second);
    },
  );

  test(`${KILLS} times at any moment, with two histories competing, cosigns one of them and never goes back`, async () => {
    const vkey = await makeKey();
    const log = await sampleHistory({ origin: "log.example/tyr", length: 400, forkedAt: 1 });
    const seen: Seen = { known: 0, cosigned: [] };
    for (let kills = 0; kills < KILLS; kills += 1) {
      const witness = await startProcess(log, "never");
      expect(await next(witness)).toBe("ready");
      const end = sleep(Math.random() * 150).then(async () => await kill(witness));
      while (await compete(witness, log, seen));
      await end;
    }
    const trees: Tree[] = [];
    for (const note of seen.cosigned) trees.push(await treeOf(note, [log.vkey, vkey]));
    const backwards = trees.filter(({ size, root }, at) => {
      const before = trees[at - 1];
      return before !== undefined && (size < before.size || (size === before.size && root !== before.root));
    });
    expect(backwards).toEqual([]);
    const left = await Promise.all(trees.map(async ({ size, root }) => (await rootOf(log, size, "left")) === root));
    expect(new Set(left.filter((_, at) => (trees[at]?.size ?? 0) > 1)).size).toBe(1);
    expect(trees.length).toBeGreaterThan(KILLS);
  });
});

type Tree = Readonly<{ size: number; root: string }>;
type Seen = { known: number; cosigned: string[] };

/** Both histories ask for their next tree at once. @returns whether the witness still lived, and there is more to ask */
async function compete(witness: Running, log: SampleHistory, seen: Seen): Promise<boolean> {
  const to = seen.known + 1 + Math.floor(Math.random() * 3);
  if (to > 400) return false;
  for (const branch of ["left", "right"]) send(witness, await log.request(seen.known, to, branch));
  for (let at = 0; at < 2; at += 1) {
    const line = await next(witness);
    if (line === "ended") return false;
    const { status, body, request } = JSON.parse(line) as Answer;
    if (status === 409) seen.known = Number(body);
    if (status !== 200) continue;
    const note = Buffer.from(request, "base64").toString().split("\n\n").slice(1).join("\n\n");
    seen.cosigned.push(note + body);
    seen.known = to;
  }
  return true;
}

async function rootOf(log: SampleHistory, size: number, branch: string): Promise<string> {
  const root = (await log.signed(size, branch)).split("\n")[2] ?? "";
  return Buffer.from(root, "base64").toString("hex");
}

describe("tyr witness", () => {
  test("makes a key for its owner alone, prints the same verifier key again, and is refused what would replace it", async () => {
    const vkey = await makeKey();
    expect((await stat(path.join(directory, "witness.key"))).mode & 0o777).toBe(0o600);
    expect((await tyr(["witness", "key", "--dir", directory, "--json"], { home })).stdout).toContain(vkey);
    expect((await tyr(["witness", "key", "--dir", directory, "--name", "other.example"], { home })).code).toBe(2);
    expect((await tyr(["witness", "key", "--dir", path.join(home, "none")], { home })).code).toBe(2);
  });

  test("serves until it is stopped; a second one on its directory and a readable key are refused", async () => {
    await makeKey();
    const log = await sampleHistory({ origin: "log.example/tyr", length: 9 });
    await writeFile(path.join(home, "logs"), `${log.vkey}\n`);
    const argv = ["witness", "serve", "--dir", directory, "--log", path.join(home, "logs"), "--port", "0"];
    const child = startTyr(argv, { home });
    const [first] = (await once(child.stderr, "data")) as [Buffer];
    const port = /port (\d+)/.exec(first.toString())?.[1];
    const end = ended(child);
    const answer = await fetch(`http://127.0.0.1:${port}/add-checkpoint`, {
      method: "POST",
      body: new Uint8Array(await log.request(0, 9)),
    });
    expect([answer.status, await answer.text()]).toEqual([
      200,
      expect.stringMatching(/^— witness\.example\/audit \S+\n$/),
    ]);
    const second = await tyr(argv, { home });
    expect([second.code, second.stderr]).toEqual([78, expect.stringContaining("cannot be locked")]);
    child.kill("SIGTERM");
    expect(await end).toMatchObject({
      code: 0,
      stderr: expect.stringContaining("cosigned log.example/tyr from 0 to 9") as string,
    });
    await chmod(path.join(directory, "witness.key"), 0o644);
    const open = await tyr(argv, { home });
    expect([open.code, open.stderr]).toEqual([78, expect.stringContaining("others than its owner may read the key")]);
  });

  test("says what is missing: directory, logs, key", async () => {
    const code = async (...argv: string[]): Promise<number | null> =>
      (await tyr(["witness", "serve", ...argv], { home })).code;
    const log = await sampleHistory({ origin: "log.example/tyr", length: 1 });
    expect(await code()).toBe(2);
    expect(await code("--dir", directory)).toBe(2);
    expect(await code("--dir", directory, "--log", log.vkey)).toBe(2);
    expect(await code("--dir", directory, "--log", "/nowhere")).toBe(2);
  });
});
