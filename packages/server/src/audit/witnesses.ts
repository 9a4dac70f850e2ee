import type { Cosigning } from "@tyr/contract";
import type { NoteVerifier } from "@tyr/ledger";
import type { Clock } from "#platform/clock";
import type { Database } from "#platform/database";
import type { Logger } from "#platform/log";
import { insertCosignature, newestOfWitness } from "./cosignature-store.ts";
import { newestCosigned, type Cosigned } from "./cosigned.ts";
import { insertCheckpoint, newestCheckpoint, type CheckpointRow } from "./store.ts";
import { compareWithWitness, submitCheckpoint, type Compared } from "./submit-checkpoint.ts";
import type { Tree } from "./tree.ts";
import type { WitnessClient } from "./witness-client.ts";
import type { ConfiguredWitness, WitnessPolicy } from "./witness-policy.ts";

export type WitnessesDeps = Readonly<{
  database: Database;
  clock: Clock;
  log: Logger;
  configured: WitnessPolicy;
  client: WitnessClient;
  origin: string;
  /** What our own signatures are checked with. */
  keys: () => readonly NoteVerifier[];
  tree: () => Promise<Tree>;
}>;

export type Witnesses = Readonly<{
  /** Before anything is served. @throws {AuditDiverged} `AUDIT_DIVERGED` */
  compare(): Promise<void>;
  /** One turn: submits what is due. @throws {AuditDiverged} `AUDIT_DIVERGED` on proof of another history */
  step(signal?: AbortSignal): Promise<void>;
  /** The newest checkpoint that enough witnesses cosigned. */
  cosigned(): Promise<Cosigned | undefined>;
  status(): Promise<Cosigning>;
}>;

/** Witnesses are asked about a new checkpoint at most so often. */
const ROUND_MS = 60_000;
const BACKOFF_FIRST_MS = 5_000;
const BACKOFF_MAX_MS = 600_000;
/** At start nobody waits longer for a witness that is down. */
const COMPARE_MS = 3_000;

/** What the loop remembers of one witness. `claim`: it says that our log was changed, and did not show it. */
type Asked = { size: number; failures: number; notBefore: number; problem: string | undefined; claim: boolean };
type Parts = WitnessesDeps &
  Readonly<{ asked: Map<string, Asked>; round: { target: CheckpointRow | undefined; startedAt: number } }>;
type Submitting = Readonly<{ witness: ConfiguredWitness; checkpoint: CheckpointRow; signal: AbortSignal | undefined }>;

async function stateOf({ asked, database }: Parts, { verifier }: ConfiguredWitness): Promise<Asked> {
  const known = asked.get(verifier.vkey);
  if (known !== undefined) return known;
  const stored = await newestOfWitness(database.read, verifier.vkey);
  const state: Asked = { size: stored?.size ?? 0, failures: 0, notBefore: 0, problem: undefined, claim: false };
  asked.set(verifier.vkey, state);
  return state;
}

async function compareOne(parts: Parts, witness: ConfiguredWitness): Promise<Compared> {
  const { client, origin, tree, database } = parts;
  const request = { client, origin, tree, db: database.read, witness, keys: parts.keys(), timeoutMs: COMPARE_MS };
  const compared = await compareWithWitness(request);
  const { problem } = compared;
  if (problem !== undefined)
    parts.log.warn({ witness: witness.name, problem }, "a witness could not be compared with the log");
  return compared;
}

/** A claim is worth what can be shown: what the witness publishes is proof, or it is talk. */
async function look(parts: Parts, witness: ConfiguredWitness, state: Asked): Promise<void> {
  parts.log.error({ witness: witness.name, problem: state.problem }, "a witness claims that the log was changed");
  const compared = await compareOne(parts, witness);
  if (compared.problem !== undefined) return;
  // It publishes what we signed and hold: another server of ours was there first, or the claim is empty.
  state.claim = false;
  state.size = Math.max(state.size, compared.size);
}

async function keep(parts: Parts, { witness, checkpoint: { size } }: Submitting, line: string): Promise<void> {
  const row = { size, witness: witness.verifier.vkey, line, at: parts.clock.now() };
  await parts.database.bookkeep("audit-tree", async (tx) => await insertCosignature(tx, row));
  parts.asked.set(witness.verifier.vkey, { size, failures: 0, notBefore: 0, problem: undefined, claim: false });
  parts.log.info({ witness: witness.name, size }, "a witness cosigned the checkpoint");
}

