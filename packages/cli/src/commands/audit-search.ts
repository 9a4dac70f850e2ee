import type { AuditSearchEntry } from "@tyr/contract";
import { searchFilters } from "../audit/search-filters.ts";
import type { Run } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { showInstant } from "../output/instants.ts";
import type { Column } from "../output/table.ts";

const LIMIT_DEFAULT = 50;
const LIMIT_MAX = 10_000;
const PAGE_MAX = 1_000;
/** Pages asked for one call. Each looks through at least 10,000 entries where no index helps, so a million are gone through. */
const PAGES_MAX = 110;

const changeOf = ({ before, after }: AuditSearchEntry): string | null =>
  before === null && after === null ? null : `${before ?? "–"} → ${after ?? "–"}`;

const COLUMNS: readonly Column<AuditSearchEntry>[] = [
  { name: "index", value: (row) => row.index, right: true },
  { name: "at", value: (row) => showInstant(row.at) },
  { name: "type", value: (row) => row.type },
  {
    name: "outcome",
    value: (row) => row.outcome,
    color: (row) => (row.outcome === "success" ? "green" : row.outcome === "refused" ? "yellow" : "red"),
  },
  { name: "actor", value: (row) => row.actor.name },
  { name: "object", value: (row) => row.object.id, cuttable: true },
  { name: "change", value: changeOf, cuttable: true },
  { name: "anomalies", value: (row) => row.anomalies.join(" ") || null, color: () => "yellow" },
];
/** A table for a person leaves out what a program joins by. */
const CSV_COLUMNS: readonly Column<AuditSearchEntry>[] = [
  ...COLUMNS,
  { name: "id", value: (row) => row.id },
  { name: "actor_id", value: (row) => row.actor.id },
  { name: "actor_kind", value: (row) => row.actor.kind },
  { name: "object_kind", value: (row) => row.object.kind },
  { name: "class", value: (row) => row.class },
  { name: "request_id", value: (row) => row.requestId },
  { name: "details", value: (row) => JSON.stringify(row.details) },
];

/** Entries of the log by every filter, newest first. */
export const search: Run = async (context, input) => {
  const { print, world } = context;
  const filters = searchFilters(input, world.now());
  const limit = input.whole("limit", { min: 1, max: LIMIT_MAX }) ?? LIMIT_DEFAULT;
  const api = await context.api();
  const rows: AuditSearchEntry[] = [];
  let after = input.text("after");
  let notSearched = 0;
  for (let page = 0; page < PAGES_MAX && rows.length < limit; page += 1) {
    const query = { ...filters, limit: Math.min(limit - rows.length, PAGE_MAX) };
    const {
      items,
      next,
      pruned = 0,
    } = await api.call("audit.events", { query: { ...query, ...(after ? { after } : {}) } });
    rows.push(...items);
    after = next ?? undefined;
    notSearched = pruned;
    if (after === undefined) break;
    print.progress(`found ${rows.length}, looking before entry ${after}`);
  }
  print.endProgress();
  print.many(rows, print.format === "csv" ? CSV_COLUMNS : COLUMNS, "No entry matches.");
  if (after !== undefined) print.say(`There may be more: --after ${after}`);
  if (notSearched > 0)
    print.say(`Entries 0..${notSearched - 1} are pruned and were not searched: their bodies are in the archive.`);
  return EXIT.ok;
};
