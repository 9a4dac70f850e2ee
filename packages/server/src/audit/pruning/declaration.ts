import { openPrunedStatement } from "@tyr/ledger";
import type { ReadDatabase } from "#platform/database";
import type { LogKey } from "../log-key.ts";
import { declaringLeaves, readPruned } from "./pruned-store.ts";

type Declared = Readonly<{
  /** Entries 0 up to but without this are declared pruned. */
  size: number;
  /** Index of the entry that says so. */
  declaredAt: number;
}>;
/** `unproven`: the database claims that entries were pruned, and no entry that our key signed says so. */
export type Declaration = Readonly<{ proven: Declared | undefined; unproven: string | undefined }>;

/** What the log itself declares pruned, by its newest statement that holds. The row beside the log is only a claim. */
export async function readDeclaration(db: ReadDatabase, key: LogKey): Promise<Declaration> {
  const row = await readPruned(db);
  if (row === undefined) return { proven: undefined, unproven: undefined };
  let why = "no entry of the log states it";
  for (const { index, bytes } of await declaringLeaves(db)) {
    const opened = await openPrunedStatement(bytes, { index, keys: key.verifiers, origin: key.origin });
    if (opened.ok && opened.value.size === row.declared)
      return { proven: { size: row.declared, declaredAt: index }, unproven: undefined };
    if (!opened.ok) why = opened.refusal.message;
  }
  return { proven: undefined, unproven: why };
}
