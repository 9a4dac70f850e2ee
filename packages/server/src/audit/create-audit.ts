import { join } from "node:path";
import { prunedPath } from "@tyr/ledger";
import {
  ok,
  refuse,
  type Actor,
  type AuditHead,
  type AuditMetrics,
  type AuditSearchQuery,
  type AuditVerification,
  type Cosigning,
  type Result,
} from "@tyr/contract";
import type { Clock } from "#platform/clock";
import type { Database } from "#platform/database";
import type { RunningLoop } from "#platform/lifecycle";
import type { Logger } from "#platform/log";
import { createLoop, followKey, type LoopParts } from "./audit-loop.ts";
import { assertContinuesSigned, currentTree, openOwn, publish, signNewest } from "./checkpoint.ts";
import { AuditDiverged } from "./errors.ts";
import { listEntries, type EntryPage, type EntryQuery } from "./list-entries.ts";
import { readLogFile } from "./log-files.ts";
import { openLogKey, type LogKey } from "./log-key.ts";
import { measureLog, shareMetrics } from "./metrics.ts";
import { readDeclaration } from "./pruning/declaration.ts";
import { explainPruned, prunedPointer } from "./pruning/explain-pruned.ts";
import { createPruning, type Pruning } from "./pruning/pruning.ts";
import { checkpointToPublish, proveBest } from "./published.ts";
import { searchEntries, type SearchPage } from "./search-entries.ts";
import { signedTexts, type SignedTexts } from "./signed-texts.ts";
import { rotateKey, type KeyChange, type ReplacedKey } from "./rotate-key.ts";
import { countWaiting, newestCheckpoint, plantTree, readTree, type CheckpointRow } from "./store.ts";
import { emptyTree } from "./tree.ts";
import { verifyStored } from "./verify-stored.ts";
import { httpWitnessClient, type WitnessClient } from "./witness-client.ts";
import { openWitnesses, type Witnesses } from "./witnesses.ts";
import { assertForLog, type WitnessPolicy } from "./witness-policy.ts";

export type AuditDeps = Readonly<{
  database: Database;
  clock: Clock;
  log: Logger;
  /** Key and last published checkpoint live in its folder `audit/`. */
  dataDir: string;
  /** The log's schemeless URL; by default a random one, kept as the name of the key. */
  origin?: string;
  /** Who remembers our checkpoints for others; without it nobody but us does. */
  witnesses?: WitnessPolicy | undefined;
  witnessClient?: WitnessClient;
  /** Called once when the log was found to be altered: nothing is signed any more. */
  onDiverged?: (error: AuditDiverged) => void;
}>;

/** Who asked, for the entry that reading the whole log leaves. */
export type AuditReader = Readonly<{ actor: Actor; requestId: string }>;

export type Audit = Readonly<{
  origin: string;
  /** The key in force; another after a change of keys. */
  readonly vkey: string;
  /** Refused for good since the log was found altered; undefined while all is well. */
  diverged(): AuditDiverged | undefined;
  head(): Promise<AuditHead>;
  /** Undefined when the cursor is not one of ours. */
  list(query: EntryQuery): Promise<EntryPage | undefined>;
  /** Entries of the tree by every filter, with what stands out. Undefined when the cursor is not one of ours. */
  search(query: AuditSearchQuery): Promise<SearchPage | undefined>;
  measure(timeframe: AuditMetrics["timeframe"], utcOffsetMinutes: number): Promise<AuditMetrics>;
  /** The text of a `.tlog-proof`. */
  prove(id: string): Promise<Result<string>>;
  /** A file of the log in C2SP tlog-tiles layout: `checkpoint`, `vkey`, `tile/…`. */
  file(path: string): Promise<Result<Uint8Array>>;
  /** How far witnesses vouch for the log; undefined where none is configured. */
  cosigning(): Promise<Cosigning | undefined>;
  /** Recomputes the stored log, one run at a time, and logs who asked and what came out. */
  verify(by: AuditReader): Promise<AuditVerification>;
  /** Puts a new signing key in force; the old one signs along for a while. Refused when another server did in the same moment. */
  rotateKey(change: KeyChange): Promise<Result<ReplacedKey>>;
  /** Logs that somebody began to copy entries, or saw personal values of them. */
  recordReading(type: "audit.exported" | "audit.revealed", by: AuditReader): Promise<void>;
  /** Takes bodies of old entries out of the database, hashes kept; for the run of retention. */
  pruning: Pruning;
  /** Signs texts of other rooms. */
  texts: SignedTexts;
  /** Sequences, signs, submits to witnesses and keeps the heartbeat until stopped. */
  start(): RunningLoop;
  /** One turn of the loop: sequences what waits and signs; for tests and for a last checkpoint at shutdown. */
  settle(): Promise<void>;
  /** One turn with the witnesses: submits what is due. Waits for their answers, as nothing else does. */
  submit(signal?: AbortSignal): Promise<void>;
}>;

