import type { Decision } from "@tyr/contract";
import type { ReadDatabase } from "#platform/database";
import { modeInForce } from "./mode-in-force.ts";
import { severityNumber, type ApprovalCounts, type Circumstances } from "./policy/circumstances.ts";
import { decide, type DecisionInput } from "./policy/decide.ts";
import type { Room } from "./room.ts";
import { localTime } from "./settings/local-time.ts";
import { proposeRiskIn, readSettings } from "./settings/settings.ts";
import { countProposals, type ActionRow } from "./store.ts";

export type Weighed = Readonly<{ input: DecisionInput; decision: Decision }>;
type Weighable = Pick<
  ActionRow,
  "type" | "target" | "requester_id" | "requester_kind" | "ttl_seconds" | "risk" | "severity" | "confidence" | "dry_run"
> &
  Partial<Pick<ActionRow, "id" | "submitted_at">>;

export type Question = Readonly<{
  action: Weighable;
  approvals: ApprovalCounts;
  /** The one approval that counts is that of whoever asked. */
  selfApproved?: boolean;
  /** Whoever asks may set the mode by themselves, came by the door for that and gave the proof it asks for. */
  modeWriter?: boolean;
  /** Asked for whoever takes it on themselves, under the name of its own. */
  brokenBy?: string;
}>;

const HOUR_MS = 3_600_000;

/**
 * How many other actions programs asked for in the hour before this one was submitted, or before now: once people look at
 * it, later ones are no reason against it.
 */
async function automaticBefore(db: ReadDatabase, { id, submitted_at }: Weighable, now: Date): Promise<number> {
  const until = submitted_at ?? now;
  return await countProposals(db, { since: new Date(until.getTime() - HOUR_MS), until, but: id });
}

async function circumstances(room: Room, db: ReadDatabase, question: Question): Promise<Circumstances> {
  const { action, approvals, selfApproved = false, modeWriter = false } = question;
  const now = room.clock.now();
  const settings = await readSettings(db);
  const { mode } = await modeInForce(db, { now, base: settings.defaultMode });
  return {
    mode,
    environment: room.environment,
    approvals,
    selfApproved,
    ttlSeconds: action.ttl_seconds,
    risk: action.risk,
    successfulLogins: action.dry_run?.reach.successfulLogins ?? null,
    severity: severityNumber(action.severity),
    confidence: action.confidence ?? 0,
    ...localTime(now, settings.timeZone),
    proposeRisk: proposeRiskIn(settings, mode),
    automaticLastHour: await automaticBefore(db, action, now),
    automaticPerHourMax: settings.automaticActionsPerHour,
    modeWriter,
  };
}

/** Asks policy about an action as things are now: its target, the inventory, the mode, the hour and the approvals that count. */
export async function weigh(room: Room, db: ReadDatabase, question: Question): Promise<Weighed> {
  const { action, brokenBy } = question;
  const now = room.clock.now();
  const input: DecisionInput = {
    v: 2,
    ...(await room.kinds[action.type].describe({ db, target: action.target, ttlSeconds: action.ttl_seconds, now })),
    ...(brokenBy === undefined
      ? { principal: { kind: action.requester_kind, id: action.requester_id } }
      : { asks: "break_glass" as const, principal: { kind: "person" as const, id: brokenBy } }),
    context: await circumstances(room, db, question),
  };
  return { input, decision: decide(await room.policies.inForce(db), input, now) };
}
