import type { RetentionLine, RetentionReport, RetentionRun } from "@tyr/contract";
import type { Context, Run } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { usage } from "../failure.ts";
import { showInstant } from "../output/instants.ts";
import type { Column } from "../output/table.ts";
import { visible } from "../output/visible-text.ts";

const COLUMNS: readonly Column<RetentionLine>[] = [
  { name: "class", value: (row) => row.class },
  { name: "days", value: (row) => row.keepDays, right: true },
  { name: "older than", value: (row) => showInstant(row.cutoff) },
  { name: "due", value: (row) => row.due, right: true },
  { name: "removed", value: (row) => row.removed, right: true },
  { name: "held", value: (row) => row.held.map(({ why, records }) => `${records} ${why}`).join(", ") || null },
];
const NOTHING = "No class has a time (TYR_RETENTION): everything is kept.";

const removedIn = ({ items }: RetentionRun): number => items.reduce((sum, line) => sum + line.removed, 0);

const RUNS: readonly Column<RetentionRun>[] = [
  { name: "run", value: (row) => row.id },
  { name: "ended", value: (row) => showInstant(row.endedAt) },
  { name: "outcome", value: (row) => (row.failed === null ? "success" : "failure") },
  { name: "by", value: (row) => `${row.by.kind} ${row.by.id}` },
  { name: "removed", value: removedIn, right: true },
  {
    name: "held",
    value: (row) => row.items.reduce((sum, line) => sum + line.held.reduce((all, one) => all + one.records, 0), 0),
    right: true,
  },
  { name: "reason", value: (row) => row.failed ?? row.reason, cuttable: true },
];

/** Reports of runs, newest first: the last fifty, or all of them. */
async function listRuns({ api: open, print }: Context, isAll: boolean): Promise<ExitCode> {
  const api = await open();
  const runs: RetentionRun[] = [];
  for (let after: string | undefined; ;) {
    const page = await api.call("retention.runs", { query: after === undefined ? {} : { after } });
    runs.push(...page.items);
    if (page.next === null || !isAll) break;
    after = page.next;
  }
  print.many(runs, RUNS, "Retention has not run yet.");
  return EXIT.ok;
}

function show({ print }: Context, { items, nextRunAt }: RetentionReport): void {
  print.many(items, COLUMNS, NOTHING);
  if (nextRunAt !== null) print.say(`The next run by itself is due ${showInstant(nextRunAt)}.`);
}

export const retention: Run = async (context, input) => {
  const what = input.value(0, "run, report or list");
  if (what !== "run" && what !== "report" && what !== "list")
    throw usage(`${visible(what)} is not run, report or list`, "Say tyr privacy retention run, report, or list.");
  const api = await context.api();
  if (what === "list") return await listRuns(context, input.flag("all"));
  if (what === "report" || input.flag("dry-run")) {
    show(context, await api.call("retention.report", {}));
    return EXIT.ok;
  }
  const reason = input.required("reason");
  if (!input.flag("yes")) await context.ask.confirm("Remove for good what is due and not held?", "--yes");
  show(context, await api.call("retention.run", { body: { reason } }));
  return EXIT.ok;
};
