import { setTimeout as sleep } from "node:timers/promises";
import { isId, POLICY_BACKTEST_DAYS_MAX, type PolicyBacktest, type PolicyBacktestChange } from "@tyr/contract";
import type { Context, Run } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { CliFailure, usage } from "../failure.ts";
import type { Column } from "../output/table.ts";
import { visible } from "../output/visible-text.ts";
import { choiceOf } from "./policy-folder.ts";

const POLL_MS = 500;
const DAYS_DEFAULT = 30;

const CHANGES: readonly Column<PolicyBacktestChange>[] = [
  { name: "was", value: (row) => row.from },
  { name: "would be", value: (row) => row.to },
  { name: "decisions", value: (row) => row.count, right: true },
  {
    name: "for example",
    value: ({ examples: [first] }) => (first ? `${first.target} (decision ${first.decision})` : ""),
    cuttable: true,
  },
];

/** Shows how far it is until it is over. Whoever interrupts is told that it goes on, and how to end it. */
async function followed(
  { print, world }: Context,
  first: PolicyBacktest,
  read: () => Promise<PolicyBacktest>,
): Promise<PolicyBacktest> {
  let run = first;
  while (run.state === "running") {
    print.progress(`${run.id}: ${Math.floor(run.progress * 100)} %, ${run.decisions} decisions`);
    await sleep(POLL_MS, undefined, { signal: world.signal }).catch(() => undefined);
    if (world.signal.aborted) {
      print.endProgress();
      throw new CliFailure(`stopped waiting: ${run.id} goes on at the server`, {
        exit: EXIT.cancelled,
        fix: `End it with tyr policy backtest --cancel ${run.id}.`,
      });
    }
    run = await read();
  }
  print.endProgress();
  return run;
}

/** Asks a folder of policies, or a stored bundle, about what was decided in so many days. */
export const backtest: Run = async (context, input) => {
  const { api, print } = context;
  const { call } = await api();
  const cancel = input.text("cancel");
  if (cancel !== undefined) {
    if (!isId("policyBacktest", cancel)) throw usage(`${visible(cancel)} is not a backtest of policies`);
    await call("policyBacktest.cancel", { params: { id: cancel } });
    print.say(`${cancel} is over.`);
    return EXIT.ok;
  }
  const days = input.whole("days", { min: 1, max: POLICY_BACKTEST_DAYS_MAX }) ?? DAYS_DEFAULT;
  const body = { days, candidate: await choiceOf(context, input.values[0]) };
  const begun = await call("policyBacktest.create", { body });
  const read = async () => await call("policyBacktest.get", { params: { id: begun.id } });
  const run = await followed(context, begun, read);
  if (print.forPeople) print.many(run.changes, CHANGES, "");
  else print.one(run, () => []);
  print.say(
    `${run.state}: ${run.decisions} decisions of ${run.days} days, ${run.same} stay as they were, ${run.unanswerable} cannot be asked again.`,
  );
  if (run.state === "interrupted")
    throw new CliFailure(`${run.id} broke off`, { exit: EXIT.failed, fix: "The log of the server says why." });
  return EXIT.ok;
};
