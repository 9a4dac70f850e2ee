import { createAudit, encodeEntry } from "#audit";
import { systemClock } from "#platform/clock";
import { openDatabase } from "#platform/database";
import { silentLogger } from "#platform/log";

/**
 * For tests: a process that prunes everything there is until it is killed or done. Arguments: data directory, database
 * URL or "embedded". Prints `begun` and, at the end, `done`.
 */
const [dataDir = "", url = ""] = process.argv.slice(2);
const database = await openDatabase({
  url: url === "embedded" ? undefined : url,
  dataDir,
  clock: systemClock,
  encode: encodeEntry,
});
const audit = await createAudit({ database, clock: systemClock, log: silentLogger, dataDir });
const running = audit.start();
process.stdout.write("begun\n");
const cutoff = new Date(Date.now() + 86_400_000);
const actor = { kind: "system", id: "system", name: "system" } as const;
await audit.pruning.prune({ cutoff, keepers: [] }, { actor, requestId: null, reason: "a test", keepDays: 1 });
await running.stop();
await database[Symbol.asyncDispose]();
process.stdout.write("done\n");
