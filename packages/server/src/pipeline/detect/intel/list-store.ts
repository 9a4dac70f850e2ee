import { sql } from "kysely";
import type { ReadDatabase, WriteTransaction } from "#platform/database";
import type { IntelEntry } from "./answer.ts";
import type { Indicator } from "./indicator.ts";

type IntelListTable = { list: string; generation: string; entries: number; digest: string; loaded_at: Date };
type IntelEntryTable = {
  list: string;
  generation: string;
  kind: string;
  value: string;
  score: number;
  threat_types: unknown;
  families: unknown;
};
declare module "#platform/tables" {
  interface Tables {
    intel_list: IntelListTable;
    intel_entry: IntelEntryTable;
  }
}

/** A list in force. */
export type IntelList = Readonly<{ list: string; entries: number; digest: string; loadedAt: Date }>;
/** An entry of a list in force that stands for an indicator somebody brought up. */
export type Listed = Readonly<{ list: string; indicator: Indicator; entry: IntelEntry }>;

export async function listLists(db: ReadDatabase): Promise<readonly IntelList[]> {
  const rows = await db.selectFrom("intel_list").selectAll().orderBy("list").execute();
  return rows.map(({ list, entries, digest, loaded_at: loadedAt }) => ({ list, entries, digest, loadedAt }));
}

/** Which of these stand in a list: one statement, however many there are. */
export async function findListed(db: ReadDatabase, indicators: readonly Indicator[]): Promise<readonly Listed[]> {
  if (indicators.length === 0) return [];
  const asked = JSON.stringify(indicators);
  const isAsked = sql<boolean>`(intel_entry.kind, intel_entry.value) in
    (select kind, value from json_to_recordset(${asked}::json) as asked (kind text, value text))`;
  const rows = await db
    .selectFrom("intel_entry")
    .innerJoin("intel_list", (join) =>
      join
        .onRef("intel_list.list", "=", "intel_entry.list")
        .onRef("intel_list.generation", "=", "intel_entry.generation"),
    )
    .select(["intel_entry.list", "kind", "value", "score", "threat_types", "families"])
    .where(isAsked)
    .execute();
  return rows.map((row) => {
    const indicator = { kind: row.kind, value: row.value } as Indicator;
    const threatTypes = row.threat_types as readonly string[];
    return {
      list: row.list,
      indicator,
      entry: { ...indicator, score: row.score, threatTypes, families: row.families as readonly string[] },
    };
  });
}

type Part = Readonly<{ list: string; generation: string }>;

/** Adds entries to a generation that is not in force yet. @returns how many it holds now */
export async function addEntries(tx: WriteTransaction, part: Part, entries: readonly IntelEntry[]): Promise<number> {
  const rows = entries.map(({ threatTypes, families, ...entry }) => ({
    ...entry,
    threat_types: threatTypes,
    families,
  }));
  await sql`
    insert into intel_entry (list, generation, kind, value, score, threat_types, families)
    select ${part.list}, ${part.generation}, kind, value, max(score), (array_agg(threat_types))[1], (array_agg(families))[1]
    from json_to_recordset(${JSON.stringify(rows)}::json)
      as row (kind text, value text, score float8, threat_types jsonb, families jsonb)
    group by kind, value
    on conflict (list, generation, kind, value) do nothing
  `.execute(tx);
  const { count } = await tx
    .selectFrom("intel_entry")
    .select((all) => all.fn.countAll<number>().as("count"))
    .where("list", "=", part.list)
    .where("generation", "=", part.generation)
    .executeTakeFirstOrThrow();
  return count;
}

/** Puts a generation in force and forgets every other one of its list. */
export async function putListInForce(
  tx: WriteTransaction,
  { list, generation, entries, digest, now }: Part & Readonly<{ entries: number; digest: string; now: Date }>,
): Promise<void> {
  const row = { generation, entries, digest, loaded_at: now };
  await tx
    .insertInto("intel_list")
    .values({ list, ...row })
    .onConflict((conflict) => conflict.column("list").doUpdateSet(row))
    .execute();
  await tx.deleteFrom("intel_entry").where("list", "=", list).where("generation", "!=", generation).execute();
}
