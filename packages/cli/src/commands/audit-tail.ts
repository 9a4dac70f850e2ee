import { setTimeout as delay } from "node:timers/promises";
import type { AuditEntry } from "@tyr/contract";
import type { Api } from "../api.ts";
import type { Context, Run } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import type { Input } from "../input.ts";
import { showInstant } from "../output/instants.ts";
import type { Column } from "../output/table.ts";

const LOOK_EVERY_MS = 2000;
/** Pages read back at most for one look: 10,000 entries in two seconds are beyond any log of ours. */
const PAGES_MAX = 20;

const COLUMNS: readonly Column<AuditEntry>[] = [
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
  {
    name: "change",
    value: (row) => (row.before === null && row.after === null ? null : `${row.before ?? "–"} → ${row.after ?? "–"}`),
  },
];

type Filters = Readonly<{ type?: string; object?: string; actor?: string }>;

function filtersOf(input: Input): Filters {
  const [type, object, actor] = [input.text("type"), input.text("object"), input.text("actor")];
  return {
    ...(type === undefined ? {} : { type }),
    ...(object === undefined ? {} : { object }),
    ...(actor === undefined ? {} : { actor }),
  };
}

/** Entries newer than the one known, oldest first. */
async function newerThan(
  api: Api,
  filters: Filters,
  known: string | undefined,
): Promise<{ rows: AuditEntry[]; complete: boolean }> {
  const rows: AuditEntry[] = [];
  let after: string | undefined;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const { items, next } = await api.call("audit.list", {
      query: { ...filters, limit: 500, ...(after === undefined ? {} : { after }) },
    });
    const end = items.findIndex((entry) => entry.id === known);
    rows.push(...(end < 0 ? items : items.slice(0, end)));
    if (end >= 0 || next === null) return { rows: rows.toReversed(), complete: true };
    after = next;
  }
  return { rows: rows.toReversed(), complete: false };
}

async function follow(
  context: Context,
  api: Api,
  start: Readonly<{ filters: Filters; known: string | undefined }>,
): Promise<void> {
  const { print, world } = context;
  for (let known = start.known; ;) {
    try {
      await delay(LOOK_EVERY_MS, undefined, { signal: world.signal });
    } catch {
      return;
    }
    const { rows, complete } = await newerThan(api, start.filters, known);
    if (!complete) print.warn("entries came faster than they could be read: some are not shown; see tyr audit export");
    if (rows.length > 0) print.more(rows, COLUMNS);
    known = rows.at(-1)?.id ?? known;
  }
}

export const tail: Run = async (context, input) => {
  const filters = filtersOf(input);
  const limit = input.whole("limit", { min: 1, max: 500 }) ?? 20;
  const api = await context.api();
  const { items } = await api.call("audit.list", { query: { ...filters, limit } });
  const rows = items.toReversed();
  if (!input.flag("follow")) {
    context.print.many(rows, COLUMNS, "No entries.");
    return EXIT.ok;
  }
  context.print.more(rows, COLUMNS, true);
  await follow(context, api, { filters, known: rows.at(-1)?.id });
  return EXIT.ok;
};
