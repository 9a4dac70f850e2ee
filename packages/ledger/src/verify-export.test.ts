import * as fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { base64, concat, utf8 } from "./bytes.ts";
import { cutBundle, encodeBundle } from "./entry-bundle.ts";
import { generateSigningKey } from "./note-key.ts";
import {
  changed,
  exported,
  type Files,
  flipped,
  origin,
  sampleEntries,
  signedAt,
  testSigner,
  verified,
} from "./testing/sample-export.ts";
import { leafHash } from "./tree-hash.ts";
import { verifyExport, type VerifyReport } from "./verify-export.ts";
import { rootOf } from "./frontier.ts";
import { makeCheckpoint } from "./checkpoint.ts";

/** Two full bundles and a part of a third; tiles of two levels. */
const size = 600;
const entries = sampleEntries(size);
let files: Files = new Map();

beforeAll(async () => {
  files = await exported(entries);
});

function shown({ ok, problems }: VerifyReport): unknown {
  return { ok, problems: problems.map(({ code, index, path }) => [code, index, path]) };
}

/** Where the bytes of an entry begin in its bundle. */
function offsetOf(index: number): number {
  const before = entries.slice(Math.floor(index / 256) * 256, index);
  return encodeBundle(before).length + 2;
}

function bundleOf(index: number): string {
  return ["tile/entries/000", "tile/entries/001", "tile/entries/002.p/88"][Math.floor(index / 256)] ?? "";
}

describe("an untouched export", () => {
  test("verifies, and says what was checked", async () => {
    const progress: number[] = [];
    const report = await verified(files, { onProgress: (done) => progress.push(done) });
    expect(report).toMatchObject({ ok: true, origin, size, entriesChecked: size, problems: [], problemsOmitted: 0 });
    expect(report.root).toBe(base64(rootOf(entries.map(leafHash))));
    expect(report.signedBy).toEqual(["log.example/tyr-conformance+2323026b"]);
    expect(progress).toEqual([256, 512, 600]);
  });

  test.each([0, 1, 255, 256, 257, 511, 512, 513])("verifies at %i entries", async (count) => {
    expect(shown(await verified(await exported(sampleEntries(count))))).toEqual({ ok: true, problems: [] });
  });

  test("verifies across the border of the second level of tiles, and confirms every earlier checkpoint", async () => {
    const many = sampleEntries(65_793);
    const sizes = [0, 1, 255, 256, 257, 300, 65_535, 65_536, 65_537, 65_792, 65_793];
    const earlier = await Promise.all(sizes.map(async (at) => await signedAt(many, at)));
    const report = await verified(await exported(many), { earlier });
    expect(shown(report)).toEqual({ ok: true, problems: [] });
    expect(report.earlierConfirmed).toBe(sizes.length);
  });

  test("carries the earlier checkpoints it was given", async () => {
    const kept = await exported(entries, { earlier: [await signedAt(entries, 17), await signedAt(entries, 256)] });
    expect(await verified(kept)).toMatchObject({ ok: true, earlierConfirmed: 2 });
  });
});

