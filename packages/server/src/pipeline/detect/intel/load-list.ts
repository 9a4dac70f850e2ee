import { createHash } from "node:crypto";
import type { By } from "#collect";
import type { Clock } from "#platform/clock";
import type { Database } from "#platform/database";
import type { IntelEntry } from "./answer.ts";
import { addEntries, putListInForce } from "./list-store.ts";

/** A list, or a part of it: parts of one load have the same generation, and the last one puts it in force. */
export type ListPart = Readonly<{
  list: string;
  generation: string;
  entries: readonly IntelEntry[];
  /** Lines nobody could read. */
  rejected: number;
  isLast: boolean;
  by: By;
}>;
/** `entries`: how many the list holds with this part; `inForce`: whether they count now. */
export type ListLoaded = Readonly<{ list: string; entries: number; rejected: number; inForce: boolean }>;

function digestOf(entries: readonly IntelEntry[]): string {
  const hash = createHash("sha256");
  for (const { kind, value } of entries) hash.update(`${kind} ${value}\n`);
  return hash.digest("hex");
}

/** Stores a part of a list with its audit entry. A list whose last part never comes never counts. */
export async function loadListPart(
  { database, clock }: Readonly<{ database: Database; clock: Clock }>,
  { list, generation, entries, rejected, isLast, by }: ListPart,
): Promise<ListLoaded> {
  const digest = digestOf(entries);
  return await database.audited(
    (done: ListLoaded) => [
      {
        type: "intel.list_loaded",
        ...by,
        object: { kind: "intel_list", id: list },
        after: done.inForce ? `${done.entries} in force` : `${done.entries} loaded, not in force yet`,
        details: { entries: entries.length, rejected, entriesSha256: digest, inForce: isLast },
      },
    ],
    async (tx) => {
      const held = await addEntries(tx, { list, generation }, entries);
      if (isLast) await putListInForce(tx, { list, generation, entries: held, digest, now: clock.now() });
      return { list, entries: held, rejected, inForce: isLast };
    },
  );
}
