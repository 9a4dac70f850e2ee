import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import {
  addSignatures,
  append,
  buildExport,
  cosign,
  decodeBundle,
  emptyFrontier,
  encodeBundle,
  formatTlogProof,
  generateSigningKey,
  leafHash,
  makeCheckpoint,
  openCosigningKey,
  openSigningKey,
  proveInclusion,
  rootOf,
  type Result,
} from "@tyr/ledger";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { run } from "../src/run.ts";
import { fakeWorld } from "../src/testing/fake-world.ts";

/** Two full bundles and a part of a third; hash tiles of two levels. */
const SIZE = 600;
const ORIGIN = "log.example/agreement";
const program = fileURLToPath(new URL("../../ledger/verify-independent/verify.ts", import.meta.url));

type Files = ReadonlyMap<string, Uint8Array>;
type Verdict = Readonly<{ ok: boolean; index: number | undefined }>;
type Trust = Readonly<{ policy?: string; earlier?: string }>;

function value<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw new Error(result.refusal.message);
}
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);
const entriesOf = (size: number, changed = -1): Uint8Array[] =>
  Array.from({ length: size }, (_, at) => utf8(`{"entry":${at === changed ? "forged" : at}}`));

const log = value(await openSigningKey((await generateSigningKey(ORIGIN)).skey));
const witness = value(
  await openCosigningKey((await generateSigningKey("witness.example/w", "cosignature")).skey, () => 1_790_000_000),
);
const policy = `log ${log.vkey}\nwitness w1 ${witness.vkey}\ngroup g all w1\nquorum g\n`;

async function checkpointOf(entries: readonly Uint8Array[], cosigned = true): Promise<string> {
  const { size, root } = append(emptyFrontier, entries);
  const note = await makeCheckpoint({ origin: ORIGIN, size, root }, log);
  return cosigned ? value(await addSignatures(note, [witness])) : note;
}

async function exportOf(entries: readonly Uint8Array[], earlier: string[] = []): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  const request = { origin: ORIGIN, entries, vkeys: [log.vkey], exportedAt: "2026-02-01T12:00:00Z", earlier };
  for await (const file of buildExport({ ...request, checkpoint: await checkpointOf(entries) }))
    files.set(file.path, file.bytes);
  return files;
}

