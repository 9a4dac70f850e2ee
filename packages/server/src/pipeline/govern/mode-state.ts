import { MODES, type ModeName } from "@tyr/contract";

/** What somebody chose, until when; null: until somebody changes it. Instants are ISO text, as the row keeps them. */
type Held = Readonly<{ mode: ModeName; until: string | null }>;

/**
 * What holds the mode where it is. The mode is the higher of what a person chose (the default where nobody did) and of
 * what came by itself; so automation never goes below a person's choice, and a person's choice ends by the clock alone.
 */
export type ModeState = Readonly<{
  base: ModeName;
  held: Held | null;
  /** What was held before somebody raised the mode for a while: it goes on after that. */
  beneath: Held | null;
  automatic: Readonly<{ mode: ModeName; since: string }> | null;
  /** Incidents opened before this ask for nothing any more: a person lowered the mode in their face. */
  ignoreBefore: string | null;
}>;

export function stateAtRest(base: ModeName): ModeState {
  return { base, held: null, beneath: null, automatic: null, ignoreBefore: null };
}

const rank = (mode: ModeName): number => MODES.indexOf(mode);
const higher = (a: ModeName, b: ModeName): ModeName => (rank(a) >= rank(b) ? a : b);
const oneDown = (mode: ModeName): ModeName => MODES[Math.max(0, rank(mode) - 1)] ?? "normal";
const lasts = (held: Held | null, now: Date): held is Held =>
  held !== null && (held.until === null || new Date(held.until) > now);

/** What somebody holds now. */
export function heldNow({ held, beneath }: ModeState, now: Date): Held | null {
  if (lasts(held, now)) return held;
  return lasts(beneath, now) ? beneath : null;
}

export function modeOf(state: ModeState, now: Date): ModeName {
  return higher(heldNow(state, now)?.mode ?? state.base, state.automatic?.mode ?? "normal");
}

/** The state without what is over. The same object when nothing is. */
export function settled(state: ModeState, now: Date): ModeState {
  if (state.held === null || lasts(state.held, now)) return state;
  return { ...state, held: heldNow(state, now), beneath: null };
}

export type Choice = Readonly<{ mode: ModeName; until: Date | null; now: Date }>;

/** Whether this choice is less than what is in force: a lower mode, or the same one over sooner. */
export function isLess(state: ModeState, { mode, until, now }: Choice): boolean {
  const current = modeOf(state, now);
  if (mode !== current) return rank(mode) < rank(current);
  const held = heldNow(state, now);
  if (until === null || held === null || held.mode !== mode || mode === state.base) return false;
  return held.until === null || new Date(held.until) > until;
}

export const isMore = (state: ModeState, { mode, now }: Choice): boolean => rank(mode) > rank(modeOf(state, now));

/** What somebody chose comes into force. Raised for a while, what was chosen before goes on after that. */
export function choose(before: ModeState, choice: Choice): ModeState {
  const state = settled(before, choice.now);
  const { mode, until, now } = choice;
  const held: Held | null =
    mode === state.base && until === null ? null : { mode, until: until === null ? null : until.toISOString() };
  if (rank(mode) < rank(modeOf(state, now)))
    return { ...state, held, beneath: null, automatic: null, ignoreBefore: now.toISOString() };
  const outlasts =
    until !== null && state.held !== null && (state.held.until === null || new Date(state.held.until) > until);
  return { ...state, held, beneath: isMore(state, choice) && outlasts ? state.held : null };
}

/** Another default. What is in force is not lowered by it: that is a choice of its own, and policy is asked about it. */
export function rebased(before: ModeState, base: ModeName, now: Date): ModeState {
  const state = settled(before, now);
  if (base === state.base) return state;
  const next = { ...state, base, held: state.held?.mode === base && state.held.until === null ? null : state.held };
  const current = modeOf(state, now);
  return rank(modeOf(next, now)) < rank(current) ? { ...next, held: { mode: current, until: null } } : next;
}

/** What incidents ask for: now, and when they last asked for at least this. */
export type Demand = Readonly<{ mode: ModeName; incidents: readonly string[]; lastAsked(mode: ModeName): Date | null }>;
export type Hysteresis = Readonly<{ holdMs: number; quietMs: number }>;

/** The first instant at which what came by itself may go down a step, as things are. */
export function earliestDown(
  automatic: NonNullable<ModeState["automatic"]>,
  { demand, rules, now }: Readonly<{ demand: Demand; rules: Hysteresis; now: Date }>,
): Date {
  const isAsked = rank(demand.mode) >= rank(automatic.mode);
  const asked = isAsked ? now : demand.lastAsked(automatic.mode);
  const held = new Date(automatic.since).getTime() + rules.holdMs;
  return new Date(Math.max(held, asked === null ? 0 : asked.getTime() + rules.quietMs));
}

/** Up at once, as far as is asked; down a step at a time, each after its own hold and quiet. The same object: nothing changed. */
export function advance(
  before: ModeState,
  { demand, rules, now }: Readonly<{ demand: Demand; rules: Hysteresis; now: Date }>,
): ModeState {
  const state = settled(before, now);
  const { automatic, base } = state;
  const current = automatic?.mode ?? "normal";
  const since = now.toISOString();
  if (rank(demand.mode) > rank(higher(current, base))) return { ...state, automatic: { mode: demand.mode, since } };
  if (automatic === null || rank(demand.mode) >= rank(current)) return state;
  if (earliestDown(automatic, { demand, rules, now }) > now) return state;
  const next = oneDown(current);
  return { ...state, automatic: rank(next) > rank(base) ? { mode: next, since } : null };
}