describe("an altered entry", () => {
  test.each([0, 1, 255, 256, 300, 511, 512, 599])("with one flipped byte is named by its index %i", async (index) => {
    const path = bundleOf(index);
    const report = await verified(changed(files, path, (bytes) => flipped(bytes, offsetOf(index) + 3)));
    expect(shown(report)).toEqual({ ok: false, problems: [["LEDGER_ENTRY_ALTERED", index, path]] });
    expect(report.problems[0]?.message).toContain(`entry ${index} `);
    expect(report.problems[0]?.todo).not.toBe("");
  });

  test.each([0, 300, 599])("with a flipped length is named by the index %i where the damage begins", async (index) => {
    const path = bundleOf(index);
    const report = await verified(changed(files, path, (bytes) => flipped(bytes, offsetOf(index) - 1)));
    expect(shown(report)).toEqual({ ok: false, problems: [["LEDGER_TILE_MALFORMED", index, path]] });
  });

  test("is named among several, each by its index", async () => {
    const two = changed(files, bundleOf(5), (bytes) => flipped(flipped(bytes, offsetOf(5)), offsetOf(9)));
    const three = changed(two, bundleOf(520), (bytes) => flipped(bytes, offsetOf(520)));
    const { ok, problems } = await verified(three);
    expect(ok).toBe(false);
    expect(problems.map(({ code, index }) => [code, index])).toEqual(
      [5, 9, 520].map((index) => ["LEDGER_ENTRY_ALTERED", index]),
    );
  });

  test("whose leaf hash was altered with it is still found, by its bundle", async () => {
    const forged = utf8('{"entry":"forged"}');
    const cut = (bytes: Uint8Array): Uint8Array[] => [...cutBundle(bytes, 256).entries].with(7, forged);
    const bundle = changed(files, "tile/entries/001", (bytes) => encodeBundle(cut(bytes)));
    const both = changed(bundle, "tile/0/001", (bytes) =>
      concat(bytes.slice(0, 224), leafHash(forged), bytes.slice(256)),
    );
    expect(shown(await verified(both))).toEqual({ ok: false, problems: [["LEDGER_ENTRY_ALTERED", 256, "tile/0/001"]] });
  });

  test("whose hashes were all recomputed up to the root does not have the signed root", async () => {
    const forged = await exported(entries.with(42, utf8("forged")), {
      checkpoint: await signedAt(entries.with(42, utf8("forged"))),
    });
    forged.set("checkpoint", files.get("checkpoint") ?? new Uint8Array(0));
    const { ok, problems } = await verified(forged);
    expect(ok).toBe(false);
    expect(problems.map(({ code }) => code)).toEqual(["LEDGER_ROOT_MISMATCH"]);
  });
});

describe("an altered hash tile", () => {
  test.each([
    ["tile/0/000", 0, 0],
    ["tile/0/001", 100, 356],
    ["tile/0/002.p/88", 87, 599],
    ["tile/1/000.p/2", 1, 256],
  ])("%s is named with hash %i, which covers entry %i first", async (path, position, index) => {
    const report = await verified(changed(files, path, (bytes) => flipped(bytes, position * 32 + 5)));
    expect(shown(report)).toEqual({ ok: false, problems: [["LEDGER_TILE_ALTERED", index, path]] });
    expect(report.problems[0]?.message).toContain(`hash ${position} of the tile ${path}`);
  });

  test("does not hide an altered entry elsewhere", async () => {
    const tile = changed(files, "tile/0/000", (bytes) => flipped(bytes, 32));
    const both = changed(tile, bundleOf(300), (bytes) => flipped(bytes, offsetOf(300)));
    expect(shown(await verified(both))).toEqual({
      ok: false,
      problems: [
        ["LEDGER_TILE_ALTERED", 1, "tile/0/000"],
        ["LEDGER_ENTRY_ALTERED", 300, "tile/entries/001"],
      ],
    });
  });
});

describe("a missing, cut or surplus file", () => {
  test("of any kind is a problem of its own", async () => {
    for (const path of files.keys()) {
      const report = await verified(changed(files, path, () => undefined));
      expect({ path, ok: report.ok, codes: report.problems.map(({ code }) => code) }).toEqual({
        path,
        ok: false,
        codes: ["LEDGER_EXPORT_MISSING"],
      });
    }
  });

  test("is found when the last bundle and its tile are both gone, and named by its first entry", async () => {
    const gone = changed(
      changed(files, "tile/entries/002.p/88", () => undefined),
      "tile/0/002.p/88",
      () => undefined,
    );
    const { ok, problems } = await verified(gone);
    expect(ok).toBe(false);
    expect(problems.every(({ code, index }) => code === "LEDGER_EXPORT_MISSING" && index === 512)).toBe(true);
  });

  test("cut by a byte, or longer by one, is refused", async () => {
    for (const path of files.keys()) {
      const shorter = await verified(changed(files, path, (bytes) => bytes.slice(0, -1)));
      const longer = await verified(changed(files, path, (bytes) => concat(bytes, Uint8Array.of(7))));
      expect([path, shorter.ok, longer.ok]).toEqual([path, false, false]);
    }
  });

  test("an empty directory is not an export", async () => {
    expect(shown(await verified(new Map()))).toEqual({
      ok: false,
      problems: [["LEDGER_EXPORT_MISSING", undefined, "checkpoint"]],
    });
  });
});

