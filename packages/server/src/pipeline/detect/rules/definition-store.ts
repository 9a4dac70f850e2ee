import { createHash } from "node:crypto";
import type { Actor } from "@tyr/contract";
import { sql, type JSONColumnType } from "kysely";
import { takePositions } from "#platform/bus";
import { eraseActorName, type ReadDatabase, type WriteTransaction } from "#platform/database";
import type { RuleFile } from "@tyr/sigma";
import { isHidden } from "./hidden.ts";

declare module "#platform/tables" {
  interface Tables {
    rule_definition: {
      path: string;
      position: number;
      rule_ids: string[];
      version: string;
      yaml: string | null;
      updated_at: Date;
      updated_by: JSONColumnType<Actor>;
    };
  }
}

/** A file of rules in the table; without a text it is gone. */
export type Definition = Readonly<{ path: string; position: number; text: string | null }>;

/** What was written after a position, in its order; whoever has read it has missed nothing before. */
export async function definitionsAfter(db: ReadDatabase, position: number): Promise<readonly Definition[]> {
  const rows = await db
    .selectFrom("rule_definition")
    .select(["path", "position", "yaml"])
    .where("position", ">", position)
    .orderBy("position")
    .execute();
  return rows.map(({ path, position: at, yaml }) => ({ path, position: at, text: yaml }));
}

/** How a folder differs from the table. */
export type DefinitionChanges = Readonly<{
  added: readonly string[];
  changed: readonly string[];
  removed: readonly string[];
  before: string | null;
  after: string;
}>;

export type Sync = Readonly<{
  files: readonly RuleFile[];
  /** Files and folders that are there and cannot be read: they stay as they are, with what is below them. */
  kept: ReadonlySet<string>;
  by: Actor;
  now: Date;
}>;

const VERSION_CHARS = 12;
/** As far as it can be told without reading the document: a line `id:` with a UUID. */
const RULE_ID = /^id:\s*["']?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\b/gim;

/** Makes the table hold what these files are. @returns undefined when it does already */
export async function syncDefinitions(tx: WriteTransaction, sync: Sync): Promise<DefinitionChanges | undefined> {
  const rows = (await definitionsAfter(tx, 0)).filter(({ text }) => text !== null);
  const before = new Map(rows.map(({ path, text }) => [path, text]));
  // Text columns hold no NUL and no lone surrogate; neither is anything a rule could mean.
  const files = sync.files.map(({ path, text }) => ({ path, text: text.toWellFormed().replaceAll("\0", "\uFFFD") }));
  const after = new Map(files.map(({ path, text }) => [path, text]));
  const isKept = (path: string): boolean => sync.kept.has(path) || isHidden(path, sync.kept);
  const removed = [...before.keys()].filter((path) => !after.has(path) && !isKept(path));
  const written = files.filter(({ path, text }) => before.get(path) !== text);
  if (removed.length + written.length === 0) return undefined;
  await writeDefinitions(tx, { written: [...written, ...removed.map((path) => ({ path, text: null }))], ...sync });
  return {
    added: written.filter(({ path }) => !before.has(path)).map(({ path }) => path),
    changed: written.filter(({ path }) => before.has(path)).map(({ path }) => path),
    removed,
    before: before.size === 0 ? null : digestOf(before),
    after: digestOf(after),
  };
}

type Writing = Readonly<{ written: readonly { path: string; text: string | null }[]; by: Actor; now: Date }>;

async function writeDefinitions(tx: WriteTransaction, { written, by, now }: Writing): Promise<void> {
  const first = await takePositions(tx, "rule", written.length);
  const rows = written.map(({ path, text }, index) => ({
    path,
    position: first + index,
    ruleIds: [...(text ?? "").matchAll(RULE_ID)].map(([, id = ""]) => id.toLowerCase()),
    version: createHash("sha256")
      .update(text ?? "")
      .digest("hex")
      .slice(0, VERSION_CHARS),
    yaml: text,
  }));
  await sql`
    insert into rule_definition (path, position, rule_ids, version, yaml, updated_at, updated_by)
    select path, position, array(select jsonb_array_elements_text("ruleIds")), version, yaml, ${now}::timestamptz,
      ${JSON.stringify(by)}::jsonb
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as row (path text, position int8, "ruleIds" jsonb, version text, yaml text)
    on conflict (path) do update set position = excluded.position, rule_ids = excluded.rule_ids,
      version = excluded.version, yaml = excluded.yaml, updated_at = excluded.updated_at, updated_by = excluded.updated_by
  `.execute(tx);
}

/** Over paths and texts, in the order of the paths, each with its length before it. */
function digestOf(texts: ReadonlyMap<string, string | null>): string {
  const hash = createHash("sha256");
  for (const [path, text] of [...texts].toSorted(([a], [b]) => (a < b ? -1 : 1)))
    for (const part of [path, text ?? ""]) hash.update(`${Buffer.byteLength(part)}\n`).update(part);
  return hash.digest("hex");
}

/** Takes a person's name out of who wrote a definition. @returns rows changed */
export async function eraseFromDefinitions(tx: WriteTransaction, actorId: string): Promise<number> {
  return await eraseActorName(tx, { table: "rule_definition", column: "updated_by" }, actorId);
}
