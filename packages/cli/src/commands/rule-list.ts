import type { RuleList } from "@tyr/contract";
import type { Run } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { severityColor } from "../output/color.ts";
import type { Column } from "../output/table.ts";
import { visible } from "../output/visible-text.ts";

const COLUMNS: readonly Column<RuleList["rules"][number]>[] = [
  { name: "id", value: (row) => row.id },
  { name: "level", value: (row) => row.level, color: (row) => severityColor(row.level) },
  { name: "kind", value: (row) => row.kind },
  { name: "techniques", value: (row) => row.techniques.join(" ") },
  { name: "risk", value: (row) => row.riskPoints, right: true },
  { name: "detections", value: (row) => row.detections, right: true },
  { name: "title", value: (row) => row.title, cuttable: true },
];

export const list: Run = async ({ api, print }) => {
  const { rules, rejected } = await (await api()).call("rule.list", {});
  print.many(rules, COLUMNS, "No rules are loaded.");
  for (const one of rejected)
    print.warn(`${visible(one.path)}:${one.line}:${one.column} rejected: ${visible(one.message)}`);
  return EXIT.ok;
};