describe("the checkpoint", () => {
  test("with an edited size has no valid signature", async () => {
    const report = await verified(
      changed(files, "checkpoint", (bytes) => utf8(new TextDecoder().decode(bytes).replace("\n600\n", "\n599\n"))),
    );
    expect(report.problems.map(({ code }) => code)).toEqual(["LEDGER_SIGNATURE_INVALID"]);
  });

  test("of a key nobody trusts is refused, and the report says whose it claims to be", async () => {
    const { vkey } = await generateSigningKey("other.example");
    const { ok, problems } = await verified(files, { trustedKeys: [vkey] });
    expect(ok).toBe(false);
    expect(problems[0]).toMatchObject({ code: "LEDGER_NOTE_UNTRUSTED", path: "checkpoint" });
    expect(problems[0]?.message).toContain("log.example/tyr-conformance+2323026b");
  });

  test("is not believed without a trusted key, or with a damaged one", async () => {
    const none = await verified(files, { trustedKeys: [] });
    expect([none.ok, none.problems[0]?.code]).toEqual([false, "LEDGER_EXPORT_EMPTY_TRUST"]);
    const { vkey } = await testSigner();
    const damaged = await verified(files, { trustedKeys: [vkey, vkey.slice(0, -2)] });
    expect([damaged.ok, damaged.problems[0]?.code]).toEqual([false, "LEDGER_KEY_MALFORMED"]);
  });

  test("of another log of the same key is refused when the origin is asked for", async () => {
    expect((await verified(files, { origin })).ok).toBe(true);
    expect((await verified(files, { origin: "other.example" })).problems[0]?.code).toBe("LEDGER_CHECKPOINT_ORIGIN");
  });
});

describe("the files for people", () => {
  function manifestWith(changes: Record<string, unknown>): Files {
    return changed(files, "export.json", (bytes) =>
      utf8(JSON.stringify({ ...JSON.parse(new TextDecoder().decode(bytes)), ...changes })),
    );
  }

  test("must describe this checkpoint", async () => {
    for (const wrong of [{ size: 599 }, { origin: "other.example" }, { vkeys: [] }]) {
      const { ok, problems } = await verified(manifestWith(wrong));
      expect([ok, problems.map(({ code }) => code)]).toEqual([false, ["LEDGER_EXPORT_MISMATCH"]]);
    }
  });

  test("must name the key that signed, so that nobody is shown another one", async () => {
    const { vkey } = await generateSigningKey("other.example");
    const swapped = changed(manifestWith({ vkeys: [vkey] }), "vkey", () => utf8(`${vkey}\n`));
    const { ok, problems } = await verified(swapped);
    expect([ok, problems.map(({ code }) => code)]).toEqual([false, ["LEDGER_EXPORT_MISMATCH"]]);
  });
});

