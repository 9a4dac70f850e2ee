import { mkdir, mkdtemp, readdir, readFile, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { sampleLog, type SampleLog } from "../src/testing/sample-log.ts";
import { Refuses, startFakeServer } from "./fake-server.ts";
import { tyr } from "./tyr.ts";

const ENTRIES = 700;
let home: string;
let log: SampleLog;
beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), "tyr-audit-"));
  log = await sampleLog(ENTRIES);
});
afterEach(async () => await rm(home, { recursive: true, force: true }));

async function writeLog(name: string, { files }: SampleLog): Promise<string> {
  const directory = path.join(home, name);
  for (const [file, bytes] of files) {
    await mkdir(path.dirname(path.join(directory, file)), { recursive: true });
    await writeFile(path.join(directory, file), bytes);
  }
  return directory;
}

describe("tyr audit verify, without any server", () => {
  const verify = async (directory: string, ...more: string[]) =>
    await tyr(["audit", "verify", directory, "--vkey", log.vkey, ...more], { home });

  test("accepts a whole export", async () => {
    const end = await verify(await writeLog("whole", log));
    expect([end.code, end.stdout]).toEqual([
      0,
      expect.stringMatching(/^✓ log\.example\/tyr: 700 entries, root \S+, signed by log\.example\/tyr\+/),
    ]);
  });

  test("names the one entry in which a byte was flipped", async () => {
    const directory = await writeLog("flipped", log);
    const file = path.join(directory, "tile", "entries", "001");
    const bytes = await readFile(file);
    const at = bytes.indexOf('{"entry":300}') + 9;
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    await writeFile(file, bytes);
    const end = await verify(directory);
    expect([end.code, end.stdout]).toEqual([6, expect.stringMatching(/^✕ entry 300: /)]);
    const json = await verify(directory, "--json");
    expect([json.code, JSON.parse(json.stdout)]).toMatchObject([6, { ok: false, problems: [{ index: 300 }] }]);
  });

  test("catches a log cut short by its owner against an earlier checkpoint, and only so", async () => {
    const kept = path.join(home, "kept-checkpoint");
    await writeFile(kept, log.checkpoint);
    const shorter = await writeLog("shorter", await sampleLog(ENTRIES - 40));
    const alone = await verify(shorter);
    expect([alone.code, alone.stderr]).toEqual([0, expect.stringContaining("give --checkpoint")]);
    const caught = await verify(shorter, "--checkpoint", kept);
    expect([caught.code, caught.stdout]).toEqual([
      6,
      expect.stringMatching(/entry 660: .*40 entries are missing at the end/),
    ]);
  });

  test("catches a log rewritten and signed again, and confirms one that only grew", async () => {
    const kept = path.join(home, "kept-checkpoint");
    await writeFile(kept, log.checkpoint);
    const rewritten = await writeLog(
      "rewritten",
      await sampleLog(ENTRIES + 10, (at) => `{"entry":${at === 5 ? 666 : at}}`),
    );
    expect((await verify(rewritten, "--checkpoint", kept)).code).toBe(6);
    const grown = await verify(await writeLog("grown", await sampleLog(ENTRIES + 10)), "--checkpoint", kept);
    expect([grown.code, grown.stdout]).toEqual([0, expect.stringContaining("contains 1 earlier checkpoint(s)")]);
  });

  test("refuses another key, a missing file, and what is no export at all", async () => {
    const directory = await writeLog("whole", log);
    const other = await tyr(
      ["audit", "verify", directory, "--vkey", "log.example/tyr+00000000+AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"],
      { home },
    );
    expect(other.code).toBe(6);
    await rm(path.join(directory, "tile", "entries", "000"));
    expect((await verify(directory)).code).toBe(6);
    expect((await verify(home)).code).toBe(6);
    expect((await verify(path.join(home, "nowhere"))).code).toBe(1);
  });

  test("does not read a device, a pipe or a giant in the place of a tile", async () => {
    for (const [at, put] of [
      ["device", async (tile: string) => await symlink("/dev/zero", tile)],
      ["giant", async (tile: string) => await truncate(tile, 2 ** 40)],
    ] as const) {
      const directory = await writeLog(at, log);
      const tile = path.join(directory, "tile", "0", "000");
      if (at === "device") await rm(tile);
      await put(tile);
      const end = await verify(directory);
      expect([end.code, end.stderr]).toEqual([6, expect.stringContaining("this is no export")]);
    }
  });

  test("says that a key out of the export itself proves less", async () => {
    const end = await tyr(["audit", "verify", await writeLog("whole", log)], { home });
    expect([end.code, end.stderr]).toEqual([0, expect.stringContaining("give --vkey")]);
    const keyFile = path.join(home, "trusted.vkey");
    await writeFile(keyFile, `# from the wall\n${log.vkey}\n`);
    const trusted = await tyr(["audit", "verify", path.join(home, "whole"), "--vkey", keyFile], { home });
    expect([trusted.code, trusted.stderr.includes("give --vkey")]).toEqual([0, false]);
  });
});

describe("tyr audit export", () => {
  async function exportFrom(files: ReadonlyMap<string, Uint8Array>, directory: string) {
    await using server = await startFakeServer({
      "audit.log": ({ params }) => files.get(params["rest"] ?? "") ?? new Refuses("NOT_FOUND"),
    });
    return await tyr(["audit", "export", directory], { home, env: { TYR_URL: server.url, TYR_TOKEN: server.token } });
  }

  test("copies the log into files that verify offline", async () => {
    const directory = path.join(home, "out");
    const end = await exportFrom(log.files, directory);
    expect([end.code, end.stdout]).toEqual([0, expect.stringContaining("✓ log.example/tyr: 700 entries")]);
    expect((await tyr(["audit", "verify", directory, "--vkey", log.vkey], { home })).code).toBe(0);
    expect(await readFile(path.join(directory, "checkpoint"), "utf8")).toBe(log.checkpoint);
    expect((await readdir(home)).filter((name) => name.endsWith(".partial"))).toEqual([]);
  });

  test("keeps a damaged log as evidence and ends with 6", async () => {
    const damaged = new Map(log.files);
    damaged.set("tile/0/000", Buffer.alloc(256 * 32));
    const directory = path.join(home, "evidence");
    expect((await exportFrom(damaged, directory)).code).toBe(6);
    expect(await readFile(path.join(directory, "tile", "0", "000"))).toEqual(Buffer.alloc(256 * 32));
  });

  test("refuses a directory that is not empty, and leaves none behind when it fails", async () => {
    const used = path.join(home, "used");
    await mkdir(used);
    await writeFile(path.join(used, "mine"), "");
    expect(await exportFrom(log.files, used)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("not empty") as unknown,
    });
    expect(await readdir(used)).toEqual(["mine"]);
    const incomplete = new Map(log.files);
    incomplete.delete("tile/entries/001");
    expect((await exportFrom(incomplete, path.join(home, "gone"))).code).toBe(1);
    expect((await readdir(home)).filter((name) => name.includes("gone"))).toEqual([]);
    await mkdir(path.join(home, "empty"));
    expect((await exportFrom(log.files, path.join(home, "empty"))).code).toBe(0);
  });
});
