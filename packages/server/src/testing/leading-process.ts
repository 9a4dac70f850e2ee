// One of several servers on a database: node leading-process.ts url rulesDir
// Says "leads" or "stands by" whenever that changes, and "." after each step of detection that moved on.
import process from "node:process";
import { createDetect, loadRulePack } from "#detect";
import { createBus, cursorOf } from "#platform/bus";
import { systemClock } from "#platform/clock";
import { openDatabase } from "#platform/database";
import { silentLogger } from "#platform/log";
import { readEventsAfter } from "#collect";
import { leadStages } from "../lead-stages.ts";

const [url = "", rulesDir = ""] = process.argv.slice(2);
const say = (text: string): void => void process.stdout.write(`${text}\n`);
await using database = await openDatabase({
  dataDir: rulesDir,
  url,
  clock: systemClock,
  encode: (record) => new TextEncoder().encode(JSON.stringify(record)),
});
const parts = { database, clock: systemClock, log: silentLogger };
await using leading = await leadStages(parts);
const tell = (): void => say(leading.isLeading() ? "leads" : "stands by");
leading.onChange(tell);
const detect = createDetect({
  ...parts,
  bus: createBus(systemClock),
  leading,
  rules: loadRulePack(rulesDir),
  batchMax: 50,
  async readAfter(position, limit) {
    if ((await cursorOf(database.read, "detect")) > 0) say(".");
    return await readEventsAfter(database.read, position, limit);
  },
});
tell();
process.stdin.resume();
await new Promise((resolve) => process.stdin.once("end", resolve));
await detect.stop();