describe("history, against a checkpoint somebody kept", () => {
  test("a truncated log, signed again by its owner, is caught", async () => {
    const kept = await signedAt(entries);
    const truncated = await exported(entries.slice(0, 580));
    expect((await verified(truncated)).ok).toBe(true);
    const report = await verified(truncated, { earlier: [kept] });
    expect(shown(report)).toEqual({ ok: false, problems: [["LEDGER_TRUNCATED", 580, undefined]] });
    expect(report.problems[0]?.message).toContain("20 entries are missing at the end");
  });

  test("a rewritten entry, signed again by the owner of the key, is caught and narrowed down", async () => {
    const rewritten = await exported(entries.with(300, utf8("rewritten")));
    expect((await verified(rewritten)).ok).toBe(true);
    const earlier = [await signedAt(entries, 550), await signedAt(entries, 200), await signedAt(entries, 310)];
    const report = await verified(rewritten, { earlier });
    expect(report.ok).toBe(false);
    expect(report.earlierConfirmed).toBe(1);
    expect(report.problems.map(({ code, index }) => [code, index])).toEqual([
      ["LEDGER_HISTORY_REWRITTEN", 200],
      ["LEDGER_HISTORY_REWRITTEN", 200],
    ]);
    expect(report.problems.map(({ message }) => message).join()).toContain("entries 200 to 309");
  });

  test("another root at the same size is a fork", async () => {
    const report = await verified(files, { earlier: [await signedAt(entries.with(599, utf8("other")))] });
    expect(report.problems.map(({ code }) => code)).toEqual(["LEDGER_FORKED"]);
  });

  test("a checkpoint of a history that was never continued says nothing about what came after it", async () => {
    const fork = await signedAt(entries.with(0, utf8("other")), 200);
    const report = await verified(files, {
      earlier: [fork, await signedAt(entries, 550), await signedAt(entries, 100)],
    });
    expect(report.earlierConfirmed).toBe(2);
    expect(report.problems.map(({ code, index }) => [code, index])).toEqual([["LEDGER_HISTORY_REWRITTEN", 100]]);
  });

  test("an earlier checkpoint that is forged, or of another log, is not counted as confirmed", async () => {
    const forged = (await signedAt(entries, 100)).replace("\n100\n", "\n101\n");
    const foreign = await makeCheckpoint(
      { origin: "other.example", size: 1, root: leafHash(utf8("x")) },
      await testSigner(),
    );
    const report = await verified(files, { earlier: [forged, foreign, "not a note"] });
    expect(report).toMatchObject({ ok: false, earlierConfirmed: 0 });
    expect(report.problems.map(({ code }) => code)).toEqual(Array.from({ length: 3 }, () => "LEDGER_EARLIER_UNUSABLE"));
  });

  test("is still judged when an entry of the export was damaged on the way", async () => {
    const damaged = changed(files, bundleOf(5), (bytes) => flipped(bytes, offsetOf(5)));
    const report = await verified(damaged, { earlier: [await signedAt(entries, 400)] });
    expect(report.earlierConfirmed).toBe(1);
    expect(shown(report)).toEqual({ ok: false, problems: [["LEDGER_ENTRY_ALTERED", 5, bundleOf(5)]] });
  });
});

describe("any single change", () => {
  test("every flipped bit of the checkpoint, the bundles and the tiles is caught", async () => {
    const signed = [...files.keys()].filter(
      (path) => path.startsWith("tile/") || path === "checkpoint" || path === "vkey",
    );
    const run = fc.asyncProperty(fc.constantFrom(...signed), fc.nat(), fc.nat(7), async (path, place, bit) => {
      const report = await verified(changed(files, path, (bytes) => flipped(bytes, place % bytes.length, 1 << bit)));
      expect(report.ok).toBe(false);
      expect(report.problems.length).toBeGreaterThan(0);
    });
    await fc.assert(run, { numRuns: 400 });
  });

  test("a flipped bit inside any entry names exactly that entry, whatever the size of the log", async () => {
    const run = fc.asyncProperty(fc.integer({ min: 1, max: 800 }), fc.nat(), fc.nat(), async (count, pick, place) => {
      const some = sampleEntries(count);
      const index = pick % count;
      const whole = await exported(some);
      const path = [...whole.keys()].find((name) => name.startsWith(`tile/entries/00${Math.floor(index / 256)}`)) ?? "";
      const start = encodeBundle(some.slice(Math.floor(index / 256) * 256, index)).length + 2;
      const at = start + (place % (some[index]?.length ?? 1));
      const { problems } = await verified(changed(whole, path, (bytes) => flipped(bytes, at)));
      expect(problems.map(({ code, index: named }) => [code, named])).toEqual([["LEDGER_ENTRY_ALTERED", index]]);
    });
    await fc.assert(run, { numRuns: 60 });
  });
});

test("a report names at most a hundred problems and counts the rest", async () => {
  const garbled = changed(files, "tile/0/000", (bytes) => bytes.map((byte) => byte ^ 1));
  const report = await verified(garbled);
  expect([report.problems.length, report.problemsOmitted]).toEqual([100, 156]);
});

test("a reader that fails makes the verification fail, not pass", async () => {
  const { vkey } = await testSigner();
  const read = async (): Promise<undefined> => await Promise.reject(new Error("disk error"));
  await expect(verifyExport({ read, trustedKeys: [vkey] })).rejects.toThrow("disk error");
});
