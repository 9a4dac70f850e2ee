import { chmod, cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { openCheckpoint, parseVerifierKey, type NoteVerifier } from "@tyr/ledger";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../testing/fake-world.ts";
import { makeKey, openDirectory, openKey } from "./key-file.ts";
import { readKnownLogs } from "./known-logs.ts";
import { folderOf, memoryIn } from "./memory.ts";
import { aSigner, sampleHistory, type SampleHistory } from "./testing/sample-history.ts";
import { openWitness, type Witness } from "./witness.ts";

const origin = "log.example/tyr";
const now = () => Date.parse("2026-11-22T10:00:00Z");

async function aDirectory(): Promise<string> {
  const directory = path.join(await temporaryDirectory(), "witness");
  await openDirectory(directory);
  await makeKey(directory, "witness.example/audit");
  return directory;
}

async function start(directory: string, ...vkeys: string[]): Promise<Witness> {
  const cosigner = await openKey({ directory, now });
  if (cosigner === undefined) throw new Error("no key");
  return await openWitness({ directory, logs: await readKnownLogs(vkeys), cosigner });
}

function verifier(vkey: string): NoteVerifier {
  const parsed = parseVerifierKey(vkey);
  if (!parsed.ok) throw new Error(parsed.refusal.message);
  return parsed.value;
}

async function answers(witness: Witness, ...requests: Buffer[]): Promise<number[]> {
  return (await Promise.all(requests.map(async (one) => await witness.add(one)))).map(({ status }) => status);
}

async function signersOf(note: string, directory: string, log: SampleHistory): Promise<readonly string[]> {
  const own = await openKey({ directory, now });
  const opened = await openCheckpoint(note, [verifier(log.vkey), verifier(own?.vkey ?? "")]);
  return opened.ok ? opened.value.note.verified.map(({ name }) => name) : [opened.refusal.code];
}

describe("a witness on its directory", () => {
  test("remembers over a restart, and publishes the checkpoint with the line of the log and its own", async () => {
    const log = await sampleHistory({ origin, length: 30 });
    const directory = await aDirectory();
    const first = await start(directory, log.vkey);
    expect(first.checkpoint(folderOf(origin))).toBeUndefined();
    expect(await answers(first, await log.request(0, 10))).toEqual([200]);
    const second = await start(directory, log.vkey);
    expect(second.sizes()).toEqual(new Map([[origin, 10]]));
    expect(second.checkpoint(folderOf(origin))).toBe(first.checkpoint(folderOf(origin)));
    expect(await signersOf(second.checkpoint(folderOf(origin)) ?? "", directory, log)).toEqual([
      origin,
      "witness.example/audit",
    ]);
    expect(await answers(second, await log.request(0, 30))).toEqual([409]);
    expect(await answers(second, await log.request(10, 30))).toEqual([200]);
  });

  test("of two trees of one size that come in the same moment it signs one, and keeps the other as evidence", async () => {
    const log = await sampleHistory({ origin, length: 20, forkedAt: 5 });
    const directory = await aDirectory();
    const witness = await start(directory, log.vkey);
    await answers(witness, await log.request(0, 5));
    const both = [await log.request(5, 12, "left"), await log.request(5, 12, "right")];
    expect(new Set(await answers(witness, ...both))).toEqual(new Set([200, 409]));
    expect(await answers(witness, await log.request(12, 12, "right"))).toEqual([409]);
    const folder = path.join(directory, folderOf(origin));
    expect(await readFile(path.join(folder, "fork-12"), "utf8")).toBe(await log.signed(12, "right"));
    expect(await answers(witness, await log.request(12, 20, "right"))).toEqual([422]);
    expect(await answers(witness, await log.request(12, 20, "left"))).toEqual([200]);
  });

  test("killed between keeping and cosigning, it publishes at the next start what it kept", async () => {
    const log = await sampleHistory({ origin, length: 9 });
    const directory = await aDirectory();
    await memoryIn(directory).keep(origin, await log.signed(9));
    const witness = await start(directory, log.vkey);
    expect(await signersOf(witness.checkpoint(folderOf(origin)) ?? "", directory, log)).toHaveLength(2);
    expect(await readFile(path.join(directory, folderOf(origin), "checkpoint"), "utf8")).toBe(
      witness.checkpoint(folderOf(origin)),
    );
  });

  test("a disk that refuses leaves nothing signed, and the log may try again", async () => {
    const log = await sampleHistory({ origin, length: 9 });
    const directory = await aDirectory();
    const cosigner = await openKey({ directory, now });
    if (cosigner === undefined) throw new Error("no key");
    const onDisk = memoryIn(directory);
    let failures = 1;
    const keep = async (name: string, signed: string): Promise<void> => {
      if (failures-- > 0) throw new Error("ENOSPC");
      await onDisk.keep(name, signed);
    };
    const logs = await readKnownLogs([log.vkey]);
    const witness = await openWitness({ directory, logs, cosigner, memory: { ...onDisk, keep } });
    await expect(witness.add(await log.request(0, 9))).rejects.toThrow("ENOSPC");
    expect(witness.checkpoint(folderOf(origin))).toBeUndefined();
    expect(await answers(witness, await log.request(9, 9))).toEqual([200]);
  });

  test("refuses to start on a memory that is damaged, incomplete or older than what it published", async () => {
    const log = await sampleHistory({ origin, length: 30 });
    const directory = await aDirectory();
    await answers(await start(directory, log.vkey), await log.request(0, 10));
    const older = `${directory}-older`;
    await cp(directory, older, { recursive: true });
    await answers(await start(directory, log.vkey), await log.request(10, 30));
    const latest = path.join(directory, folderOf(origin), "latest");
    const good = await readFile(latest, "utf8");
    const oldCopy = await readFile(path.join(older, folderOf(origin), "latest"), "utf8");
    const refused = expect.objectContaining({ message: expect.stringContaining("cannot be trusted") as unknown });
    for (const bad of [oldCopy, good.replace("\n30\n", "\n31\n"), good.slice(0, 40), "", "\u0000".repeat(100)]) {
      await writeFile(latest, bad);
      await expect(start(directory, log.vkey)).rejects.toThrow(refused as Error);
    }
    await rm(latest);
    await expect(start(directory, log.vkey)).rejects.toThrow(refused as Error);
    await writeFile(latest, good);
    expect((await start(directory, log.vkey)).sizes().get(origin)).toBe(30);
  });

  test("a log that changes its key is served with both, and later with the new one alone", async () => {
    const [before, after] = [await aSigner(origin), await aSigner(origin)];
    const old = await sampleHistory({ origin, length: 30, signer: before });
    const young = await sampleHistory({ origin, length: 30, signer: after });
    const directory = await aDirectory();
    const witness = await start(directory, old.vkey, young.vkey);
    expect(await answers(witness, await old.request(0, 10), await young.request(10, 20))).toEqual([200, 200]);
    const later = await start(directory, young.vkey);
    expect(await answers(later, await old.request(20, 30))).toEqual([403]);
    expect(await answers(later, await young.request(20, 30))).toEqual([200]);
  });

  test("serves several logs, each with its own memory, and no log it was not told of", async () => {
    const [one, two] = [
      await sampleHistory({ origin, length: 9 }),
      await sampleHistory({ origin: "b.example", length: 9 }),
    ];
    const stranger = await sampleHistory({ origin: "c.example", length: 9 });
    const witness = await start(await aDirectory(), one.vkey, two.vkey);
    const requests = [await one.request(0, 5), await two.request(0, 7), await stranger.request(0, 3)];
    expect(await answers(witness, ...requests)).toEqual([200, 200, 404]);
    expect([...witness.sizes()]).toEqual([
      [origin, 5],
      ["b.example", 7],
    ]);
  });
});

describe("the key of a witness", () => {
  test("is made once, for its owner alone, and never replaced", async () => {
    const directory = await aDirectory();
    const text = await readFile(path.join(directory, "witness.key"), "utf8");
    expect(await makeKey(directory, "other.example")).toBe(false);
    expect(await readFile(path.join(directory, "witness.key"), "utf8")).toBe(text);
    expect((await readdir(directory)).filter((name) => name.endsWith(".new"))).toEqual([]);
  });

  test.each([0o640, 0o604, 0o660])("that others may read is refused (mode %i)", async (mode) => {
    const directory = await aDirectory();
    await chmod(path.join(directory, "witness.key"), mode);
    await expect(openKey({ directory, now })).rejects.toThrow("others than its owner may read the key");
  });

  test("in a directory others may write is refused", async () => {
    const directory = await temporaryDirectory();
    await mkdir(path.join(directory, "open"));
    await chmod(path.join(directory, "open"), 0o777);
    await expect(openDirectory(path.join(directory, "open"))).rejects.toThrow("may write");
  });

  test("that is the key of a log, or cut short, is refused", async () => {
    const directory = await aDirectory();
    const file = path.join(directory, "witness.key");
    await writeFile(file, (await readFile(file, "utf8")).slice(0, 50));
    await expect(openKey({ directory, now })).rejects.toThrow("is not a witness key");
    await expect(makeKey(directory, "two words")).rejects.toThrow("no spaces");
  });
});

describe("the logs of a witness", () => {
  test("are read from keys and from files of keys", async () => {
    const [one, two] = [await aSigner("one.example"), await aSigner("two.example")];
    const file = path.join(await temporaryDirectory(), "logs");
    await writeFile(file, `# ours\n\n${two.vkey}\n${one.vkey}\n`);
    expect([...(await readKnownLogs([one.vkey, file])).keys()]).toEqual(["one.example", "two.example"]);
    await writeFile(file, "not a key\n");
    await expect(readKnownLogs([file])).rejects.toThrow("is not a log's key");
    await expect(readKnownLogs(["/nowhere"])).rejects.toThrow("neither a verifier key nor a file");
    await expect(readKnownLogs([])).rejects.toThrow("no log is named");
    const witness = await openKey({ directory: await aDirectory(), now });
    await expect(readKnownLogs([witness?.vkey ?? ""])).rejects.toThrow("key of a witness");
  });
});
