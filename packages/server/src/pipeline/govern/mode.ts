import {
  MODES,
  ok,
  refuse,
  type ActionCreate,
  type ActionId,
  type ModeAnswer,
  type ModeName,
  type ModeSet,
  type ModeView,
  type Refused,
  type Result,
} from "@tyr/contract";
import type { WriteTransaction } from "#platform/database";
import { describeTarget } from "./policy/asked.ts";
import { QUIET } from "./policy/circumstances.ts";
import type { Engine } from "./policy/engine.ts";
import { decide, NO_APPROVALS, type DecisionInput } from "./policy/decide.ts";
import { knownPrefix } from "./address.ts";
import { chooseMode, holdMode, settleMode, tellMode, type ModeChanged } from "./change-mode.ts";
import { demandNow, followMode, hysteresisOf } from "./follow-mode.ts";
import { modeInForce } from "./mode-in-force.ts";
import { earliestDown, heldNow, settled } from "./mode-state.ts";
import { listModeChanges, type ModeChange } from "./mode-store.ts";
import { settle, type By, type Room } from "./room.ts";
import { limitsIn, proposeRiskIn, readSettings, type InForce } from "./settings/settings.ts";
import { insertDecision, listWaitingFor } from "./store.ts";
import { createAction } from "./submit-action.ts";
import { weigh, type Weighed } from "./weigh.ts";

const HISTORY_MAX = 50;

export type ModeRequest = ModeSet & Readonly<{ by: By }>;

/** Ends a choice whose time is over, then lets incidents ask. Driven by rows, so a restart forgets none. */
export async function passMode(room: Room): Promise<void> {
  const now = room.clock.now();
  const { defaultMode: base } = await readSettings(room.db.read);
  const { state } = await modeInForce(room.db.read, { now, base });
  if (settled(state, now) !== state) {
    const returned = await settle<ModeChange | undefined>(room.db, async (tx) => {
      const { held, facts } = await settleMode(tx, await holdMode(tx, now), now);
      return { answer: ok(facts.length > 0 ? held.change : undefined), facts };
    });
    if (returned.ok && returned.value !== undefined) tellMode(room.bus, returned.value);
  }
  await followMode(room);
}

/** As of every action: policy is asked about a whole minute, and what comes into force must not be over before. */
const SECONDS_MIN = 60;

function refusedEnd({ mode, until }: ModeSet, now: Date): Refused | undefined {
  if (until === undefined) return undefined;
  if (mode === "normal") return refuse("VALIDATION_FAILED", "body/until: normal mode has no end; leave it out");
  const ms = new Date(until).getTime() - now.getTime();
  if (ms <= 0) return refuse("VALIDATION_FAILED", `body/until: ${until} is not in the future`);
  return ms >= SECONDS_MIN * 1_000
    ? undefined
    : refuse("VALIDATION_FAILED", `body/until: ${until} is less than a minute away: a mode lasts a minute at least`);
}

/** Whole seconds until then, never more: what policy is asked about must not last longer than what comes into force. */
function secondsUntil(until: string | undefined, now: Date): number | null {
  if (until === undefined) return null;
  return Math.max(SECONDS_MIN, Math.floor((new Date(until).getTime() - now.getTime()) / 1_000));
}

/**
 * The question an action of the same would ask, but for whoever asks here: the route let in who may set the mode, and asked
 * for a recent proof. An action is asked for without one, so there nobody sets a mode alone. Programs never do.
 */
async function weighChoice(room: Room, tx: WriteTransaction, { mode, until, by }: ModeRequest): Promise<Weighed> {
  const action = {
    type: "set_mode" as const,
    target: mode,
    requester_id: by.actor.id,
    requester_kind: by.actor.kind === "automation" ? ("automation" as const) : ("person" as const),
    ttl_seconds: secondsUntil(until, room.clock.now()),
    risk: null,
    severity: null,
    confidence: null,
    dry_run: null,
  };
  const modeWriter = action.requester_kind === "person";
  return await weigh(room, tx, { action, approvals: NO_APPROVALS, modeWriter });
}

type Chosen = ModeChanged & Readonly<{ outcome: Weighed["decision"]["outcome"]; weighed: Weighed }>;

/** Policy is asked in the transaction that changes the mode, and its decision stored with it. */
async function chooseIfAllowed(room: Room, tx: WriteTransaction, request: ModeRequest): Promise<Chosen> {
  const at = room.clock.now();
  await holdMode(tx, at);
  const weighed = await weighChoice(room, tx, request);
  const { decision } = weighed;
  await insertDecision(tx, { actionId: null, step: "execute", ...weighed });
  if (decision.outcome !== "allow") return { outcome: decision.outcome, weighed, facts: [], change: undefined };
  const { mode, reason, until, by } = request;
  const details = {
    decision: decision.outcome,
    policies: decision.reasons.map(({ policyId }) => policyId),
    bundle_digest: decision.bundleDigest,
  };
  const wanted = { mode, reason, until: until === undefined ? null : new Date(until) };
  return { outcome: "allow", weighed, ...(await chooseMode(tx, { wanted, at, said: { by, details } })) };
}

