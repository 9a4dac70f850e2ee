// Feeds a stream to the correlator and keeps its state in a file: node correlator-child.ts folder saveEvery
// The test kills it at any moment and starts it again; it goes on from what it saved.
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { join } from "node:path";
import { createCorrelator, createEngine, loadRules, type StoredGroup } from "@tyr/sigma";
import { correlationRules, type SavedStream, stream } from "./correlator-stream.ts";

const [folder = ".", saveEvery = "7"] = process.argv.slice(2);
const file = join(folder, "state.json");
const ruleSet = loadRules([{ path: "rules.yml", text: correlationRules }]);
const engine = createEngine(ruleSet);
const correlator = createCorrelator(ruleSet);
const groups = new Map<string, StoredGroup>();
const saved = read();
const hits: SavedStream["hits"][number][] = [...(saved?.hits ?? [])];
if (saved !== undefined) {
  for (const group of saved.groups) groups.set(placeOf(group), group);
  const { refused } = correlator.restore(saved);
  if (refused.length > 0) throw new Error(`the saved state is refused: ${JSON.stringify(refused)}`);
}

const events = stream();
for (let position = saved?.position ?? 0; position < events.length; position += 1) {
  const event = events[position];
  if (event === undefined) break;
  for (const { rule, ...hit } of correlator.feed(event, engine.match(event))) hits.push({ rule: rule.key, ...hit });
  if ((position + 1) % Number(saveEvery) === 0 || position + 1 === events.length) save(position + 1);
}

function read(): SavedStream | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as SavedStream;
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
    throw cause;
  }
}

/** State, position and hits in one file that takes the old one's place whole: as a database's transaction does. */
function save(position: number): void {
  const { upserts, removals, checkpoint } = correlator.takeDirtyGroups();
  for (const group of removals) groups.delete(placeOf(group));
  for (const group of upserts) groups.set(placeOf(group), group);
  const text = JSON.stringify({ position, groups: [...groups.values()], checkpoint, hits } satisfies SavedStream);
  const handle = openSync(`${file}.new`, "w");
  writeSync(handle, text);
  fsyncSync(handle);
  closeSync(handle);
  renameSync(`${file}.new`, file);
}

function placeOf({ correlationId, groupKey }: Pick<StoredGroup, "correlationId" | "groupKey">): string {
  return `${correlationId}\n${groupKey}`;
}