let home = "";
let written = 0;
let clean: Files = new Map();
beforeAll(async () => {
  home = await mkdtemp(path.join(tmpdir(), "tyr-agree-"));
  clean = await exportOf(entriesOf(SIZE), [await checkpointOf(entriesOf(300))]);
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

async function putText(text: string): Promise<string> {
  const file = path.join(home, `text-${(written += 1)}`);
  await writeFile(file, text);
  return file;
}

function firstIndex(found: readonly { index?: number }[]): number | undefined {
  const all = found.flatMap(({ index }) => index ?? []);
  return all.length === 0 ? undefined : Math.min(...all);
}

async function askTyr(argv: readonly string[]): Promise<{ code: number; out: string }> {
  const world = await fakeWorld({ argv: ["audit", "verify", ...argv, "--json"] });
  return { code: await run(world, "0"), out: world.out() };
}

/** Its own process: it has nothing of ours loaded. */
async function askOther(argv: readonly string[]): Promise<{ code: number; out: string }> {
  const { promise, resolve } = Promise.withResolvers<{ code: number; out: string }>();
  execFile(process.execPath, [program, ...argv], (error, stdout) =>
    resolve({ code: error === null ? 0 : Number(error.code), out: stdout }),
  );
  return await promise;
}

/** Asks both, demands that they agree, and gives the common answer. */
async function verdictOn(directory: string, { policy: rules, earlier }: Trust = {}): Promise<Verdict> {
  const [rulesFile, earlierFile] = await Promise.all(
    [rules, earlier].map(async (text) => text && (await putText(text))),
  );
  const more = rulesFile ? ["--policy", rulesFile] : [];
  const [ours, theirs] = await Promise.all([
    askTyr([directory, "--vkey", log.vkey, ...more, ...(earlierFile ? ["--checkpoint", earlierFile] : [])]),
    askOther([directory, "--key", log.vkey, ...more, ...(earlierFile ? ["--earlier", earlierFile] : [])]),
  ]);
  const [mine, others] = [JSON.parse(ours.out), JSON.parse(theirs.out)] as [
    { ok: boolean; problems: { index?: number }[] },
    { ok: boolean; findings: { index?: number }[] },
  ];
  expect({ ok: mine.ok, code: ours.code }).toEqual({ ok: others.ok, code: others.ok ? 0 : 6 });
  expect(theirs.code).toBe(others.ok ? 0 : 1);
  return { ok: others.ok, index: firstIndex(others.findings) ?? firstIndex(mine.problems) };
}

function changed(path_: string, change: (bytes: Buffer) => Uint8Array | undefined): Map<string, Uint8Array> {
  const files = new Map(clean);
  const bytes = change(Buffer.from(files.get(path_) ?? []));
  if (bytes === undefined) files.delete(path_);
  else files.set(path_, bytes);
  return files;
}

const flip = (bytes: Buffer, at: number): Buffer => Buffer.from(bytes.with(at, (bytes[at] ?? 0) ^ 1));

describe("`tyr audit verify` and the independent verifier, two programs without a common line, agree", () => {
  test.each([0, 1, 2, 255, 256, 257, 600])("that a clean export of %i entries verifies", async (size) => {
    expect(await verdictOn(await put(await exportOf(entriesOf(size))), { policy })).toMatchObject({ ok: true });
  });

  test("that a clean export contains what was signed before, at every size", async () => {
    for (const size of [0, 1, 255, 256, 257, 511, 599, 600])
      expect(await verdictOn(await put(clean), { earlier: await checkpointOf(entriesOf(size)) })).toMatchObject({
        ok: true,
      });
  });

  test("about one flipped byte anywhere in each kind of file", async () => {
    const accepted: string[] = [];
    for (const [name, bytes] of clean) {
      const { length } = bytes;
      const spots = [0, 1, 2, Math.floor(length / 3), Math.floor(length / 2), length - 2, length - 1];
      for (const at of spots)
        if ((await verdictOn(await put(changed(name, (all) => flip(all, at))))).ok) accepted.push(name);
    }
    // A digit of a time in export.json is the one thing that nobody signed.
    expect(accepted.filter((name) => name !== "export.json")).toEqual([]);
  });

  test("about the entry in which a byte was flipped", async () => {
    for (const index of [0, 1, 255, 256, 300, 511, 512, 599]) {
      const name = ["tile/entries/000", "tile/entries/001", "tile/entries/002.p/88"][Math.floor(index / 256)] ?? "";
      const files = changed(name, (bytes) => flip(bytes, bytes.indexOf(`{"entry":${index}}`) + 9));
      expect(await verdictOn(await put(files))).toEqual({ ok: false, index });
    }
  });

  test("about a file that is missing, cut short, or longer than it should be", async () => {
    for (const name of clean.keys())
      for (const change of [
        () => undefined,
        (bytes: Buffer) => bytes.subarray(0, -1),
        (bytes: Buffer) => bytes.subarray(0, bytes.length / 2),
        (bytes: Buffer) => Buffer.concat([bytes, Buffer.of(7)]),
        () => Buffer.alloc(0),
      ])
        expect({ name, ...(await verdictOn(await put(changed(name, change)))) }).toMatchObject({ name, ok: false });
  });

  test("about an entry that was added, taken out, or exchanged with its neighbour", async () => {
    const name = "tile/entries/002.p/88";
    const bundle = (change: (entries: Uint8Array[]) => Uint8Array[]) =>
      changed(name, (bytes) => encodeBundle(change([...value(decodeBundle(bytes, 88))])));
    for (const change of [
      (entries: Uint8Array[]) => [...entries, utf8("{}")],
      (entries: Uint8Array[]) => entries.slice(1),
      (entries: Uint8Array[]) => [entries[1], entries[0], ...entries.slice(2)].flatMap((one) => one ?? []),
    ])
      expect(await verdictOn(await put(bundle(change)))).toMatchObject({ ok: false });
  });

  test("about size, root, origin and signature of the checkpoint", async () => {
    const other = rootOf(entriesOf(SIZE - 1).map(leafHash));
    const edits: ((note: string) => string)[] = [
      (note) => note.replace("\n600\n", "\n599\n"),
      (note) => note.replace("\n600\n", "\n0600\n"),
      (note) => note.replace(/\n600\n[^\n]+/, `\n600\n${Buffer.from(other).toString("base64")}`),
      (note) => note.replace(ORIGIN, "log.example/other"),
      (note) => note.replace(/— log[^\n]+\n/, ""),
      (note) => note.replace(/\n— log.*/s, "\n"),
      (note) => note.replace("\n\n", "\nextension\n\n"),
      (note) => note.replaceAll("\n", "\r\n"),
    ];
    for (const edit of edits) {
      const files = changed("checkpoint", (bytes) => utf8(edit(textOf(bytes))));
      expect({ edit: String(edit), ...(await verdictOn(await put(files))) }).toMatchObject({ ok: false });
    }
  });

  test("that a log rewritten or cut by the owner of the key passes alone, and never beside what was signed before", async () => {
    const earlier = await checkpointOf(entriesOf(500));
    const rewritten = await exportOf(entriesOf(SIZE, 42));
    const cut = await exportOf(entriesOf(450));
    expect(await verdictOn(await put(rewritten))).toMatchObject({ ok: true });
    expect(await verdictOn(await put(cut))).toMatchObject({ ok: true });
    expect(await verdictOn(await put(rewritten), { earlier })).toMatchObject({ ok: false });
    expect(await verdictOn(await put(cut), { earlier })).toEqual({ ok: false, index: 450 });
    expect(await verdictOn(await put(clean), { earlier: "not a checkpoint" })).toMatchObject({ ok: false });
  });

  test("that a cosignature taken away, or made by somebody else, misses the quorum", async () => {
    const without = changed("checkpoint", (bytes) => utf8(textOf(bytes).replace(/— witness[^\n]+\n/, "")));
    expect(await verdictOn(await put(without))).toMatchObject({ ok: true });
    expect(await verdictOn(await put(without), { policy })).toMatchObject({ ok: false });
    const stranger = (await generateSigningKey("witness.example/w", "cosignature")).skey;
    const line = await cosign(
      textOf(clean.get("checkpoint")).split("\n\n")[0] + "\n",
      value(await openCosigningKey(stranger, () => 1_790_000_000)),
    );
    const forged = changed("checkpoint", (bytes) => utf8(textOf(bytes).replace(/— witness[^\n]+\n/, line)));
    expect(await verdictOn(await put(forged), { policy })).toMatchObject({ ok: false });
  });
});

describe("both agree about the proof of one entry", () => {
  async function proofOf(index: number): Promise<string> {
    const entries = entriesOf(SIZE);
    const hashes = entries.map(leafHash);
    const read = (level: number, at: number): Uint8Array =>
      rootOf(hashes.slice(at * 2 ** level, (at + 1) * 2 ** level));
    const path_ = await proveInclusion(index, SIZE, read);
    return formatTlogProof({
      index,
      hashes: path_,
      checkpoint: await checkpointOf(entries),
      extra: entries[index] ?? utf8(""),
    });
  }

  async function verdictOnProof(text: string, more: readonly string[] = []): Promise<boolean> {
    const file = await putText(text);
    const [ours, theirs] = await Promise.all([
      askTyr([file, "--vkey", log.vkey, ...more]),
      askOther(["--proof", file, "--key", log.vkey, ...more]),
    ]);
    expect([ours.code, theirs.code]).toEqual(ours.code === 0 ? [0, 0] : [6, 1]);
    return ours.code === 0;
  }

  test("wherever the entry stands, and about every line that was changed or taken out", async () => {
    const witnessed = ["--policy", await putText(policy)];
    const good = [0, 1, 255, 256, 511, 512, 598, 599];
    for (const index of good) expect(await verdictOnProof(await proofOf(index), witnessed)).toBe(true);
    const lines = (await proofOf(300)).split("\n");
    const flipped = (line: string): string =>
      line === "" ? "x" : line.slice(0, -6) + (line.at(-6) === "A" ? "B" : "A") + line.slice(-5);
    const accepted: number[] = [];
    for (const [at, line] of lines.entries())
      for (const edit of [lines.with(at, flipped(line)), lines.toSpliced(at, 1)])
        if (await verdictOnProof(edit.join("\n"), witnessed)) accepted.push(at);
    expect(accepted).toEqual([]);
  });

  test("that the entry given must be the one proven, and that witnesses may be demanded", async () => {
    const proof = await proofOf(7);
    const alone = proof.replace(/extra [^\n]+\n/, "");
    expect(await verdictOnProof(alone)).toBe(false);
    expect(await verdictOnProof(alone, ["--entry", await putText('{"entry":7}')])).toBe(true);
    expect(await verdictOnProof(alone, ["--entry", await putText('{"entry":8}')])).toBe(false);
    expect(await verdictOnProof(proof, ["--policy", await putText(policy)])).toBe(true);
    expect(await verdictOnProof(proof.replace(/— witness[^\n]+\n/, ""), ["--policy", await putText(policy)])).toBe(
      false,
    );
  });
});
