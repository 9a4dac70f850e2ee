/**
 * The audit log: entries a second, time until an entry is in a signed and published checkpoint, verifying a million.
 *
 *     node_modules/.bin/node --conditions=@tyr/source bench/ledger.ts [--postgres URL] [--seconds 10]
 *         [--entries 1000000] [--people] [--parts single,batched,checkpoint,verify]
 *
 * single: eight writers, one entry per transaction, the sequencer and the signer running beside them as in the server.
 * batched: `--entries` entries, 100 per transaction, from two writers, until the last has its place and its checkpoint.
 * checkpoint: 50 entries a second for `--seconds`; from the acknowledged commit to the published file that covers it.
 * verify: the log made by `batched`, on the server (every row, tile and checkpoint) and offline from an export, each in
 * a process of its own.
 *
 * Traps: writers, sequencer and signer share one process, as in the product, and PostgreSQL shares its cores; processor
 * time is this process's, PostgreSQL's own is not in it. A commit is only as slow as the disk's sync: a machine
 * without one shows more. Entries are 400 bytes of an actor that is no person; `--people` lets a person act, whose name
 * is then kept beside the log, sealed, in the same transaction. The file is looked for every 5 ms.
 */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { buildExport, verifyExport } from "@tyr/ledger";
import { serverEnvironment, serverFlags } from "../packages/cli/bin/server-memory.mjs";
import { createAudit, createPersonalValues, type Audit } from "../packages/server/src/audit/index.ts";
import { readLeaves } from "../packages/server/src/audit/store.ts";
import { systemClock } from "../packages/server/src/platform/clock/index.ts";
import { openDatabase, type Database, type Fact } from "../packages/server/src/platform/database/index.ts";
import { createLogger } from "../packages/server/src/platform/log/index.ts";
import { createSecrets, openKeyRotation } from "../packages/server/src/platform/secrets/index.ts";

const { values } = parseArgs({
  options: {
    postgres: { type: "string" },
    seconds: { type: "string", default: "10" },
    entries: { type: "string", default: "1000000" },
    people: { type: "boolean", default: false },
    parts: { type: "string", default: "single,batched,checkpoint,verify" },
    /** For the processes this one starts. */
    child: { type: "string" },
    dir: { type: "string" },
  },
});
const seconds = Number(values.seconds);
const SINGLE_WRITERS = 8;
const BATCH = 100;
const BATCH_WRITERS = 2;
const ENTRY_BYTES = 400;
const log = createLogger("fatal");

type Opened = Readonly<{ database: Database; audit: Audit; dataDir: string }>;

async function open(dataDir: string): Promise<Opened> {
  const clock = systemClock;
  const secrets = createSecrets({ keyringPath: join(dataDir, "secrets.keys"), clock });
  const encode = createPersonalValues({ secrets, clock });
  const database = await openDatabase({ url: values.postgres, dataDir, clock, encode });
  await openKeyRotation({ database, secrets, log });
  return { database, audit: await createAudit({ database, clock, log, dataDir }), dataDir };
}

const person = { kind: "person", id: "usr_01890000-0000-7000-8000-000000000001", name: "ada" } as const;
const system = { kind: "system", id: "bench", name: "bench" } as const;

/** 400 bytes once encoded; a person's entry has its commitment on top. */
function fact(number: number): Fact {
  const id = String(number).padStart(9, "0");
  const actor = values.people ? person : system;
  return { type: "system.heartbeat", actor, object: { kind: "bench", id }, requestId: "x".repeat(ENTRY_BYTES - 329) };
}

const percentile = (sorted: readonly number[], p: number): number =>
  Math.round((sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * p) / 100))] ?? 0) * 10) / 10;
const percentiles = (times: readonly number[]) => {
  const sorted = times.toSorted((a, b) => a - b);
  return {
    samples: sorted.length,
    p50: percentile(sorted, 50),
    p95: percentile(sorted, 95),
    p99: percentile(sorted, 99),
  };
};
const cpuMs = (since?: NodeJS.CpuUsage): number => {
  const { user, system: kernel } = process.cpuUsage(since);
  return (user + kernel) / 1_000;
};
const publishedSize = (dataDir: string): number =>
  Number(readFileSync(join(dataDir, "audit", "checkpoint"), "utf8").split("\n")[1]);

