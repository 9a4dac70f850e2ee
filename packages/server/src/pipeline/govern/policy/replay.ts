import { POLICY_BACKTEST_EXAMPLES_MAX, type Decision, type PolicyBacktestChange } from "@tyr/contract";
import type { ReadDatabase } from "#platform/database";
import { readDecisionsAfter, type DecisionRow } from "../policy-store.ts";
import type { PolicyThread, Replayed } from "./in-thread.ts";

type Outcome = Decision["outcome"];

/** What a bundle would have decided, counted while it goes on. */
export type Tally = {
  decisions: number;
  same: number;
  unanswerable: number;
  changes: PolicyBacktestChange[];
};

export const emptyTally = (): Tally => ({ decisions: 0, same: 0, unanswerable: 0, changes: [] });

function changeOf({ changes }: Tally, from: Outcome, to: Outcome): PolicyBacktestChange {
  const found = changes.find((one) => one.from === from && one.to === to);
  if (found !== undefined) return found;
  const made: PolicyBacktestChange = { from, to, count: 0, examples: [] };
  changes.push(made);
  return made;
}

/** Stored by another version, with facts this bundle's schema asks otherwise: no answer, and no deny that anybody would get. */
const isUnanswerable = ({ by }: Replayed): boolean => by[0] === "policy-error";

function count(tally: Tally, row: DecisionRow, now: Replayed): void {
  tally.decisions += 1;
  const same = row.outcome === now.outcome;
  if (same || isUnanswerable(now)) {
    if (same) tally.same += 1;
    else tally.unanswerable += 1;
    return;
  }
  const change = changeOf(tally, row.outcome, now.outcome);
  change.count += 1;
  if (change.examples.length >= POLICY_BACKTEST_EXAMPLES_MAX) return;
  const { input } = row;
  change.examples.push({
    decision: row.number,
    actionId: row.action_id,
    at: row.at.toISOString(),
    type: input.type,
    target: input.target.text,
    requesterKind: input.principal.kind,
    before: [...row.policy_ids],
    after: [...now.by],
  });
}

const PIECE = 500;

export type Replaying = Readonly<{
  read: ReadDatabase;
  thread: PolicyThread;
  /** After this decision, up to and with that one. */
  after: number;
  upTo: number;
  signal: AbortSignal;
}>;

/** Asks the bundle open in the thread about stored decisions, piece by piece. One that was ended stays as far as it came. */
export async function replayDecisions({ read, thread, after, upTo, signal }: Replaying, tally: Tally): Promise<void> {
  for (let last = after; !signal.aborted;) {
    const rows = await readDecisionsAfter(read, { after: last, upTo, limit: PIECE });
    const newest = rows.at(-1);
    if (newest === undefined) return;
    const answers = await thread.replay(rows.map(({ input }) => input));
    for (const [index, row] of rows.entries()) {
      const now = answers[index];
      if (now !== undefined) count(tally, row, now);
    }
    last = newest.number;
  }
}
