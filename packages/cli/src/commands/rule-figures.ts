import type { RuleFigures } from "@tyr/contract";
import type { Run } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import type { Color } from "../output/color.ts";
import { showInstant } from "../output/instants.ts";
import { pairs, type Column } from "../output/table.ts";
import { visible } from "../output/visible-text.ts";

const DAYS = { min: 1, max: 90 };
const BARS = "▁▂▃▄▅▆▇█";
const REACH_COLORS: Readonly<Record<RuleFigures["reach"]["reach"], Color>> = {
  fires: "green",
  "no-match": "dim",
  "no-field": "yellow",
  unseen: "red",
  unknown: "dim",
};

const percent = (share: number | null): string => (share === null ? "unknown" : `${(share * 100).toFixed(1)} %`);

/** One bar a day, as high as the busiest of them allows. */
function sparkline(days: RuleFigures["days"]): string {
  const most = Math.max(1, ...days.map(({ detections }) => detections));
  return days.map(({ detections }) => BARS[Math.ceil((detections / most) * (BARS.length - 1))] ?? " ").join("");
}

function precisionOf({ value, judged, minimum }: RuleFigures["precision"]): string {
  return value === null ? `unknown (${judged} of ${minimum} judged)` : `${percent(value)} (of ${judged})`;
}

const COLUMNS: readonly Column<RuleFigures>[] = [
  { name: "id", value: (row) => row.ruleId },
  { name: "detections", value: (row) => row.detections, right: true },
  { name: "last", value: (row) => showInstant(row.lastDetectionAt) },
  { name: "cost", value: (row) => percent(row.cost.share), right: true },
  { name: "precision", value: (row) => precisionOf(row.precision) },
  { name: "reach", value: (row) => row.reach.reach, color: (row) => REACH_COLORS[row.reach.reach] },
  { name: "title", value: (row) => row.title, cuttable: true },
];

/** What is missing of what the rule asks for, in one line. */
function missing({ reach: { reach, logsources, fields } }: RuleFigures): string {
  const unseen = (names: readonly { name: string; day: string | null }[]): string =>
    names.flatMap(({ name, day }) => (day === null ? [name] : [])).join(" ");
  if (reach === "unseen" || reach === "unknown")
    return unseen(logsources.map((one) => ({ name: one.logsource, day: one.lastSeenDay })));
  return reach === "no-field" ? unseen(fields.map((one) => ({ name: one.field, day: one.lastSeenDay }))) : "";
}

const NEVER: readonly Column<RuleFigures>[] = [
  { name: "id", value: (row) => row.ruleId },
  { name: "reach", value: (row) => row.reach.reach, color: (row) => REACH_COLORS[row.reach.reach] },
  { name: "never seen", value: missing, cuttable: true },
  { name: "title", value: (row) => row.title, cuttable: true },
];

function shown(figures: RuleFigures): readonly (readonly [string, string])[] {
  const { cost, precision, reach, days } = figures;
  const seen = (name: string, day: string | null): string => `${name} (${day ?? "never seen"})`;
  return [
    ["rule", visible(figures.title)],
    [
      "detections",
      `${figures.detections}${figures.backfilled === 0 ? "" : `, ${figures.backfilled} of them backfilled`}`,
    ],
    ["suppressed", String(figures.suppressed)],
    ["last", showInstant(figures.lastDetectionAt) ?? "never"],
    ["per day", days.length === 0 ? "" : `${sparkline(days)} to ${days.at(-1)?.day ?? ""}`],
    ["cost", `${percent(cost.share)} of the time of all rules (${cost.samples} samples)`],
    ["precision", precisionOf(precision)],
    ["reach", reach.reach],
    ["log sources", reach.logsources.map((one) => visible(seen(one.logsource, one.lastSeenDay))).join(", ")],
    ["fields", reach.fields.map((one) => visible(seen(one.field, one.lastSeenDay))).join(", ")],
  ];
}

/** Of one rule, or a line for each. */
export const figures: Run = async ({ api, print }, input) => {
  const days = input.whole("days", DAYS);
  const query = days === undefined ? {} : { days };
  const { call } = await api();
  const [id] = input.values;
  if (id === undefined) {
    const { items } = await call("rule.figureList", { query });
    print.many(items, COLUMNS, "No rules are in force.");
    return EXIT.ok;
  }
  const one = await call("rule.figures", { params: { id }, query });
  print.one(one, () => pairs(shown(one), print.paint));
  return EXIT.ok;
};

/** Rules without a detection, those first that nothing could make fire. */
export const neverFired: Run = async ({ api, print }, input) => {
  const days = input.whole("days", DAYS);
  const query = { never: true, ...(days === undefined ? {} : { days }) };
  const { items } = await (await api()).call("rule.figureList", { query });
  const order = ["unseen", "no-field", "no-match", "unknown", "fires"];
  const sorted = items.toSorted((a, b) => order.indexOf(a.reach.reach) - order.indexOf(b.reach.reach));
  print.many(sorted, NEVER, "Every rule in force found something.");
  return EXIT.ok;
};
