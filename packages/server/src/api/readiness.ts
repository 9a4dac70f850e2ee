import type { Status } from "@tyr/contract";
import { headOf } from "#platform/bus";
import type { Database } from "#platform/database";
import type { Logger } from "#platform/log";

/** Longest a database may take to answer before it counts as away: shorter than any prober waits. */
const DATABASE_LIMIT_MS = 2_000;

export type ReadinessDeps = Readonly<{
  database: Pick<Database, "read">;
  log: Logger;
  /** What the audit log was found to differ in, if it was. */
  diverged: () => Error | undefined;
  intake: () => Status["intake"];
  databaseLimitMs?: number;
}>;

async function answers({ database, log, databaseLimitMs = DATABASE_LIMIT_MS }: ReadinessDeps): Promise<boolean> {
  const late = Promise.withResolvers<false>();
  const limit = setTimeout(() => late.resolve(false), databaseLimitMs);
  const asked = headOf(database.read, "event").then(
    () => true,
    (err: unknown) => {
      log.warn({ err }, "not ready: the database does not answer");
      return false;
    },
  );
  try {
    return await Promise.race([asked, late.promise]);
  } finally {
    clearTimeout(limit);
  }
}

/** Whether to send requests here, asked anew each time. @returns why not, or undefined */
export function createReadiness(deps: ReadinessDeps): () => Promise<string | undefined> {
  return async () => {
    if (deps.diverged() !== undefined) return "the audit log no longer matches its last signed checkpoint";
    const { queuedBytes, queuedBytesMax } = deps.intake();
    if (queuedBytes >= queuedBytesMax) return "intake is full: what was sent waits to be stored";
    return (await answers(deps)) ? undefined : "the database does not answer";
  };
}
