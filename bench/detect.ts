/**
 * The detection stage: events per second and the time from stored to tagged in the whole server, the evaluation of single
 * events, tag writes, and how long it takes until another pack or another state of a rule is in force.
 *
 *     node_modules/.bin/node --conditions=@tyr/source bench/detect.ts [--rules FOLDER] [--events FILE.ndjson[.gz]]
 *         [--seconds 20] [--postgres URL] [--only server,states,evaluate,write,change]
 *
 * Without --rules our own pack; with it those of the folder (SigmaHQ's, unpacked, are not part of this repository): rules of another
 * ATT&CK release, which Tyr refuses, get a technique of ours, in a copy. --events are sent to the server in place of the made-up
 * lines, over and over, and evaluated besides them: recorded Windows events for SigmaHQ's rules.
 *
 * - server: the real program, 500 lines a batch over four connections as fast as they are acknowledged. From stored to tagged
 *   is read from the rows afterwards: `detection.recorded_at` less `event.observed_at` of the newest of its events, our own clock
 *   at receipt and at writing; both transactions end a moment later.
 * - evaluate: `evaluator.evaluate` of each event alone, aliases, routing, correlations and findings included; the first pass warms up.
 * - write: batches of 1,000 findings with their tags through `insertDetections`, as the stage stores them.
 * - change: `replaceRules` on a stage under load, files read and compiled included; a state from before it is set until every event
 *   looked at and every finding written goes by it (`stateChangeMs`), and until its row says so (`stateRecordedMs`).
 * - states: the server again, while somebody changes states: `statePutMs` is the answer to the PUT, which is given after the state
 *   counts: sign-in, rights and log included.
 *
 * Traps: sender and server share the machine's cores; a p99 of evaluation on a busy machine measures the scheduler; a pack whose
 * rules match nothing writes nothing, so look at `detections` and `tags` before comparing rates: what is found on hosts, without an
 * address, has no tag.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";
import { measureChanges } from "./detect/changes.ts";
import { measureEvaluation } from "./detect/evaluation.ts";
import { retagged } from "./detect/retag.ts";
import { measureServer } from "./detect/whole-server.ts";
import { measureWrites } from "./detect/writes.ts";

const { values } = parseArgs({
  options: {
    rules: { type: "string", default: fileURLToPath(new URL("../rules", import.meta.url)) },
    events: { type: "string" },
    seconds: { type: "string", default: "20" },
    postgres: { type: "string" },
    only: { type: "string", default: "server,states,evaluate,write,change" },
  },
});
const only = new Set(values.only.split(","));

function linesOf(file: string | undefined): readonly string[] {
  if (file === undefined) return [];
  const bytes = readFileSync(file);
  const text = (file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
  return text.split("\n").filter((line) => line !== "");
}

const folder = mkdtempSync(join(tmpdir(), "tyr-bench-detect-"));
try {
  const lines = linesOf(values.events);
  const { rules, retagged: retaggedRules } = retagged(values.rules, folder);
  const place = {
    rules,
    folder,
    ...(values.postgres === undefined ? {} : { postgres: values.postgres }),
  };
  const results: Record<string, unknown> = {
    node: process.version,
    cpus: cpus().length,
    rules: values.rules,
    retaggedRules,
    engine: values.postgres === undefined ? "pglite" : "postgres",
    loadBefore: loadavg(),
  };
  const sent = { seconds: Number(values.seconds), lines };
  if (only.has("server")) results["server"] = await measureServer(place, { ...sent, isChanged: false });
  if (only.has("states")) results["states"] = await measureServer(place, { ...sent, isChanged: true });
  if (only.has("evaluate")) results["evaluate"] = measureEvaluation(rules, lines);
  if (only.has("write")) results["write"] = await measureWrites(place);
  if (only.has("change")) results["change"] = await measureChanges(place);
  console.log(JSON.stringify({ ...results, loadAfter: loadavg() }, null, 2));
} finally {
  await sleep(0);
  rmSync(folder, { recursive: true, force: true });
}