/** By the file: asking the database how many wait costs more than what is measured. */
async function untilPublished({ dataDir }: Opened, size: number): Promise<void> {
  while (publishedSize(dataDir) < size) await sleep(5);
}

/** With nothing waiting and everything signed. */
async function startSettled(opened: Opened): Promise<{ first: number; running: ReturnType<Audit["start"]> }> {
  await opened.audit.settle();
  return { first: publishedSize(opened.dataDir), running: opened.audit.start() };
}

async function single(opened: Opened): Promise<unknown> {
  const { first, running } = await startSettled(opened);
  const times: number[] = [];
  const cpu = process.cpuUsage();
  const began = performance.now();
  const writer = async (start: number): Promise<void> => {
    for (let at = start; performance.now() - began < seconds * 1_000; at += SINGLE_WRITERS) {
      const before = performance.now();
      await opened.database.audited(fact(at), async () => undefined);
      times.push(performance.now() - before);
    }
  };
  await Promise.all(Array.from({ length: SINGLE_WRITERS }, async (_, at) => await writer(at)));
  const wroteMs = performance.now() - began;
  const waiting = first + times.length - publishedSize(opened.dataDir);
  await untilPublished(opened, first + times.length);
  const used = cpuMs(cpu);
  await running.stop();
  return {
    perSecond: Math.round((times.length / wroteMs) * 1_000),
    writeMs: percentiles(times),
    unpublishedAtTheEnd: waiting,
    cpuMicrosPerEntry: Math.round((used * 1_000) / times.length),
  };
}

const UNPUBLISHED_MAX = 50_000;

async function batched(opened: Opened, entries: number): Promise<unknown> {
  const { first, running } = await startSettled(opened);
  const cpu = process.cpuUsage();
  const began = performance.now();
  let next = 0;
  const writer = async (): Promise<void> => {
    while (next < entries) {
      const from = next;
      next += BATCH;
      await opened.database.audited(
        () => Array.from({ length: BATCH }, (_, at) => fact(from + at)),
        async () => undefined,
      );
      // A writer far ahead measures an empty disk; the product's writers are paced too.
      await untilPublished(opened, first + from - UNPUBLISHED_MAX);
    }
  };
  await Promise.all(Array.from({ length: BATCH_WRITERS }, writer));
  const wroteMs = performance.now() - began;
  await untilPublished(opened, first + entries);
  const allMs = performance.now() - began;
  const used = cpuMs(cpu);
  await running.stop();
  const [one] = await readLeaves(opened.database.read, entries / 2, entries / 2 + 1);
  return {
    entries,
    entryBytes: one?.bytes.length,
    acceptedPerSecond: Math.round((entries / wroteMs) * 1_000),
    inCheckpointPerSecond: Math.round((entries / allMs) * 1_000),
    cpuMicrosPerEntry: Math.round((used * 1_000) / entries),
  };
}

const CHECKPOINT_RATE = 50;

async function checkpoint(opened: Opened): Promise<unknown> {
  const { database, dataDir } = opened;
  const { first, running } = await startSettled(opened);
  const published: { size: number; at: number }[] = [];
  const written: number[] = [];
  const ending = new AbortController();
  let seen = first;
  const look = (): void => {
    const size = publishedSize(dataDir);
    if (size > seen) published.push({ size: (seen = size), at: performance.now() });
  };
  const watch = async (): Promise<void> => {
    for (; !ending.signal.aborted; await sleep(5)) look();
    look();
  };
  const watching = watch();
  const cpu = process.cpuUsage();
  for (let at = 0; at < seconds * CHECKPOINT_RATE; at += 1) {
    await database.audited(fact(at), async () => undefined);
    written.push(performance.now());
    await sleep((Math.random() * 2_000) / CHECKPOINT_RATE);
  }
  await untilPublished(opened, first + written.length);
  const used = cpuMs(cpu);
  ending.abort();
  await watching;
  await running.stop();
  // One writer, so the order of commits is the order of the log.
  const times = written.map((at, index) => (published.find(({ size }) => size > first + index)?.at ?? Infinity) - at);
  return {
    perSecond: CHECKPOINT_RATE,
    untilPublishedMs: percentiles(times),
    checkpoints: published.length,
    cpuMs: Math.round(used),
  };
}

