import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
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
  type Result,
} from "@tyr/ledger";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ExportReport } from "../src/audit/approvals/check-exported.ts";
import { HAPPENING_NAMES, wholeLog, type WholeEntry } from "../src/audit/approvals/testing/whole-log.ts";
import { ORIGIN } from "../src/audit/approvals/testing/written-log.ts";
import { run } from "../src/run.ts";
import { fakeWorld } from "../src/testing/fake-world.ts";

const script = fileURLToPath(new URL("../../../scripts/verify-approvals.mjs", import.meta.url));
const FIRST = "tile/entries/000";
const SECOND = "tile/entries/001";
/** So many others first that keys are in the first bundle, and decisions in the second and third. */
const PADDING = 250;
const MORE = 230;

type Files = Map<string, Uint8Array>;
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
function value<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw new Error(result.refusal.message);
}
const log = value(await openSigningKey((await generateSigningKey(ORIGIN)).skey));
const heartbeats = (count: number): readonly object[] =>
  Array.from({ length: count }, () => ({ type: "system.heartbeat" }));

/** An export of this log, which says of its first bundle that it is pruned. */
async function filesOf(happened: readonly WholeEntry[]): Promise<Files> {
  const said = [...heartbeats(PADDING - 12), ...happened.slice(0, 12), ...heartbeats(MORE), ...happened.slice(12)];
  const entries = said.map((one) => utf8(JSON.stringify(one)));
  const { root } = append(emptyFrontier, entries.slice(0, 256));
  const statement = await makePrunedStatement({ origin: ORIGIN, size: 256, root }, [log]);
  const declaredAt = entries.push(utf8(JSON.stringify({ type: "audit.pruned", details: { statement } }))) - 1;
  const tree = append(emptyFrontier, entries);
  const checkpoint = await makeCheckpoint({ origin: ORIGIN, size: entries.length, root: tree.root }, log);
  const files: Files = new Map([["pruned", utf8(`${declaredAt}\n`)]]);
  const request = { origin: ORIGIN, entries, checkpoint, vkeys: [log.vkey], exportedAt: "2026-11-02T08:00:00Z" };
  for await (const { path: name, bytes } of buildExport(request)) files.set(name, bytes);
  return files;
}

let home = "";
let whole: Files = new Map();
let written = 0;
beforeAll(async () => {
  home = await mkdtemp(path.join(tmpdir(), "tyr-approvals-"));
  whole = await filesOf(wholeLog(HAPPENING_NAMES));
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
const without = (files: Files, gone: string): Files => new Map([...files].filter(([name]) => name !== gone));

type Verdict = Readonly<{ code: number; out: string }>;
async function byScript(places: readonly string[]): Promise<Verdict> {
  const { promise, resolve } = Promise.withResolvers<Verdict>();
  execFile(process.execPath, [script, ...places], (error, stdout) =>
    resolve({ code: error === null ? 0 : Number(error.code), out: stdout }),
  );
  return await promise;
}
const codesIn = (text: string): readonly string[] =>
  [...text.matchAll(/^PROBLEM (\w+)/gm)].map(([, code = ""]) => code);

/** What the command says; the script must say the same. */
async function verdictOn(files: Files, archives: readonly string[] = []): Promise<readonly string[]> {
  const directory = await put(files);
  const more = archives.flatMap((one) => ["--archive", one]);
  const world = await fakeWorld({
    argv: ["audit", "verify-approvals", directory, "--vkey", log.vkey, ...more, "--json"],
  });
  const [code, theirs] = await Promise.all([run(world, "0"), byScript([directory, ...archives])]);
  const { ok, findings, executed } = JSON.parse(world.out()) as ExportReport;
  const codes = findings.map((one) => one.code);
  expect([theirs.code, codesIn(theirs.out)]).toEqual([code, codes]);
  expect([code, theirs.out.includes("all holds")]).toEqual([ok ? 0 : 6, ok]);
  expect(theirs.out.match(/^entry \d+: .* ran: /gm)).toHaveLength(executed.length);
  return codes;
}

describe("the command and the script over one export", () => {
  test("find the same: nothing, where all was signed", async () => {
    expect(await verdictOn(whole)).toEqual([]);
  });

  test("find the same where an entry was left out and the log signed anew", async () => {
    const happened = wholeLog(HAPPENING_NAMES);
    const at = happened.findIndex(({ type }) => type === "action.approval_recorded");
    expect(await verdictOn(await filesOf(happened.toSpliced(at, 1)))).toEqual(["QUORUM_SHORT"]);
  });

  test("show nothing of a log whose first entries are pruned, unless their archive is given", async () => {
    const rest = without(whole, FIRST);
    const codes = await verdictOn(rest);
    expect([codes.at(-1), codes.includes("KEY_UNKNOWN")]).toEqual(["ENTRIES_MISSING", true]);
    expect(await verdictOn(rest, [await put(new Map([[FIRST, whole.get(FIRST) ?? utf8("")]]))])).toEqual([]);
  });

  test("refuse an export with a gap in its middle, whatever the rest says", async () => {
    const directory = await put(without(whole, SECOND));
    const world = await fakeWorld({ argv: ["audit", "verify-approvals", directory, "--vkey", log.vkey, "--json"] });
    expect(await run(world, "0")).toBe(6);
    const { code, out } = await byScript([directory]);
    expect([code, codesIn(out).at(-1)]).toEqual([6, "ENTRIES_MISSING"]);
    expect(out).toMatch(/in the middle of the log, where nothing is ever pruned\n.*NOT verified\n$/);
  });
});
