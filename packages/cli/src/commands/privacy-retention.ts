import type { RetentionLine, RetentionReport } from "@tyr/contract";
import type { Context, Run } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
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

function show({ print }: Context, { items }: RetentionReport): void {
  print.many(items, COLUMNS, NOTHING);
}

export const retention: Run = async (context, input) => {
  const what = input.value(0, "run or report");
  if (what !== "run" && what !== "report")
    throw usage(`${visible(what)} is neither run nor report`, "Say tyr privacy retention run, or report.");
  const api = await context.api();
  if (what === "report" || input.flag("dry-run")) {
    show(context, await api.call("retention.report", {}));
    return EXIT.ok;
  }
  const reason = input.required("reason");
  if (!input.flag("yes")) await context.ask.confirm("Remove for good what is due and not held?", "--yes");
  show(context, await api.call("retention.run", { body: { reason } }));
  return EXIT.ok;
};
