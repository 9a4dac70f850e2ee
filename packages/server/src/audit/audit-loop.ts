import type { Actor } from "@tyr/contract";
import type { Clock } from "#platform/clock";
import type { Database } from "#platform/database";
import { startLoop, type RunningLoop } from "#platform/lifecycle";
import type { Logger } from "#platform/log";
import { signNewest } from "./checkpoint.ts";
import { AuditDiverged } from "./errors.ts";
import { openLogKey, type LogKey } from "./log-key.ts";
import { sequenceWaiting, SEQUENCED_ROWS_MAX } from "./sequencer.ts";
import { newestLeafAt, readTree } from "./store.ts";
import type { Witnesses } from "./witnesses.ts";

/** What the loop works on; `key` is replaced as a whole when keys change. */
export type LoopParts = { key: LogKey } & Readonly<{
  database: Database;
  clock: Clock;
  log: Logger;
  folder: string;
  origin?: string;
  cosigners: Witnesses | undefined;
  onDiverged?: (error: AuditDiverged) => void;
}>;

export type AuditLoop = Readonly<{
  /** Undefined while all is well. */
  diverged(): AuditDiverged | undefined;
  /** Sequences, signs, submits to witnesses and keeps the heartbeat until stopped. */
  start(): RunningLoop;
  /** Until nothing waits and everything is signed. */
  settle(): Promise<void>;
  /** One turn with the witnesses. */
  submit(signal?: AbortSignal): Promise<void>;
}>;

const system: Actor = { kind: "system", id: "system", name: "system" };
/**
 * Entries are given their places and signed in one turn: one waits so long and for the turn itself, which leaves half of the
 * quarter of a second within which it is to be published. Each turn costs four syncs, so it is not shorter.
 */
const REST_MS = 120;
/** While turns follow each other because more waits than one takes. */
const CHECKPOINT_EVERY_MS = 120;
/** When nothing arrives here: what another server appended and did not come to sign. */
const LOOK_EVERY_MS = 1_000;
const HEARTBEAT_MS = 3_600_000;
const WITNESS_REST_MS = 1_000;

/** What the loop remembers: when it last tried to sign, what is unsigned since, whether signing has ended for good. */
type LoopState = { signedAtMs: number; isUnsigned: boolean; diverged: AuditDiverged | undefined };

/** "Nothing happened" must be provable: an idle log gets an entry every hour. */
async function keepHeartbeat({ database, clock, key }: LoopParts): Promise<void> {
  const last = await newestLeafAt(database.read);
  if (last === undefined || clock.now().getTime() - last.getTime() < HEARTBEAT_MS) return;
  await database.audited(
    { type: "system.heartbeat", actor: system, object: { kind: "audit-log", id: key.origin } },
    async () => undefined,
  );
}

/** Another server may have replaced the key. */
export async function followKey(parts: LoopParts): Promise<void> {
  const { database, folder, origin, clock } = parts;
  const tree = await readTree(database.read);
  if (tree !== undefined && tree.vkey !== parts.key.vkey)
    parts.key = await openLogKey({ db: database.read, folder, origin, now: clock.now() });
}

/** @returns whether more waits */
async function turn(parts: LoopParts, state: LoopState, sign: "when-due" | "now"): Promise<boolean> {
  const appended = await sequenceWaiting(parts.database);
  const isMore = appended === SEQUENCED_ROWS_MAX;
  state.isUnsigned ||= appended > 0;
  const now = parts.clock.now().getTime();
  const isDue = (state.isUnsigned && !isMore) || now >= state.signedAtMs + dueAfterMs(state);
  // Also while more waits: a log that never catches up is signed all the same.
  if (sign === "when-due" ? !isDue : isMore) return isMore;
  state.signedAtMs = now;
  await followKey(parts);
  const { signed } = await signNewest(parts);
  state.isUnsigned = false;
  if (!signed) await keepHeartbeat(parts);
  return isMore;
}

function dueAfterMs({ isUnsigned }: LoopState): number {
  return isUnsigned ? CHECKPOINT_EVERY_MS : LOOK_EVERY_MS;
}

/** @throws whatever is no divergence */
function diverge(parts: LoopParts, state: LoopState, error: unknown): void {
  if (!(error instanceof AuditDiverged)) throw error;
  if (state.diverged !== undefined) return;
  state.diverged = error;
  parts.log.fatal({ err: error }, "the audit log was altered: nothing is signed any more");
  parts.onDiverged?.(error);
}

/** Nothing is done any more once the log was found altered. */
async function unlessDiverged<T>(
  { parts, state }: Readonly<{ parts: LoopParts; state: LoopState }>,
  otherwise: T,
  work: () => Promise<T>,
): Promise<T> {
  if (state.diverged !== undefined) return otherwise;
  try {
    return await work();
  } catch (error) {
    diverge(parts, state, error);
    return otherwise;
  }
}

/** The loops of an opened log. Witnesses have one of their own: whatever they do, entries get their places and are signed. */
export function createLoop(parts: LoopParts): AuditLoop {
  const state: LoopState = { signedAtMs: 0, isUnsigned: false, diverged: undefined };
  const guard = { parts, state };
  const step = async (sign: "when-due" | "now") =>
    await unlessDiverged(guard, false, async () => await turn(parts, state, sign));
  const submit = async (signal?: AbortSignal) =>
    await unlessDiverged(guard, undefined, async () => await parts.cosigners?.step(signal));
  const { log } = parts;
  return {
    diverged: () => state.diverged,
    submit,
    settle: async () => {
      while (await step("now"));
    },
    start() {
      const sequencing = startLoop({ name: "audit", step: async () => await step("when-due"), restMs: REST_MS, log });
      const ask = async (signal: AbortSignal) => (await submit(signal), false);
      const witnessing = startLoop({ name: "witnesses", step: ask, restMs: WITNESS_REST_MS, log });
      return {
        wake: () => sequencing.wake(),
        stop: async () => void (await Promise.all([sequencing.stop(), witnessing.stop()])),
      };
    },
  };
}
