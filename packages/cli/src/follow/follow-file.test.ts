import { appendFile, copyFile, readFile, rename, rm, truncate, writeFile } from "node:fs/promises";
import path from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { batchKey } from "../import/batch-key.ts";
import type { Batch } from "../import/line-batcher.ts";
import { temporaryDirectory } from "../testing/fake-world.ts";
import { followFile } from "./follow-file.ts";
import { followStore, type FollowStore } from "./follow-state.ts";

const target = { sensorId: "snr_1", format: "auto", year: undefined };
const GRACE_LOOKS = 2;

let log: string;
let store: FollowStore;
beforeEach(async () => {
  const directory = await temporaryDirectory();
  log = path.join(directory, "auth.log");
  store = followStore(directory, ["http://x", "snr_1", log]);
});

type Outcome = { lines: string[]; keys: string[]; firstLines: number[]; warnings: string[] };
type Step = () => Promise<unknown>;

/** Follows the log; at each pause the next step happens to it, and after the last one the follower is stopped. */
async function follow(
  steps: Step[],
  send: (batch: Batch) => Promise<void> = async () => await Promise.resolve(),
): Promise<Outcome> {
  const outcome: Outcome = { lines: [], keys: [], firstLines: [], warnings: [] };
  const controller = new AbortController();
  await followFile(log, {
    store,
    signal: controller.signal,
    graceLooks: GRACE_LOOKS,
    warn: (text) => outcome.warnings.push(text),
    async send(batch) {
      await send(batch);
      outcome.lines.push(...Buffer.from(batch.bytes).toString().split("\n").slice(0, -1));
      outcome.keys.push(batchKey(batch, target));
      outcome.firstLines.push(batch.firstLine);
    },
    async pause() {
      const step = steps.shift();
      if (step === undefined) controller.abort();
      else await step();
    },
  });
  return outcome;
}
const nothing: Step = async () => await Promise.resolve();
const grace = Array.from({ length: GRACE_LOOKS + 2 }, () => nothing);

describe("following a log", () => {
  test("sends what is there, then what is appended, and a line only once it is whole", async () => {
    await writeFile(log, "a\nb\n");
    const outcome = await follow([() => appendFile(log, "c\nhal"), () => appendFile(log, "f\n"), nothing]);
    expect(outcome.lines).toEqual(["a", "b", "c", "half"]);
    expect(outcome.firstLines).toEqual([1, 3, 4]);
  });

  test("waits for a log that does not exist yet", async () => {
    expect((await follow([nothing, () => writeFile(log, "first\n"), nothing])).lines).toEqual(["first"]);
  });

  test("goes on after a restart where it was, without sending anything twice", async () => {
    await writeFile(log, "a\nb\npart");
    await follow([]);
    await appendFile(log, "ial\nc\n");
    const outcome = await follow([]);
    expect([outcome.lines, outcome.firstLines, outcome.warnings]).toEqual([["partial", "c"], [3], []]);
  });
});

