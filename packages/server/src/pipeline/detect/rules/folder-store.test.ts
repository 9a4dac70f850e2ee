import {
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { silentLogger } from "#platform/log";
import { createFolderStore, RESCAN_MS } from "./folder-store.ts";
import type { FollowedRules, RuleFileChange } from "./rule-store.ts";
import { timersByHand, watchByHand, type TimersByHand, type WatchByHand } from "./testing/by-hand.ts";
import { watchOneFolder } from "./watch-folder.ts";

const OLD = "title: Old\n";
const NEW = "title: New\n";

let above: string;
let dir: string;
let timers: TimersByHand;
let watch: WatchByHand;
let changes: RuleFileChange[];
let followed: FollowedRules | undefined;

/** One step of a save, seen by the watcher a moment later. */
function step(path: string, work: (path: string) => void): void {
  work(join(dir, path));
  timers.pass(5);
  watch.poke(join(dir, path));
}
async function follow(log = silentLogger): Promise<void> {
  const store = createFolderStore({ dir, log, watch: watch.watch, timers });
  await store.read();
  followed = store.follow((change) => void changes.push(change));
}

beforeEach(() => {
  above = mkdtempSync(join(tmpdir(), "tyr-rules-"));
  dir = join(above, "rules");
  mkdirSync(join(dir, "linux"), { recursive: true });
  for (const name of ["a.yml", "b.yml", "linux/c.yml", "d.yml", "e.yml"]) writeFileSync(join(dir, name), OLD);
  timers = timersByHand();
  watch = watchByHand();
  changes = [];
});
afterEach(async () => {
  await followed?.stop();
  followed = undefined;
  rmSync(above, { recursive: true, force: true });
});

describe("saving a file is one change, however an editor does it", () => {
  const styles: Readonly<Record<string, () => void>> = {
    "in place": () => step("a.yml", (path) => writeFileSync(path, NEW, { flag: "r+" })),
    "into a new file that takes its name": () => {
      step("a.yml.tmp", (path) => writeFileSync(path, NEW));
      step("a.yml", (path) => renameSync(`${path}.tmp`, path));
    },
    "emptied first": () => {
      step("a.yml", (path) => truncateSync(path));
      timers.pass(80);
      step("a.yml", (path) => writeFileSync(path, NEW));
    },
    "deleted first": () => {
      step("a.yml", unlinkSync);
      timers.pass(80);
      step("a.yml", (path) => writeFileSync(path, NEW));
    },
    "away to a backup, and written anew": () => {
      step("a.yml~", (path) => renameSync(path.slice(0, -1), path));
      step("a.yml", (path) => writeFileSync(path, NEW));
      step("a.yml~", unlinkSync);
    },
  };
  test.each(Object.keys(styles))("%s", async (style) => {
    await follow();
    styles[style]?.();
    timers.pass(10 * RESCAN_MS);
    expect(changes).toEqual([{ path: "a.yml", text: NEW }]);
  });

  test("by turning a link, as mounted volumes do", async () => {
    rmSync(dir, { recursive: true });
    mkdirSync(dir);
    const volume = (name: string, text: string): void => {
      mkdirSync(join(dir, name));
      writeFileSync(join(dir, name, "a.yml"), text);
    };
    volume("..1", OLD);
    symlinkSync("..1", join(dir, "..data"));
    symlinkSync("..data/a.yml", join(dir, "a.yml"));
    await follow();
    volume("..2", NEW);
    watch.poke(join(dir, "..2"));
    symlinkSync("..2", join(dir, "..data_tmp"));
    watch.poke(join(dir, "..data_tmp"));
    step("..data", (path) => renameSync(`${path}_tmp`, path));
    timers.pass(RESCAN_MS - 100);
    expect(changes).toEqual([{ path: "a.yml", text: NEW }]);
  });

  test("by turning a link to the whole folder, as releases do", async () => {
    renameSync(dir, join(above, "one"));
    symlinkSync("one", dir);
    await follow();
    mkdirSync(join(above, "two"));
    for (const name of ["a.yml", "b.yml"]) writeFileSync(join(above, "two", name), name === "a.yml" ? NEW : OLD);
    symlinkSync("two", join(above, "next"));
    renameSync(join(above, "next"), dir);
    watch.poke(dir);
    timers.pass(RESCAN_MS - 100);
    expect(changes.map(({ path, text }) => [path, text])).toEqual([
      ["a.yml", NEW],
      ["d.yml", null],
      ["e.yml", null],
      ["linux/c.yml", null],
    ]);
    changes.length = 0;
    step("b.yml", (path) => writeFileSync(path, NEW));
    timers.pass(100);
    expect(changes).toEqual([{ path: "b.yml", text: NEW }]);
  });
});

test("a save is seen when nothing has happened for a moment, and while things go on happening too", async () => {
  await follow();
  step("a.yml", (path) => writeFileSync(path, NEW));
  timers.pass(59);
  expect(changes).toEqual([]);
  timers.pass(1);
  expect(changes).toEqual([{ path: "a.yml", text: NEW }]);
  step("b.yml", (path) => writeFileSync(path, NEW));
  for (let waited = 0; waited < 200; waited += 20) {
    timers.pass(20);
    watch.poke(join(dir, "c.yml"));
  }
  expect(changes).toHaveLength(2);
});

test("five edits are five changes", async () => {
  await follow();
  for (const path of ["a.yml", "b.yml", "linux/c.yml", "d.yml", "e.yml"])
    step(path, (full) => writeFileSync(full, NEW));
  timers.pass(300);
  expect(changes.map(({ path }) => path)).toEqual(["a.yml", "b.yml", "d.yml", "e.yml", "linux/c.yml"]);
});

test("what was saved again as it was is no change", async () => {
  await follow();
  step("a.yml", (path) => writeFileSync(path, OLD));
  timers.pass(10 * RESCAN_MS);
  expect(changes).toEqual([]);
});

test.each([
  "a.yml.swp",
  ".a.yml.swp",
  "a.yml~",
  "#a.yml#",
  ".#a.yml",
  "a.yml.tmp",
  "4913",
  "a.yml.bak",
  ".goutputstream-1",
])("%s is passed over without a look", async (name) => {
  await follow();
  // A change that nobody was told of: it would be found if anybody looked.
  writeFileSync(join(dir, "b.yml"), NEW);
  step(name, (path) => writeFileSync(path, "{ not: [a rule"));
  timers.pass(RESCAN_MS - 100);
  expect(changes).toEqual([]);
});

test("a file that is gone, or stays empty, is gone; nothing is believed at the first look", async () => {
  await follow();
  step("a.yml", unlinkSync);
  step("b.yml", (path) => truncateSync(path));
  timers.pass(100);
  expect(changes).toEqual([]);
  timers.pass(300);
  expect(changes).toEqual([
    { path: "a.yml", text: null },
    { path: "b.yml", text: null },
  ]);
});

test("a file that got another name is one that is gone and one that came, together", async () => {
  await follow();
  step("a.yml", (path) => renameSync(path, join(dir, "z.yml")));
  timers.pass(400);
  expect(changes).toEqual([
    { path: "a.yml", text: null },
    { path: "z.yml", text: OLD },
  ]);
});

test("what the watcher lost is found by looking at everything now and then", async () => {
  await follow();
  writeFileSync(join(dir, "linux/c.yml"), NEW);
  timers.pass(RESCAN_MS);
  expect(changes).toEqual([{ path: "linux/c.yml", text: NEW }]);
});

test("folders that come and go are watched and let go", async () => {
  await follow();
  expect(watch.watched()).toEqual([above, dir, join(dir, "linux")]);
  step("web", (path) => mkdirSync(path));
  timers.pass(100);
  step("web/f.yml", (path) => writeFileSync(path, NEW));
  timers.pass(100);
  expect(changes).toEqual([{ path: "web/f.yml", text: NEW }]);
  step("web", (path) => rmSync(path, { recursive: true }));
  timers.pass(400);
  expect(watch.watched()).toEqual([above, dir, join(dir, "linux")]);
});

test("a folder that is away for a moment takes no rule with it, and that is said once", async () => {
  const said: string[] = [];
  const log = pino({ level: "warn" }, { write: (text: string) => void said.push(text) });
  await follow(log);
  renameSync(dir, `${dir}-away`);
  timers.pass(10 * RESCAN_MS);
  expect(changes).toEqual([]);
  expect(said).toHaveLength(1);
  renameSync(`${dir}-away`, dir);
  writeFileSync(join(dir, "a.yml"), NEW);
  timers.pass(RESCAN_MS);
  expect(changes).toEqual([{ path: "a.yml", text: NEW }]);
});

test("a file that cannot be read says why; it is not gone", async () => {
  await follow();
  step("a.yml", (path) => {
    unlinkSync(path);
    symlinkSync("nowhere.yml", path);
  });
  timers.pass(400);
  expect(changes).toEqual([{ path: "a.yml", text: null, reason: "there is no such file or folder" }]);
});

test("the watcher of the system tells of a save within half a second", async () => {
  const store = createFolderStore({ dir, log: silentLogger, watch: watchOneFolder });
  await store.read();
  const seen = Promise.withResolvers<RuleFileChange>();
  followed = store.follow(seen.resolve);
  const savedMs = performance.now();
  writeFileSync(join(dir, "linux/c.yml"), NEW);
  expect(await seen.promise).toEqual({ path: "linux/c.yml", text: NEW });
  expect(performance.now() - savedMs).toBeLessThan(500);
});
