import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import {
  append,
  buildExport,
  emptyFrontier,
  generateSigningKey,
  makeCheckpoint,
  makePrunedStatement,
  openSigningKey,
  type KeySigner,
  type Result,
} from "@tyr/ledger";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { run } from "../src/run.ts";
import { fakeWorld } from "../src/testing/fake-world.ts";

/** Three full bundles and a part of a fourth; the first two are pruned, as entry 600 says. */
const SIZE = 800;
const PRUNED = 512;
const DECLARED_AT = 600;
const ORIGIN = "log.example/pruned";
const program = fileURLToPath(new URL("../../ledger/verify-independent/verify.ts", import.meta.url));
const BUNDLES = ["tile/entries/000", "tile/entries/001"];

type Files = ReadonlyMap<string, Uint8Array>;
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

function value<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw new Error(result.refusal.message);
}
const signer = async (): Promise<KeySigner> => value(await openSigningKey((await generateSigningKey(ORIGIN)).skey));
const log = await signer();

type Said = Readonly<{ size?: number; by?: KeySigner; origin?: string; entries?: readonly Uint8Array[] }>;

/** A log in which entry 600 declares what is pruned: truly, unless something else is asked for. */
async function filesOf({ size = PRUNED, by = log, origin = ORIGIN, entries: other }: Said = {}): Promise<
  Map<string, Uint8Array>
> {
  const entries = Array.from({ length: SIZE }, (_, at) => utf8(`{"entry":${at}}`));
  const { root } = append(emptyFrontier, (other ?? entries).slice(0, size));
  const statement = await makePrunedStatement({ origin, size, root }, [by]);
  entries[DECLARED_AT] = utf8(JSON.stringify({ type: "audit.pruned", details: { statement } }));
  const tree = append(emptyFrontier, entries);
  const checkpoint = await makeCheckpoint({ origin: ORIGIN, size: SIZE, root: tree.root }, log);
  const files = new Map([["pruned", utf8(`${DECLARED_AT}\n`)]]);
  const request = { origin: ORIGIN, entries, checkpoint, vkeys: [log.vkey], exportedAt: "2026-11-02T08:00:00Z" };
  for await (const { path: name, bytes } of buildExport(request)) files.set(name, bytes);
  return files;
}

function without(files: Files, ...names: readonly string[]): Map<string, Uint8Array> {
  return new Map([...files].filter(([name]) => !names.includes(name)));
}
const flipped = (files: Files, name: string, at: number): Map<string, Uint8Array> =>
  new Map(files).set(name, Buffer.from(files.get(name) ?? []).with(at, (files.get(name)?.[at] ?? 0) ^ 1));

let home = "";
let written = 0;
let whole: Files = new Map();
beforeAll(async () => {
  home = await mkdtemp(path.join(tmpdir(), "tyr-pruned-"));
  whole = await filesOf();
});
afterAll(async () => await rm(home, { recursive: true, force: true }));

async function put(files: Files): Promise<string> {
  const directory = path.join(home, String((written += 1)));
  for (const [name, bytes] of files) {
    await mkdir(path.dirname(path.join(directory, name)), { recursive: true });
    await writeFile(path.join(directory, name), bytes);
  }
  return directory;
}

async function askOther(argv: readonly string[]): Promise<{ code: number; out: string }> {
  const { promise, resolve } = Promise.withResolvers<{ code: number; out: string }>();
  execFile(process.execPath, [program, ...argv], (error, stdout) =>
    resolve({ code: error === null ? 0 : Number(error.code), out: stdout }),
  );
  return await promise;
}

type Range = readonly [first: number, last: number];
type Verdict = Readonly<{ ok: boolean; pruned: readonly Range[]; codes: readonly string[] }>;

/** What both verifiers say; they must say the same. */
async function verdictOn(files: Files, archives: readonly string[] = []): Promise<Verdict> {
  const directory = await put(files);
  const more = archives.flatMap((one) => ["--archive", one]);
  const world = await fakeWorld({ argv: ["audit", "verify", directory, "--vkey", log.vkey, ...more, "--json"] });
  const [code, theirs] = await Promise.all([run(world, "0"), askOther([directory, "--key", log.vkey, ...more])]);
  const mine = JSON.parse(world.out()) as {
    ok: boolean;
    pruned: { first: number; last: number }[];
    problems: { code: string }[];
  };
  const other = JSON.parse(theirs.out) as { ok: boolean; pruned?: Range[] };
  expect({ ok: other.ok, code: theirs.code }).toEqual({ ok: mine.ok, code: mine.ok ? 0 : 1 });
  expect(code).toBe(mine.ok ? 0 : 6);
  const pruned = mine.pruned.map(({ first, last }): Range => [first, last]);
  expect(mine.ok ? other.pruned : pruned).toEqual(pruned);
  return { ok: mine.ok, pruned, codes: mine.problems.map((one) => one.code) };
}

