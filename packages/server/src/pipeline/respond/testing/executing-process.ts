// Runs what is approved: node executing-process.ts url folder sealKeys (JSON)
// Says "r" when it is ready and waits for a line; then "b" when an action is begun and "c" when it is committed, and
// goes on looking for more. The test kills it on the way.
import { join } from "node:path";
import { flushCompileCache } from "node:module";
import process from "node:process";
import { createBus } from "#platform/bus";
import { fixedClock } from "#platform/clock";
import { openDatabase } from "#platform/database";
import { silentLogger } from "#platform/log";
import { createRespond } from "../index.ts";
import { openResponseWorld } from "./response-world.ts";
import { newSealKeys, openTestSeal } from "./test-seal.ts";

// A process that is killed would keep nothing for the next.
flushCompileCache();
const [url = "", folder = "", keys = ""] = process.argv.slice(2);
const clock = fixedClock("2026-02-01T12:00:00Z");
const db = await openDatabase({
  dataDir: folder,
  url,
  clock,
  encode: (record) => new TextEncoder().encode(JSON.stringify(record)),
});
const seal = await openTestSeal(JSON.parse(keys) as Awaited<ReturnType<typeof newSealKeys>>);
const close = async () => await db[Symbol.asyncDispose]();
const world = await openResponseWorld("postgres", {
  seal,
  policiesDir: join(folder, "policies"),
  test: { db, records: async () => [], [Symbol.asyncDispose]: close },
});
const { execution } = world.govern;
const respond = createRespond({
  db,
  clock,
  bus: createBus(clock),
  log: silentLogger,
  execution: {
    ...execution,
    async begin(tx, request) {
      const begun = await execution.begin(tx, request);
      process.stdout.write("b\n");
      return begun;
    },
    announce: () => void process.stdout.write("c\n"),
  },
});
process.stdout.write("r\n");
for await (const line of process.stdin) {
  while (await respond.execute());
  process.stdout.write("d\n");
  if (String(line).includes("end")) break;
}
await close();
process.exit(0);
