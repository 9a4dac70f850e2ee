import {
  RULE_STATE_DAYS_MAX,
  refuse,
  type Actor,
  type Refused,
  type RuleStateName,
  type RuleStateSet,
} from "@tyr/contract";

/** What somebody set of a rule. A rule nobody set anything of is enabled. */
export type SetState = Readonly<{
  ruleId: string;
  state: RuleStateName;
  /** Ceiling, 0 to 1; of a clipped rule only. */
  confidenceMax: number | null;
  /** When it goes back to enabled by itself. */
  expiresAt: Date | null;
  reason: string;
  setBy: Actor;
  setAt: Date;
}>;

/** What detection does differently for a rule. */
export type AppliedState = Readonly<
  { state: "disabled" | "muted"; confidenceMax: null } | { state: "clipped"; confidenceMax: number }
>;
/** By rule id; a rule that is not there is enabled. */
export type AppliedStates = ReadonlyMap<string, AppliedState>;
export const NO_STATES: AppliedStates = new Map();

const SYSTEM: Actor = { kind: "system", id: "system", name: "Tyr" };
const DAY_MS = 86_400_000;

/** For the log of everything: no fractions there, so a ceiling is text. */
export function describeState({ state, confidenceMax }: Pick<SetState, "state" | "confidenceMax">): string {
  return state === "clipped" ? `clipped to ${confidenceMax ?? 1}` : state;
}

/** The state that follows one whose time is over: enabled, by nobody in particular; undefined while it goes on. */
export function endedState(set: SetState, now: Date): SetState | undefined {
  const { ruleId, state, expiresAt } = set;
  if (expiresAt === null || expiresAt > now) return undefined;
  const reason = `the time of ${state} was over`;
  return { ruleId, state: "enabled", confidenceMax: null, expiresAt: null, reason, setBy: SYSTEM, setAt: expiresAt };
}

/** The states that make a difference at this moment. */
export function appliedStates(sets: readonly SetState[], now: Date): AppliedStates {
  const lasting = sets.filter((one) => endedState(one, now) === undefined);
  return new Map(lasting.flatMap((one) => appliedOf(one).map((applied) => [one.ruleId, applied] as const)));
}

function appliedOf({ state, confidenceMax }: SetState): readonly AppliedState[] {
  if (state === "enabled") return [];
  return state === "clipped" ? [{ state, confidenceMax: confidenceMax ?? 1 }] : [{ state, confidenceMax: null }];
}

export function areSameStates(left: AppliedStates, right: AppliedStates): boolean {
  return (
    left.size === right.size &&
    [...left].every(([id, { state, confidenceMax }]) => {
      const other = right.get(id);
      return other?.state === state && other.confidenceMax === confidenceMax;
    })
  );
}

/** Why a rule cannot be set so: something is missing, or does not belong there. */
export function refusedChange(change: RuleStateSet, now: Date): Refused | undefined {
  const { state, confidenceMax, expiresAt } = change;
  if (state === "clipped" && confidenceMax === undefined)
    return refuse("VALIDATION_FAILED", "body/confidenceMax is missing: a clipped rule has a ceiling");
  if (state !== "clipped" && confidenceMax !== undefined)
    return refuse("VALIDATION_FAILED", "body/confidenceMax: only a clipped rule has a ceiling; leave it out");
  if (state === "muted" && expiresAt === undefined)
    return refuse("VALIDATION_FAILED", "body/expiresAt is missing: a rule is muted for a while");
  if (state === "enabled" && expiresAt !== undefined)
    return refuse("VALIDATION_FAILED", "body/expiresAt: enabled has no end; leave it out");
  return expiresAt === undefined ? undefined : refusedEnd(expiresAt, now);
}

/** It is over already, or further away than anybody remembers. */
function refusedEnd(expiresAt: string, now: Date): Refused | undefined {
  const end = new Date(expiresAt);
  if (end <= now) return refuse("VALIDATION_FAILED", `body/expiresAt: ${expiresAt} is not in the future`);
  if (end.getTime() - now.getTime() <= RULE_STATE_DAYS_MAX * DAY_MS) return undefined;
  return refuse("VALIDATION_FAILED", `body/expiresAt: at most ${RULE_STATE_DAYS_MAX} days ahead`);
}

export type StateChange = Readonly<{ ruleId: string; change: RuleStateSet; by: Actor; now: Date }>;

/** Of a change that is not refused. */
export function stateOf({ ruleId, change, by, now }: StateChange): SetState {
  const { state, reason, confidenceMax = null, expiresAt } = change;
  const end = expiresAt === undefined ? null : new Date(expiresAt);
  return { ruleId, state, confidenceMax, expiresAt: end, reason, setBy: by, setAt: now };
}
