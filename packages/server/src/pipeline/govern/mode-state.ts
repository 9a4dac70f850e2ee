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

/** What somebody chose comes into force. Raised for a while, or for longer, what was chosen below it goes on after that. */
export function choose(before: ModeState, choice: Choice): ModeState {
  const state = settled(before, choice.now);
  const { mode, until, now } = choice;
  const held: Held | null =
    mode === state.base && until === null ? null : { mode, until: until === null ? null : until.toISOString() };
  if (rank(mode) < rank(modeOf(state, now)))
    return { ...state, held, beneath: null, automatic: null, ignoreBefore: now.toISOString() };
  // Of the same mode the new end counts. Of two below it the upper goes on: what it stood on was lower still.
  const outlasts = (one: Held | null): boolean =>
    one !== null && until !== null && rank(one.mode) < rank(mode) && lasts(one, until);
  return { ...state, held, beneath: [state.held, state.beneath].find(outlasts) ?? null };
}

const endsOf = ({ held, beneath }: ModeState): readonly Date[] =>
  [held, beneath].flatMap((one) => (one === null || one.until === null ? [] : [new Date(one.until)]));

/** Whether one is ever lower than the other from now on: as things are, and once nothing asks for a mode by itself. */
function isEverLower(one: ModeState, other: ModeState, now: Date): boolean {
  const instants = [now, ...endsOf(one), ...endsOf(other)].filter((at) => at >= now);
  const lowerAt = (at: Date, a: ModeState, b: ModeState): boolean => rank(modeOf(a, at)) < rank(modeOf(b, at));
  const quiet = (state: ModeState): ModeState => ({ ...state, automatic: null });
  return instants.some((at) => lowerAt(at, one, other) || lowerAt(at, quiet(one), quiet(other)));
}

/** Whether this choice is less than what is in force: lower now, or at any instant to come. */
export function isLess(before: ModeState, choice: Choice): boolean {
  const state = settled(before, choice.now);
  return isEverLower(choose(state, choice), state, choice.now);
}

export const isMore = (state: ModeState, { mode, now }: Choice): boolean => rank(mode) > rank(modeOf(state, now));

/**
 * Another default. What is in force or comes back is not lowered by it, now or later: that is a choice of its own, and
 * policy is asked about it. Where nobody holds the mode for good, the default of before is held.
 */
export function rebased(before: ModeState, base: ModeName, now: Date): ModeState {
  const state = settled(before, now);
  if (base === state.base) return state;
  const isBaseAnyway = state.held?.mode === base && state.held.until === null;
  const next = { ...state, base, held: isBaseAnyway ? null : state.held };
  const isLower = rank(base) < rank(state.base);
  return isLower && state.held?.until !== null ? { ...next, ...holding(state, state.base) } : next;
}

/** What is held, with a mode beneath it for good. */
function holding({ held, beneath }: ModeState, mode: ModeName): Pick<ModeState, "held" | "beneath"> {
  if (held === null) return { held: { mode, until: null }, beneath };
  if (beneath?.until === null) return { held, beneath };
  return { held, beneath: { mode: higher(beneath?.mode ?? "normal", mode), until: null } };
}

/** What came by itself is held from here on, until somebody lowers it: the rules by which it would go are other ones now. */
export function heldFast(before: ModeState, now: Date): ModeState {
  const state = settled(before, now);
  if (state.automatic === null) return before;
  return { ...choose(state, { mode: modeOf(state, now), until: null, now }), automatic: null };
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
