import type { ActionState, Refused } from "@tyr/contract";
import { refuse } from "@tyr/contract";
import { GUARDS, type Guard, type GuardName, type Situation } from "./guards.ts";
import { next, type ActionEvent } from "./transitions.ts";

export type Move = Readonly<{
  /** What it may come to: one of them must be possible from the state. */
  events: readonly [ActionEvent, ...ActionEvent[]];
  /** As in "an action that is executed cannot …". */
  says: string;
  /** All must hold, asked in this order: the first that does not gives the refusal. */
  guards: readonly GuardName[];
  /** Whether a screen offers it to somebody, besides the guards: those that look at what came with a request are left out there. */
  offered: readonly GuardName[];
}>;

/** What somebody can ask for, by the names of the routes. */
export const MOVES = {
  edit: {
    events: ["edit"],
    says: "be changed",
    guards: ["mayEdit", "editsWhatIsThere"],
    offered: ["mayEdit"],
  },
  dryRun: {
    events: ["dry_run_ok"],
    says: "run its dry run",
    guards: ["mayTry"],
    offered: ["mayTry"],
  },
  submit: {
    events: ["submit"],
    says: "be submitted",
    guards: ["dryRunIsFresh", "policyTakesIt", "somebodyCanApprove"],
    offered: ["mayRequest"],
  },
  approve: {
    events: ["approve"],
    says: "be approved",
    guards: ["mayDecide", "othersApprove", "sawWhatIsThere", "dryRunIsFine", "holdsAskedRole"],
    offered: ["mayDecide", "othersApprove", "didNotApprove", "dryRunIsFine"],
  },
  breakGlass: {
    events: ["break_glass"],
    says: "run without approvals",
    guards: [
      "mayBreakGlass",
      "owesNoReview",
      "sawWhatIsThere",
      "dryRunIsFine",
      "dryRunIsFresh",
      "isShort",
      "policyAllowsIt",
    ],
    offered: ["mayBreakGlass", "dryRunIsFine", "isShort"],
  },
  reject: {
    events: ["reject"],
    says: "be rejected",
    guards: ["mayDecide", "didNotAsk"],
    offered: ["mayDecide", "didNotAsk"],
  },
  withdraw: {
    events: ["withdraw", "withdraw_needed"],
    says: "have an approval withdrawn",
    guards: ["approvedIt"],
    offered: ["approvedIt"],
  },
  cancel: { events: ["cancel"], says: "be cancelled", guards: ["mayCancel"], offered: ["mayRequest", "mayCancel"] },
  revert: {
    events: ["revert"],
    says: "be reverted",
    guards: ["canBeReverted"],
    offered: ["mayRevert", "canBeReverted"],
  },
} as const satisfies Readonly<Record<string, Move>>;
export type MoveName = keyof typeof MOVES;
export const MOVE_NAMES = Object.keys(MOVES) as readonly MoveName[];

export type Machine = Readonly<{
  /** What may be asked for from this state; whether a given person may is `movesOf`. */
  legalMoves(state: ActionState): readonly MoveName[];
  /** No such move from this state, whoever asks: 409 with the moves there are. */
  refusedByState(state: ActionState, name: MoveName): Refused | undefined;
  /** Why this move is not made now: by the state, or by the first guard that does not hold. Undefined: it is made. */
  refusedMove(name: MoveName, situation: Situation): Refused | undefined;
  /** Whether a screen offers this move to whoever reads. A hint: asking for it is checked again. */
  isOffered(name: MoveName, situation: Situation): boolean;
}>;
export type MachineTables = Readonly<{
  next: typeof next;
  moves: Readonly<Record<MoveName, Move>>;
  guards: Readonly<Record<GuardName, Guard>>;
}>;
export const MACHINE_TABLES: MachineTables = { next, moves: MOVES, guards: GUARDS };

/** What the tables say: tests ask the same of tables that are wrong in one place. */
export function machineOf({ next: after, moves, guards }: MachineTables): Machine {
  const isPossible = (state: ActionState, { events }: Move): boolean =>
    events.some((event) => after(state, event) !== undefined);
  const legalMoves: Machine["legalMoves"] = (state) => MOVE_NAMES.filter((name) => isPossible(state, moves[name]));
  const refusedByState: Machine["refusedByState"] = (state, name) => {
    if (isPossible(state, moves[name])) return undefined;
    const detail = `an action that is ${state} cannot ${moves[name].says}`;
    return refuse("ACTION_TRANSITION_REFUSED", detail, { state, legal: [...legalMoves(state)] });
  };
  const firstRefusal = (names: readonly GuardName[], situation: Situation): Refused | undefined => {
    for (const name of names) {
      const refused = guards[name](situation);
      if (refused !== undefined) return refused;
    }
    return undefined;
  };
  return {
    legalMoves,
    refusedByState,
    refusedMove: (name, situation) =>
      refusedByState(situation.action.state, name) ?? firstRefusal(moves[name].guards, situation),
    isOffered: (name, situation) =>
      refusedByState(situation.action.state, name) === undefined &&
      firstRefusal(moves[name].offered, situation) === undefined,
  };
}
export const { legalMoves, refusedByState, refusedMove, isOffered } = machineOf(MACHINE_TABLES);