async function* entriesOf({ database }: Opened, size: number): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < size; from += 4_096)
    for (const { bytes } of await readLeaves(database.read, from, Math.min(from + 4_096, size))) yield bytes;
}

async function exportTo(opened: Opened, folder: string): Promise<number> {
  const { origin, vkey, checkpoint: note, size } = await opened.audit.head();
  const began = performance.now();
  const request = { origin, entries: entriesOf(opened, size), checkpoint: note, vkeys: [vkey] };
  for await (const { path, bytes } of buildExport({ ...request, exportedAt: new Date().toISOString() })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  }
  return Math.round(performance.now() - began);
}

function spent(ok: boolean, entries: number, began: number): unknown {
  const peakMiB = Math.round(process.resourceUsage().maxRSS / 1_024);
  return { ok, entries, ms: Math.round(performance.now() - began), cpuMs: Math.round(cpuMs()), peakMiB };
}

/** In a process of its own, so that its memory is its own. */
async function child(kind: string, dir: string): Promise<unknown> {
  if (kind === "stored") {
    const { database, audit } = await open(dir);
    const began = performance.now();
    const { ok, entriesRead } = await audit.verify({ actor: system, requestId: "bench" });
    const result = spent(ok, entriesRead, began);
    await database[Symbol.asyncDispose]();
    return result;
  }
  const read = async (path: string): Promise<Uint8Array | undefined> => {
    try {
      return readFileSync(join(dir, path));
    } catch {
      return undefined;
    }
  };
  const vkey = readFileSync(join(dir, "vkey"), "utf8").trim();
  const began = performance.now();
  const report = await verifyExport({ read, trustedKeys: [vkey] });
  return spent(report.ok, report.entriesChecked, began);
}

/** The stored log is verified by the server, with its memory flags; an export by the command line, with none. */
async function inChild(kind: "stored" | "export", dir: string): Promise<unknown> {
  const flags = kind === "stored" ? serverFlags(process.env) : [];
  const args = [...flags, "--conditions=@tyr/source", fileURLToPath(import.meta.url), "--child", kind, "--dir", dir];
  const where = values.postgres === undefined ? [] : ["--postgres", values.postgres];
  const { stdout } = await promisify(execFile)(process.execPath, [...args, ...where], {
    env: kind === "stored" ? serverEnvironment(process.env) : process.env,
  });
  return JSON.parse(stdout) as unknown;
}

async function main(): Promise<void> {
  const wanted = values.parts.split(",");
  const dataDir = mkdtempSync(join(tmpdir(), "tyr-bench-ledger-"));
  const say = (part: string, result: unknown): void => console.log(part, JSON.stringify(result, null, 1));
  try {
    const opened = await open(dataDir);
    say("engine", {
      engine: opened.database.engine,
      durable: await opened.database.isDurable(),
      people: values.people,
    });
    if (wanted.includes("batched")) say("batched", await batched(opened, Number(values.entries)));
    if (wanted.includes("single")) say("single", await single(opened));
    if (wanted.includes("checkpoint")) say("checkpoint", await checkpoint(opened));
    const folder = join(dataDir, "export");
    if (wanted.includes("verify")) say("export", { ms: await exportTo(opened, folder) });
    await opened.database[Symbol.asyncDispose]();
    if (!wanted.includes("verify")) return;
    say("verify offline", await inChild("export", folder));
    say("verify stored", await inChild("stored", dataDir));
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

if (values.child === undefined) await main();
else console.log(JSON.stringify(await child(values.child, values.dir ?? "")));
