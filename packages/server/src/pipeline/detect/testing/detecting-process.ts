// Detects what a database holds: node detecting-process.ts url rulesDir batchMax
// Says "b" when it begins a batch and "e" when the batch is stored: the test kills it between the two.
import { flushCompileCache } from "node:module";
import process from "node:process";
import { createBus } from "#platform/bus";
import { systemClock } from "#platform/clock";
import { openDatabase } from "#platform/database";
import { silentLogger } from "#platform/log";
import { readEventsAfter } from "#collect";
import { loadRulePack } from "../rule-pack.ts";
import { DetectWorker } from "../worker.ts";

// A process that is killed would keep nothing for the next.
flushCompileCache();
const [url = "", rulesDir = "", batchMax = "100"] = process.argv.slice(2);
await using database = await openDatabase({
  dataDir: rulesDir,
  url,
  clock: systemClock,
  encode: (record) => new TextEncoder().encode(JSON.stringify(record)),
});
const ignore = (): undefined => undefined;
const worker = new DetectWorker(
  {
    database,
    clock: systemClock,
    bus: createBus(systemClock),
    log: silentLogger,
    rules: loadRulePack(rulesDir),
    batchMax: Number(batchMax),
    // Windows lag behind what is stored by up to three batches: those are fed again at each start.
    saveEvery: 3 * Number(batchMax),
    async readAfter(position, limit) {
      const events = await readEventsAfter(database.read, position, limit);
      process.stdout.write("b\n");
      return events;
    },
  },
  { onLoss: ignore, onDetected: ignore, onRefused: ignore, onStep: () => void process.stdout.write("e\n") },
);
while (await worker.step());
await worker.save();