/** What policy wants somebody else to see becomes an action, which waits for them like any other. */
async function askForMode(room: Room, { mode, reason, until, by }: ModeRequest): Promise<Result<ActionId | null>> {
  const ttlSeconds = secondsUntil(until, room.clock.now());
  const request: ActionCreate = {
    type: "set_mode",
    target: mode,
    justification: reason,
    ...(ttlSeconds === null ? {} : { ttlSeconds }),
  };
  const asked = await createAction(room, request, by);
  return asked.ok ? ok(asked.value.id) : asked;
}

/**
 * Changes the mode, if policy lets whoever asks do it alone; else asks for it. Refusals `VALIDATION_FAILED` (the end),
 * `ACTION_DENIED`, `NOT_AUTHENTICATED`.
 */
export async function setMode(room: Room, request: ModeRequest): Promise<Result<ModeAnswer>> {
  const refused = refusedEnd(request, room.clock.now());
  if (refused !== undefined) return refused;
  // A choice that is over is written down before policy is asked about the next.
  await passMode(room);
  const set = await settle<Chosen>(room.db, async (tx) => {
    const chosen = await chooseIfAllowed(room, tx, request);
    return { answer: ok(chosen), facts: chosen.facts };
  });
  if (!set.ok) return set;
  const { outcome, change } = set.value;
  if (change !== undefined) tellMode(room.bus, change);
  if (outcome === "allow") return ok({ ...(await viewMode(room)), asked: null });
  const asked = await askForMode(room, request);
  return asked.ok ? ok({ ...(await viewMode(room)), asked: asked.value }) : asked;
}

/** Blocking one public address: asked by a person, and by automation on strong evidence. */
const SAMPLES = (["person", "automation"] as const).map((kind) => ({
  v: 2 as const,
  principal: { kind, id: "sample" },
  type: "block_ip" as const,
  target: describeTarget(knownPrefix("8.8.8.8"), {}),
  context: { ...QUIET, risk: 100, severity: 5, confidence: 100 },
}));

function forbidding({ environment, clock }: Room, engine: Engine, mode: ModeName): Map<string, string> {
  const reasons = SAMPLES.flatMap((sample) => {
    const input: DecisionInput = { ...sample, context: { ...sample.context, mode, environment } };
    return decide(engine, input, clock.now()).reasons.filter(({ effect }) => effect === "forbid");
  });
  return new Map(reasons.map(({ policyId, text }) => [policyId, text]));
}

function comesWhen(mode: ModeName, settings: InForce): string | null {
  const { autoElevate, autoLockdown, elevateIncidents: least, escalateWindowMinutes: minutes } = settings;
  const within = `that changed in the last ${minutes} minutes`;
  if (mode === "lockdown" && autoLockdown) return `an open incident of critical severity ${within}`;
  if (mode === "elevated" && autoElevate)
    return `${least} open incident${least === 1 ? "" : "s"} of high or critical severity ${within}`;
  return null;
}

/** What each mode does: who forbids there and not in normal mode, asked of the policies themselves; and its limits. */
async function modesOf(room: Room, settings: InForce): Promise<ModeView["modes"]> {
  const engine = await room.policies.inForce(room.db.read);
  const normal = forbidding(room, engine, "normal");
  return MODES.map((mode) => ({
    mode,
    effects: [...forbidding(room, engine, mode)]
      .filter(([policyId]) => !normal.has(policyId))
      .map(([policyId, text]) => ({ policyId, text })),
    comesWhen: comesWhen(mode, settings),
    proposeRisk: proposeRiskIn(settings, mode),
    ...limitsIn(settings, mode),
  }));
}

function viewChange({ mode, reason, by, at, until, incidents }: ModeChange): ModeView["history"][number] {
  const end = until === null ? null : until.toISOString();
  return { mode, at: at.toISOString(), until: end, by, reason, incidents: [...incidents] };
}

async function viewAutomatic(room: Room, state: ReturnType<typeof settled>, settings: InForce) {
  const { automatic } = state;
  if (automatic === null) return null;
  const now = room.clock.now();
  const demand = await demandNow(room, { settings, state, now });
  const down = earliestDown(automatic, { demand, rules: hysteresisOf(settings), now });
  return { ...automatic, earliestDownAt: down.toISOString() };
}

export async function viewMode(room: Room): Promise<ModeView> {
  const now = room.clock.now();
  const settings = await readSettings(room.db.read);
  const { mode, change, state } = await modeInForce(room.db.read, { now, base: settings.defaultMode });
  const rows = await listModeChanges(room.db.read, HISTORY_MAX);
  const waiting = await listWaitingFor(room.db.read, "set_mode");
  return {
    mode,
    environment: room.environment,
    change: change === undefined ? null : viewChange(change),
    modes: await modesOf(room, settings),
    defaultMode: settings.defaultMode,
    held: heldNow(state, now),
    automatic: await viewAutomatic(room, settled(state, now), settings),
    waiting: waiting.map(({ id }) => id),
    history: rows.map((row) => viewChange({ ...row, by: row.actor })),
  };
}
