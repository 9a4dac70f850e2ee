import { setTimeout as sleep } from "node:timers/promises";
import { DRAFT_CHARS_MAX, isId, type Backfill, type Backtest, type BacktestRule } from "@tyr/contract";
import { instantOf } from "../audit/search-filters.ts";
import type { Context, Run } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { CliFailure, usage } from "../failure.ts";
import type { Input } from "../input.ts";
import { pairs, type Column } from "../output/table.ts";
import { visible } from "../output/visible-text.ts";
import { readText } from "../rule/read-text.ts";

const POLL_MS = 500;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const periodIn = (input: Input, { world }: Context) => {
  const from = instantOf(input, "from", world.now());
  if (from === undefined) throw usage("--from is missing", "Write --from 2026-02-01, or --from 7d for seven days ago.");
  return { from, to: instantOf(input, "to", world.now()) ?? new Date(world.now()).toISOString() };
};

const COLUMNS: readonly Column<BacktestRule>[] = [
  { name: "id", value: (row) => row.ruleId },
  { name: "detections", value: (row) => row.detections, right: true },
  { name: "sources", value: (row) => row.actors, right: true },
  { name: "in force", value: (row) => row.inForce?.detections, right: true },
  { name: "both", value: (row) => row.inForce?.both, right: true },
  { name: "only here", value: (row) => row.inForce?.onlyHere, right: true },
  { name: "only in force", value: (row) => row.inForce?.onlyInForce, right: true },
  { name: "title", value: (row) => row.title, cuttable: true },
];

type Running = Readonly<{ context: Context; what: "backtest" | "backfill" }>;

/** Shows how far it is until it is over. Whoever interrupts is told that it goes on, and how to end it. */
async function followed<T extends Backtest | Backfill>(
  first: T,
  read: () => Promise<T>,
  { context: { print, world }, what }: Running,
): Promise<T> {
  let run = first;
  while (run.state === "running") {
    print.progress(`${what} ${run.id}: ${Math.floor(run.progress * 100)} %, ${run.events} events`);
    await sleep(POLL_MS, undefined, { signal: world.signal }).catch(() => undefined);
    if (world.signal.aborted) {
      print.endProgress();
      throw new CliFailure(`stopped waiting: ${run.id} goes on at the server`, {
        exit: EXIT.cancelled,
        fix: `End it with tyr rule ${what} --cancel ${run.id}.`,
      });
    }
    run = await read();
  }
  print.endProgress();
  return run;
}

function exitOf({ state, id }: Backtest | Backfill): typeof EXIT.ok {
  if (state === "interrupted")
    throw new CliFailure(`${id} broke off`, { exit: EXIT.failed, fix: "The log of the server says why." });
  return EXIT.ok;
}

/** Tries a file of rules, or a rule in force by its id, on what the server has stored. */
export const backtest: Run = async (context, input) => {
  const { api, print } = context;
  const { call } = await api();
  const cancel = input.text("cancel");
  if (cancel !== undefined) {
    if (!isId("backtest", cancel)) throw usage(`${visible(cancel)} is not a backtest`);
    await call("backtest.cancel", { params: { id: cancel } });
    print.say(`${cancel} is over.`);
    return EXIT.ok;
  }
  const what = input.value(0, "the rule");
  const period = periodIn(input, context);
  const asked = UUID.test(what) ? { ruleId: what } : { text: await draftIn(what) };
  const begun = await call("backtest.create", { body: { ...period, ...asked } });
  const read = async () => await call("backtest.get", { params: { id: begun.id } });
  const run = await followed(begun, read, { context, what: "backtest" });
  if (print.forPeople) print.many(run.rules, COLUMNS, "");
  else print.one(run, () => []);
  print.say(`${run.state}: ${run.events} events from ${run.from} to ${run.to}.`);
  return exitOf(run);
};

async function draftIn(file: string): Promise<string> {
  // A character takes at least a byte.
  const text = await readText(file, 4 * DRAFT_CHARS_MAX);
  if (text.length > DRAFT_CHARS_MAX)
    throw usage(`${visible(file)} is longer than ${DRAFT_CHARS_MAX} characters`, "Try fewer rules at once.");
  return text;
}

/** Lets a rule in force find in older events; what it finds is stored and marked. */
export const backfill: Run = async (context, input) => {
  const { api, print } = context;
  const { call } = await api();
  const cancel = input.text("cancel");
  if (cancel !== undefined) {
    if (!isId("backfill", cancel)) throw usage(`${visible(cancel)} is not a backfill`);
    await call("backfill.cancel", { params: { id: cancel } });
    print.say(`${cancel} is over; what it wrote stays.`);
    return EXIT.ok;
  }
  const ruleId = input.value(0, "the id of the rule");
  const body = { ruleId, ...periodIn(input, context), reason: input.required("reason") };
  const begun = await call("backfill.create", { body });
  const read = async () => await call("backfill.get", { params: { id: begun.id } });
  const run = await followed(begun, read, { context, what: "backfill" });
  print.one(run, () =>
    pairs(
      [
        ["backfill", run.id],
        ["state", run.state],
        ["events", String(run.events)],
        ["detections", String(run.detections)],
        ["tags", String(run.tags)],
      ],
      print.paint,
    ),
  );
  return exitOf(run);
};
