import { ok, refuse, type Result } from "@tyr/contract";
import { parseLogPath, tileWidth } from "@tyr/ledger";
import type { ReadDatabase } from "#platform/database";
import type { LogKey } from "../log-key.ts";
import { readDeclaration } from "./declaration.ts";
import { oldestKept, readPruned } from "./pruned-store.ts";

type Asked = Readonly<{ path: string } | { id: string }>;

function bundleBelow(path: string, removed: number): boolean {
  const parsed = parseLogPath(path);
  return parsed.ok && parsed.value.kind === "entries" && (parsed.value.index + 1) * tileWidth <= removed;
}

/** `aud_` and the milliseconds of a UUIDv7 (RFC 9562); what follows is random. */
const TIMED_CHARS = "aud_01234567-89ab".length;

/** Ids begin with their time, so one of the oldest kept one's millisecond or before, which is not there, was pruned. */
async function isOlder(db: ReadDatabase, id: string): Promise<boolean> {
  const kept = await oldestKept(db);
  return (
    kept !== undefined && /^aud_[0-9a-f-]{36}$/.test(id) && id.slice(0, TIMED_CHARS) <= kept.id.slice(0, TIMED_CHARS)
  );
}

/** Says of what is not there whether it was pruned, and where it is. */
export async function explainPruned<T>(db: ReadDatabase, answer: Result<T>, asked: Asked): Promise<Result<T>> {
  if (answer.ok || answer.refusal.code !== "NOT_FOUND") return answer;
  const removed = (await readPruned(db))?.removed ?? 0;
  const isPruned = "path" in asked ? bundleBelow(asked.path, removed) : removed > 0 && (await isOlder(db, asked.id));
  if (!isPruned) return answer;
  return refuse(
    "NOT_FOUND",
    `the bodies of entries 0 to ${removed - 1} are pruned: their hashes are kept and chained, their bodies are in the archive audit/archive`,
  );
}

/** The file `pruned`: which entry declares what is pruned, once that entry is in the log that readers get. */
export async function prunedPointer(
  db: ReadDatabase,
  key: LogKey,
  published: () => Promise<number>,
): Promise<Result<Uint8Array>> {
  const { proven } = await readDeclaration(db, key);
  if (proven === undefined || proven.declaredAt >= (await published()))
    return refuse("NOT_FOUND", "nothing of this log is declared pruned");
  return ok(Buffer.from(`${proven.declaredAt}\n`));
}
