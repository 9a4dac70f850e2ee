import {
  MODES,
  ok,
  refuse,
  type ModeName,
  type ModeSet,
  type ModeView,
  type Refused,
  type Result,
} from "@tyr/contract";
import type { Bus } from "#platform/bus";
import type { Fact, ReadDatabase, WriteTransaction } from "#platform/database";
import { describeTarget } from "./policy/asked.ts";
import { decide, NO_APPROVALS, type DecisionInput } from "./policy/decide.ts";
import { knownPrefix } from "./address.ts";
import { insertModeChange, listModeChanges, lockMode, type ModeChange } from "./mode-store.ts";
import { settle, SYSTEM, type By, type Room } from "./room.ts";

/** The mode in force and the change that made it; undefined while it never changed. */
export type ModeInForce = Readonly<{ mode: ModeName; change: ModeChange | undefined }>;

const HISTORY_MAX = 50;

/** A mode ends by the clock, whether or not the sweep has passed: what it became then, and why. */
function ended(change: ModeChange, now: Date): ModeChange | undefined {
  const { mode, until } = change;
  if (until === null || until > now) return undefined;
  const reason = `the time of ${mode} mode was over`;
  return { mode: "normal", reason, by: SYSTEM.actor, at: until, until: null };
}

async function latestChange(db: ReadDatabase): Promise<ModeChange | undefined> {
  const [row] = await listModeChanges(db, 1);
  return row && { ...row, by: row.actor };
}

/** What policies are asked with at this moment. */
export async function modeInForce(db: ReadDatabase, now: Date): Promise<ModeInForce> {
  const latest = await latestChange(db);
  const change = latest && (ended(latest, now) ?? latest);
  return { mode: change?.mode ?? "normal", change };
}

function changed(before: ModeName, { mode, reason, until }: ModeChange, by: By): Fact {
  return {
    type: "mode.changed",
    actor: by.actor,
    object: { kind: "mode", id: "mode" },
    before,
    after: mode,
    requestId: by.requestId,
    details: { reason, until: until?.toISOString() ?? null },
  };
}

/** Writes down that a mode's time was over, once. */
async function returnInto(tx: WriteTransaction, now: Date): Promise<readonly Fact[]> {
  const latest = await latestChange(tx);
  const back = latest && ended(latest, now);
  if (latest === undefined || back === undefined) return [];
  await insertModeChange(tx, back);
  return [changed(latest.mode, back, SYSTEM)];
}

export function tellMode(bus: Bus, { mode, until }: Pick<ModeChange, "mode" | "until">): void {
  bus.publish("mode.changed", { mode, until: until?.toISOString() ?? null });
}

/** Returns to normal when the mode's time is over. Driven by the row, so a restart forgets none. */
export async function returnFromMode(room: Room): Promise<void> {
  const now = room.clock.now();
  const latest = await latestChange(room.db.read);
  if (latest === undefined || ended(latest, now) === undefined) return;
  const facts = await room.db.audited(
    (written: readonly Fact[]) => written,
    async (tx) => {
      await lockMode(tx);
      return await returnInto(tx, now);
    },
  );
  if (facts.length > 0) tellMode(room.bus, { mode: "normal", until: null });
}

type ModeChanged = Readonly<{ facts: readonly Fact[]; changed: boolean }>;

/** Puts a mode in force in the caller's transaction. Normal while normal is no change. */
export async function changeModeIn(
  tx: WriteTransaction,
  { change, by }: Readonly<{ change: ModeChange; by: By }>,
): Promise<ModeChanged> {
  await lockMode(tx);
  const returned = await returnInto(tx, change.at);
  const before = await modeInForce(tx, change.at);
  if (before.mode === "normal" && change.mode === "normal") return { facts: returned, changed: returned.length > 0 };
  await insertModeChange(tx, change);
  return { facts: [...returned, changed(before.mode, change, by)], changed: true };
}

export type ModeRequest = ModeSet & Readonly<{ by: By }>;

function refusedEnd({ mode, until }: ModeSet, now: Date): Refused | undefined {
  if (until === undefined) return undefined;
  if (mode === "normal") return refuse("VALIDATION_FAILED", "body/until: normal mode has no end; leave it out");
  return new Date(until) > now ? undefined : refuse("VALIDATION_FAILED", `body/until: ${until} is not in the future`);
}

/** Normal while normal is no change; any other mode may be set again, with another reason or end. */
export async function setMode(room: Room, { mode, reason, until, by }: ModeRequest): Promise<Result<ModeView>> {
  const now = room.clock.now();
  const refused = refusedEnd({ mode, reason, ...(until === undefined ? {} : { until }) }, now);
  if (refused !== undefined) return refused;
  const change: ModeChange = {
    mode,
    reason,
    by: by.actor,
    at: now,
    until: until === undefined ? null : new Date(until),
  };
  const set = await settle<boolean>(room.db, async (tx) => {
    const { facts, changed: changes } = await changeModeIn(tx, { change, by });
    return { answer: ok(changes), facts };
  });
  if (set.ok && set.value) tellMode(room.bus, change);
  return ok(await viewMode(room));
}

/** Blocking one public address: asked by a person, and by automation on strong evidence. */
const SAMPLES = (["person", "automation"] as const).map((kind) => ({
  principal: { kind, id: "sample" },
  type: "block_ip" as const,
  target: describeTarget(knownPrefix("8.8.8.8"), {}),
  context: { approvals: NO_APPROVALS, ttlSeconds: 3_600, risk: 95, successfulLogins: null },
}));

function forbidding({ engine, environment, clock }: Room, mode: ModeName): Map<string, string> {
  const reasons = SAMPLES.flatMap((sample) => {
    const input: DecisionInput = { ...sample, context: { ...sample.context, mode, environment } };
    return decide(engine, input, clock.now()).reasons.filter(({ effect }) => effect === "forbid");
  });
  return new Map(reasons.map(({ policyId, text }) => [policyId, text]));
}

/** What each mode does, asked of the policies themselves: who forbids there and not in normal mode. */
function modesOf(room: Room): ModeView["modes"] {
  const normal = forbidding(room, "normal");
  return MODES.map((mode) => ({
    mode,
    effects: [...forbidding(room, mode)]
      .filter(([policyId]) => !normal.has(policyId))
      .map(([policyId, text]) => ({ policyId, text })),
  }));
}

function viewChange({ mode, reason, by, at, until }: ModeChange): ModeView["history"][number] {
  return { mode, at: at.toISOString(), until: until?.toISOString() ?? null, by, reason };
}

export async function viewMode(room: Room): Promise<ModeView> {
  const { mode, change } = await modeInForce(room.db.read, room.clock.now());
  const rows = await listModeChanges(room.db.read, HISTORY_MAX);
  return {
    mode,
    environment: room.environment,
    change: change === undefined ? null : viewChange(change),
    modes: modesOf(room),
    history: rows.map((row) => viewChange({ ...row, by: row.actor })),
  };
}