type Parts = AuditDeps & LoopParts;

async function newest({ database }: Parts): Promise<CheckpointRow> {
  const checkpoint = await newestCheckpoint(database.read);
  if (checkpoint === undefined) throw new AuditDiverged("the database has lost every checkpoint");
  return checkpoint;
}

async function readHead(parts: Parts): Promise<AuditHead> {
  const { size, root, note, at } = await newest(parts);
  const waiting = await countWaiting(parts.database.read);
  const tree = (await readTree(parts.database.read)) ?? emptyTree;
  const { proven } = await readDeclaration(parts.database.read, parts.key);
  return {
    ...(proven === undefined ? {} : { pruned: { entries: proven.size, declaredAt: proven.declaredAt } }),
    origin: parts.key.origin,
    vkey: parts.key.vkey,
    size,
    root: Buffer.from(root).toString("base64"),
    checkpoint: note,
    checkpointAt: at.toISOString(),
    waiting: waiting + tree.size - size,
  };
}

async function readFile(parts: Parts, path: string): Promise<Result<Uint8Array>> {
  if (path === "vkey") {
    const keys = parts.key.signers(parts.clock.now());
    return ok(Buffer.from(keys.map(({ vkey }) => `${vkey}\n`).join("")));
  }
  const last = await newest(parts);
  if (path === "checkpoint") return ok(Buffer.from(await checkpointToPublish(last, parts.cosigners)));
  const published = async () => await publishedSize(parts);
  if (path === prunedPath) return await prunedPointer(parts.database.read, parts.key, published);
  return await explainPruned(parts.database.read, await readLogFile(parts.database.read, last.size, path), { path });
}

/** Size of the checkpoint that readers get. */
async function publishedSize(parts: Parts): Promise<number> {
  const note = await checkpointToPublish(await newest(parts), parts.cosigners);
  return (await openOwn(note, parts.key, "the published checkpoint")).size;
}

function pruningOf(parts: Parts): Pruning {
  const { database, clock, folder, cosigners } = parts;
  return createPruning({
    database,
    clock,
    key: () => parts.key,
    archive: join(folder, "archive"),
    published: async () => await publishedSize(parts),
    cosigned: async () => (cosigners === undefined ? undefined : ((await cosigners.cosigned())?.checkpoint.size ?? 0)),
  });
}

async function runVerification(parts: Parts): Promise<AuditVerification> {
  const started = performance.now();
  const checkpoint = await newest(parts);
  const problems: AuditVerification["problems"] = [];
  const signed = await openOwn(checkpoint.note, parts.key, "the newest stored checkpoint").catch((error: unknown) => {
    if (!(error instanceof AuditDiverged)) throw error;
    problems.push({ code: "LEDGER_SIGNATURE_INVALID", index: null, message: error.message });
    return checkpoint;
  });
  const { proven, unproven } = await readDeclaration(parts.database.read, parts.key);
  if (unproven !== undefined) problems.push({ code: "LEDGER_PRUNED_UNPROVEN", index: null, message: unproven });
  const verdict = await verifyStored(parts.database.read, signed, proven?.size ?? 0);
  problems.push(...verdict.problems);
  return {
    ok: problems.length === 0,
    size: signed.size,
    root: Buffer.from(verdict.root).toString("base64"),
    entriesRead: verdict.entriesRead,
    pruned: verdict.pruned,
    durationMs: Math.round(performance.now() - started),
    checkpointAt: checkpoint.at.toISOString(),
    problems,
  };
}

