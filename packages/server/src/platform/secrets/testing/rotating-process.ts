import { setTimeout as sleep } from "node:timers/promises";
import { systemClock } from "#platform/clock";
import { openDatabase, type AuditRecord } from "#platform/database";
import { silentLogger } from "#platform/log";
import { createSecrets, openKeyRotation } from "#platform/secrets";

/**
 * For tests: a process that seals secrets and rotates keys without end until it is killed. Arguments: data directory,
 * database URL or "embedded", file of keys, name. Prints the name of every secret whose transaction is acknowledged.
 */
const [dataDir = "", url = "", keyringPath = "", name = ""] = process.argv.slice(2);
const encode = (record: AuditRecord): Uint8Array => new TextEncoder().encode(JSON.stringify(record));
const database = await openDatabase({
  url: url === "embedded" ? undefined : url,
  dataDir,
  clock: systemClock,
  encode,
});
const secrets = createSecrets({ keyringPath, clock: systemClock });
const keys = await openKeyRotation({ database, secrets, log: silentLogger });
const actor = { kind: "system", id: name, name } as const;

async function seal(): Promise<void> {
  for (let at = 0; ; at += 1) {
    const record = `${name}-${at}`;
    await database.audited(
      { type: "system.heartbeat", actor, object: { kind: "test", id: record } },
      async (tx) => await secrets.seal(tx, { table: "t", column: "c", record }, Buffer.from(`canary ${record}`)),
    );
    process.stdout.write(`${record}\n`);
  }
}

async function rotate(): Promise<void> {
  for (;;) {
    await sleep(Math.random() * 40);
    await keys.rotate({ actor, requestId: "r", reason: "test" });
    await keys.finish();
  }
}

await Promise.all([seal(), rotate()]);
