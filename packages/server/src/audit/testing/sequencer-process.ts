import { flushCompileCache } from "node:module";
import { createAudit, encodeEntry } from "#audit";
import { systemClock } from "#platform/clock";
import { openDatabase, type Fact } from "#platform/database";
import { silentLogger } from "#platform/log";

/**
 * For tests: a process that writes facts and sequences them until it is killed. Arguments: data directory, database URL
 * or "embedded", a name. Prints the name of every fact once its transaction is acknowledged.
 */
// Killed, it would keep nothing for the next.
flushCompileCache();
const [dataDir = "", url = "", name = ""] = process.argv.slice(2);
const database = await openDatabase({
  url: url === "embedded" ? undefined : url,
  dataDir,
  clock: systemClock,
  encode: encodeEntry,
});
const audit = await createAudit({ database, clock: systemClock, log: silentLogger, dataDir });

function fact(id: string): Fact {
  return {
    type: "incident.noted",
    actor: { kind: "system", id: name, name },
    object: { kind: "test", id },
    details: { note: "x".repeat(200) },
  };
}

async function write(): Promise<void> {
  for (let at = 0; ; at += 3) {
    const ids = [at, at + 1, at + 2].map((number) => `${name}-${number}`);
    await database.audited(
      () => ids.map(fact),
      async () => undefined,
    );
    process.stdout.write(`${ids.join("\n")}\n`);
  }
}

async function sequence(): Promise<void> {
  for (;;) await audit.settle();
}

await Promise.all([write(), sequence()]);