describe("a log whose first entries are pruned", () => {
  test("verifies, and both verifiers say which entries are known by their hashes alone", async () => {
    expect(await verdictOn(without(whole, ...BUNDLES))).toEqual({ ok: true, pruned: [[0, 511]], codes: [] });
    expect(await verdictOn(without(whole, "tile/entries/000"))).toMatchObject({ ok: true, pruned: [[0, 255]] });
    expect(await verdictOn(whole)).toEqual({ ok: true, pruned: [], codes: [] });
    const directory = await put(without(whole, ...BUNDLES));
    const world = await fakeWorld({ argv: ["audit", "verify", directory, "--vkey", log.vkey] });
    expect(await run(world, "0")).toBe(0);
    expect(world.out()).toContain("entries 0..511 are pruned, as entry 600 declares; hashes present and chained");
  });

  test("verifies as a whole together with the archive, and not with an archive in which a byte was changed", async () => {
    const archive = await put(new Map([...whole].filter(([name]) => BUNDLES.includes(name))));
    expect(await verdictOn(without(whole, ...BUNDLES), [archive])).toEqual({ ok: true, pruned: [], codes: [] });
    const altered = path.join(home, "altered");
    await cp(archive, altered, { recursive: true });
    await writeFile(
      path.join(altered, "tile/entries/001"),
      flipped(whole, "tile/entries/001", 12).get("tile/entries/001") ?? "",
    );
    expect(await verdictOn(without(whole, ...BUNDLES), [altered])).toMatchObject({
      ok: false,
      codes: ["LEDGER_ENTRY_ALTERED"],
    });
  });

  test.each(["tile/0/000", "tile/0/001", "tile/0/002", "tile/1/000.p/3"])(
    "does not verify when the hash tile %s is gone or has one flipped byte",
    async (name) => {
      const pruned = without(whole, ...BUNDLES);
      expect(await verdictOn(without(pruned, name))).toMatchObject({ ok: false });
      expect(await verdictOn(flipped(pruned, name, 40))).toMatchObject({ ok: false });
    },
  );

  test("does not verify when a bundle outside of what was declared is gone", async () => {
    for (const name of ["tile/entries/002", "tile/entries/003.p/32"])
      expect(await verdictOn(without(whole, ...BUNDLES, name))).toMatchObject({ ok: false });
    const narrow = await filesOf({ size: 256 });
    expect(await verdictOn(without(narrow, "tile/entries/000"))).toMatchObject({ ok: true });
    expect(await verdictOn(without(narrow, ...BUNDLES))).toMatchObject({
      ok: false,
      codes: ["LEDGER_EXPORT_MISSING"],
    });
  });
});

describe("somebody who deletes entries cannot call it pruning", () => {
  test("by leaving the bundles out, or by pointing at an entry that declares nothing", async () => {
    expect(await verdictOn(without(whole, "pruned", ...BUNDLES))).toMatchObject({ ok: false });
    for (const pointer of ["601\n", "0\n", "800\n", "999999999999\n", "-1\n", "6e2", "", "600\n600\n", "\u0000"])
      expect({
        pointer,
        ...(await verdictOn(new Map(without(whole, ...BUNDLES)).set("pruned", utf8(pointer)))),
      }).toMatchObject({ pointer, ok: false });
  });

  test("by an entry whose statement another key signed, which is what writing to the database can do", async () => {
    const forged = await filesOf({ by: await signer() });
    expect(await verdictOn(without(forged, ...BUNDLES))).toMatchObject({ ok: false });
    expect((await verdictOn(forged)).codes).toEqual(["LEDGER_PRUNED_UNPROVEN"]);
  });

  test("by a true statement of another log, about another history, or about entries behind itself", async () => {
    const other = Array.from({ length: PRUNED }, (_, at) => utf8(`{"other":${at}}`));
    for (const said of [{ origin: "log.example/other" }, { entries: other }, { size: 768 }])
      expect(await verdictOn(without(await filesOf(said), ...BUNDLES))).toMatchObject({ ok: false });
  });

  test("by putting a checkpoint in the place of a statement", async () => {
    const files = await filesOf();
    const entries = Array.from({ length: SIZE }, (_, at) => utf8(`{"entry":${at}}`));
    const { root } = append(emptyFrontier, entries.slice(0, PRUNED));
    const statement = await makeCheckpoint({ origin: ORIGIN, size: PRUNED, root }, log);
    entries[DECLARED_AT] = utf8(JSON.stringify({ type: "audit.pruned", details: { statement } }));
    const checkpoint = await makeCheckpoint(
      { origin: ORIGIN, size: SIZE, root: append(emptyFrontier, entries).root },
      log,
    );
    const request = { origin: ORIGIN, entries, checkpoint, vkeys: [log.vkey], exportedAt: "2026-11-02T08:00:00Z" };
    for await (const { path: name, bytes } of buildExport(request)) files.set(name, bytes);
    expect((await verdictOn(without(files, ...BUNDLES))).codes).toContain("LEDGER_PRUNED_UNPROVEN");
  });
});