async function submitOne(parts: Parts, submitting: Submitting): Promise<void> {
  const { witness, checkpoint, signal } = submitting;
  const { database, client, clock, log } = parts;
  const state = await stateOf(parts, witness);
  const now = clock.now().getTime();
  if (state.size >= checkpoint.size || now < state.notBefore) return;
  const request = { db: database.read, client, witness, checkpoint, knownSize: state.size, signal };
  const submitted = await submitCheckpoint(request);
  if (submitted.outcome === "cosigned") return await keep(parts, submitting, submitted.line);
  if (signal?.aborted === true) return;
  state.failures += 1;
  state.notBefore = now + Math.min(BACKOFF_FIRST_MS * 2 ** (state.failures - 1), BACKOFF_MAX_MS);
  state.problem = submitted.problem;
  state.claim = submitted.outcome === "claims";
  if (state.claim) return await look(parts, witness, state);
  const about = { witness: witness.name, size: checkpoint.size, problem: state.problem, failures: state.failures };
  log.warn(about, "a witness did not cosign the checkpoint");
}

/** All witnesses are asked about the same checkpoint, so that their lines come together under one. */
async function targetOf({ database, clock, round, asked }: Parts): Promise<CheckpointRow | undefined> {
  const now = clock.now().getTime();
  const { target } = round;
  // What nobody took yet need not be asked for again when there is a newer one.
  const isTaken = target !== undefined && [...asked.values()].some(({ size }) => size >= target.size);
  if (isTaken && now - round.startedAt < ROUND_MS) return target;
  const newest = await newestCheckpoint(database.read);
  if (newest === undefined || newest.size === 0) return undefined;
  if (newest.size === round.target?.size) return round.target;
  // Before any witness hears of it: its lines belong under a checkpoint that is there.
  await database.bookkeep("audit-tree", async (tx) => await insertCheckpoint(tx, newest));
  Object.assign(round, { target: newest, startedAt: now });
  return newest;
}

/** Side by side; a breakage of ours in one is thrown when all are done. */
async function all(parts: Parts, one: (witness: ConfiguredWitness) => Promise<unknown>): Promise<void> {
  const ended = await Promise.allSettled(parts.configured.witnesses.map(one));
  const broken = ended.find((end) => end.status === "rejected");
  if (broken !== undefined) throw broken.reason;
}

async function witnessStatus(parts: Parts, witness: ConfiguredWitness): Promise<Cosigning["witnesses"][number]> {
  const stored = await newestOfWitness(parts.database.read, witness.verifier.vkey);
  const { problem = null } = await stateOf(parts, witness);
  return { name: witness.name, size: stored?.size ?? null, at: stored?.at.toISOString() ?? null, problem };
}

async function readStatus(parts: Parts): Promise<Cosigning> {
  const { configured, asked, database } = parts;
  const newest = await newestCosigned(database.read, configured);
  const witnesses: Cosigning["witnesses"] = [];
  for (const witness of configured.witnesses) witnesses.push(await witnessStatus(parts, witness));
  const accuser = configured.witnesses.find(({ verifier }) => asked.get(verifier.vkey)?.claim === true);
  return {
    size: newest?.checkpoint.size ?? null,
    at: newest?.at.toISOString() ?? null,
    quorum: configured.policy.quorum ?? "none",
    alarm: accuser === undefined ? null : `witness ${accuser.name} claims that the log was changed`,
    witnesses,
  };
}

/** Submits the log's checkpoints to its witnesses. Nothing here is waited for by whoever writes or signs. */
export function openWitnesses(deps: WitnessesDeps): Witnesses {
  const parts: Parts = { ...deps, asked: new Map(), round: { target: undefined, startedAt: 0 } };
  return {
    compare: async () => await all(parts, async (witness) => await compareOne(parts, witness)),
    async step(signal) {
      const checkpoint = await targetOf(parts);
      if (checkpoint === undefined) return;
      await all(parts, async (witness) => await submitOne(parts, { witness, checkpoint, signal }));
    },
    cosigned: async () => await newestCosigned(deps.database.read, deps.configured),
    status: async () => await readStatus(parts),
  };
}