async function recordVerification(parts: Parts, by: AuditReader, result: AuditVerification): Promise<void> {
  const { size, root, problems } = result;
  const first = problems.find((one) => one.index !== null)?.index ?? null;
  await parts.database.audited(
    {
      type: "audit.verified",
      ...by,
      object: { kind: "audit-log", id: parts.key.origin },
      outcome: result.ok ? "success" : "failure",
      after: result.ok ? "verified" : "altered",
      details: { size, root, problems: problems.length, firstAlteredIndex: first },
    },
    async () => undefined,
  );
}

async function changeKey(parts: Parts, change: KeyChange): Promise<Result<ReplacedKey>> {
  await followKey(parts);
  const replaced = await rotateKey(parts, change);
  if (replaced === undefined)
    return refuse("NOT_READY", "another server replaced the key in this moment", { retryAfterSeconds: 2 });
  await followKey(parts);
  parts.log.info({ vkey: replaced.vkey, replaced: replaced.replaced }, "the log signs with a new key");
  return ok(replaced);
}

/** The witnesses, once what they publish was compared with what the database holds. */
async function openCosigners(deps: AuditDeps, key: () => LogKey): Promise<Witnesses | undefined> {
  const { database, clock, log, witnesses: configured, witnessClient: client = httpWitnessClient() } = deps;
  if (configured === undefined) return undefined;
  const signing = key().signers(clock.now());
  assertForLog(
    configured,
    signing.map(({ vkey }) => vkey),
  );
  const tree = async () => await currentTree(database, key());
  const { origin } = key();
  const keys = () => key().verifiers;
  const cosigners = openWitnesses({ database, clock, log, configured, client, origin, keys, tree });
  await cosigners.compare();
  return cosigners;
}

async function openParts(deps: AuditDeps): Promise<Parts> {
  const { database, clock, dataDir, origin } = deps;
  const folder = join(dataDir, "audit");
  const tree = await readTree(database.read);
  const key = await openLogKey({ db: database.read, folder, origin, now: clock.now() });
  const planted = { ...emptyTree, origin: key.origin, vkey: key.vkey };
  if (tree === undefined) await database.bookkeep("audit-tree", async (tx) => await plantTree(tx, planted));
  await assertContinuesSigned({ database, key, folder });
  const parts: Parts = { ...deps, key, folder, cosigners: undefined };
  const cosigners = await openCosigners(deps, () => parts.key);
  const { checkpoint } = await signNewest({ database, key, clock, folder });
  publish(folder, checkpoint.note);
  return Object.assign(parts, { cosigners });
}

/**
 * Opens the log: makes the key at the first start and compares the database with what was published before.
 *
 * @throws {AuditDiverged} `AUDIT_DIVERGED`: the database holds less than, or other than, what was signed or witnessed
 */
export async function createAudit(deps: AuditDeps): Promise<Audit> {
  const parts = await openParts(deps);
  const loop = createLoop(parts);
  let running: Promise<AuditVerification> | undefined;
  return {
    origin: parts.key.origin,
    get vkey() {
      return parts.key.vkey;
    },
    diverged: loop.diverged,
    head: async () => await readHead(parts),
    list: async (query) => await listEntries(deps.database.read, query),
    search: async (query) => await searchEntries(deps.database.read, query),
    measure: shareMetrics(async (timeframe, utcOffsetMinutes) => {
      const now = deps.clock.now();
      return await measureLog(deps.database.read, { timeframe, utcOffsetMinutes, now, head: await readHead(parts) });
    }, deps.clock),
    prove: async (id) =>
      await explainPruned(
        deps.database.read,
        await proveBest(deps.database.read, { last: await newest(parts), witnesses: parts.cosigners }, id),
        { id },
      ),
    file: async (path) => await readFile(parts, path),
    pruning: pruningOf(parts),
    texts: signedTexts(() => parts.key, deps.clock),
    cosigning: async () => await parts.cosigners?.status(),
    async verify(by) {
      running ??= runVerification(parts).finally(() => (running = undefined));
      const result = await running;
      await recordVerification(parts, by, result);
      return result;
    },
    rotateKey: async (change) => await changeKey(parts, change),
    async recordReading(type, by) {
      const { size, root } = await newest(parts);
      await deps.database.audited(
        {
          type,
          ...by,
          object: { kind: "audit-log", id: parts.key.origin },
          after: type === "audit.exported" ? "exported" : "shown",
          details: { size, root: Buffer.from(root).toString("base64") },
        },
        async () => undefined,
      );
    },
    start: loop.start,
    submit: loop.submit,
    settle: loop.settle,
  };
}