describe("rotation", () => {
  test("by rename: the old file is read to its end, also what its writer adds late, then the new one from its start", async () => {
    await writeFile(log, "old1\n");
    const outcome = await follow([
      () => rename(log, `${log}.1`),
      () => writeFile(log, "new1\n"),
      () => appendFile(`${log}.1`, "late\nunended"),
      ...grace,
      () => appendFile(log, "new2\n"),
      nothing,
    ]);
    expect(outcome.lines).toEqual(["old1", "late", "unended", "new1", "new2"]);
    expect(outcome.warnings).toEqual([]);
  });

  test("while nobody followed: the rest of the old file comes first", async () => {
    await writeFile(log, "a\n");
    await follow([]);
    await appendFile(log, "missed\n");
    await rename(log, `${log}.1`);
    await writeFile(log, "b\n");
    const outcome = await follow([]);
    expect([outcome.lines, outcome.warnings]).toEqual([["missed", "b"], []]);
  });

  test("twice while nobody followed: the file in between is named", async () => {
    await writeFile(log, "a\n");
    await follow([]);
    await rename(log, `${log}.2`);
    await writeFile(`${log}.1`, "between\n");
    await writeFile(log, "b\n");
    const outcome = await follow([]);
    expect(outcome.lines).toEqual(["b"]);
    expect(outcome.warnings.join()).toContain("auth.log.1 was written while nobody followed");
  });

  test("with the old file gone: says from which line on something is missing", async () => {
    await writeFile(log, "a\nb\n");
    await follow([]);
    await writeFile(`${log}.new`, "c\n");
    await rename(`${log}.new`, log);
    const outcome = await follow([]);
    expect(outcome.lines).toEqual(["c"]);
    expect(outcome.warnings.join()).toContain("from line 3");
  });

  test("by copy and truncate: starts at the beginning and says that something may be lost", async () => {
    await writeFile(log, "a\nb\n");
    const outcome = await follow([
      async () => {
        await copyFile(log, `${log}.1`);
        await truncate(log);
      },
      () => appendFile(log, "c\n"),
      nothing,
    ]);
    expect(outcome.lines).toEqual(["a", "b", "c"]);
    expect(outcome.warnings.join()).toContain("truncated");
  });

  test("by truncating and writing more than there was before anybody looked: seen by its first bytes", async () => {
    await writeFile(log, "a\nb\n");
    const outcome = await follow([() => writeFile(log, "completely other content\nand more\n"), nothing]);
    expect(outcome.lines).toEqual(["a", "b", "completely other content", "and more"]);
  });

  test("into a file that got the old inode while nobody followed: seen by its first bytes", async () => {
    await writeFile(log, "a\nb\n");
    await follow([]);
    await writeFile(log, "other\ncontent\n");
    const outcome = await follow([]);
    expect(outcome.lines).toEqual(["other", "content"]);
    expect(outcome.warnings.join()).toContain("not what it was");
  });
});

describe("a crash", () => {
  const crash = new Error("crash");

  test("between sending and knowing: the very same batch goes out again with the same key, though the log has grown", async () => {
    await writeFile(log, "a\nb\n");
    const sent: string[] = [];
    const dying = async (batch: Batch): Promise<void> => {
      sent.push(batchKey(batch, target));
      await Promise.reject(crash);
    };
    await expect(follow([], dying)).rejects.toThrow("crash");
    await appendFile(log, "c\nd\n");
    const outcome = await follow([]);
    expect(outcome.keys[0]).toBe(sent[0]);
    expect([outcome.lines, outcome.firstLines]).toEqual([
      ["a", "b", "c", "d"],
      [1, 3],
    ]);
  });

  test("in the middle of many batches loses nothing and repeats only the one on its way", async () => {
    const lines = Array.from({ length: 3500 }, (_, at) => `line ${at}`);
    await writeFile(log, lines.map((line) => `${line}\n`).join(""));
    const keys: string[] = [];
    const seen: string[] = [];
    const dieOnThird = async (batch: Batch): Promise<void> => {
      keys.push(batchKey(batch, target));
      if (keys.length === 3) await Promise.reject(crash);
      seen.push(...Buffer.from(batch.bytes).toString().split("\n").slice(0, -1));
    };
    await expect(follow([], dieOnThird)).rejects.toThrow("crash");
    const outcome = await follow([]);
    expect(outcome.keys[0]).toBe(keys[2]);
    expect([...seen, ...outcome.lines]).toEqual(lines);
  });

  test("that leaves a damaged checkpoint starts over instead of guessing", async () => {
    await writeFile(log, "a\n");
    await follow([]);
    const directory = path.join(path.dirname(log), "follow");
    const [name = ""] = await import("node:fs/promises").then(async (fs) => await fs.readdir(directory));
    await writeFile(path.join(directory, name), "{");
    expect((await follow([])).lines).toEqual(["a"]);
    expect(JSON.parse(await readFile(path.join(directory, name), "utf8"))).toMatchObject({
      offset: 2,
      nextLine: 2,
      pendingEnd: null,
    });
    await rm(directory, { recursive: true });
  });
});
