import type { EventId } from "@tyr/contract";
import { createEvaluator } from "../../packages/server/src/pipeline/detect/evaluate.ts";
import { insertDetections } from "../../packages/server/src/pipeline/detect/evaluation-store.ts";
import { readRuleLine } from "../../packages/server/src/pipeline/detect/rule-line.ts";
import { loadRulePack } from "../../packages/server/src/pipeline/detect/rule-pack.ts";
import { fileURLToPath } from "node:url";
import { marker } from "../lines.ts";
import { dataDirIn, openBenchDatabase, type BenchPlace } from "./place.ts";

const BATCH = 1_000;
const BATCHES = 20;

/** Findings of a rule of ours about single requests, each with its tags, stored batch by batch as the stage does. */
export async function measureWrites(place: BenchPlace): Promise<Readonly<Record<string, unknown>>> {
  const evaluator = createEvaluator(loadRulePack(fileURLToPath(new URL("../../rules", import.meta.url))));
  const now = new Date();
  const found = Array.from({ length: BATCH * BATCHES }, (_, n) => {
    const read = readRuleLine(marker(n, now).text, { index: n });
    if (!read.ok) throw new Error(read.reason);
    const [one] = evaluator.evaluate({ ...read.event, id: read.event.id satisfies EventId });
    if (one === undefined) throw new Error("the rule about requests for secrets found nothing");
    return one;
  });
  await using database = await openBenchDatabase(place, dataDirIn(place));
  let tags = 0;
  const beganMs = performance.now();
  for (let from = 0; from < found.length; from += BATCH) {
    const batch = found.slice(from, from + BATCH);
    const stored = await database.bookkeep("cursor", async (tx) => await insertDetections(tx, batch, new Date()));
    tags += stored.reduce((sum, one) => sum + one.tags.length, 0);
  }
  const seconds = (performance.now() - beganMs) / 1000;
  return {
    detectionsPerSecond: Math.round(found.length / seconds),
    tags,
    tagWritesPerSecond: Math.round(tags / seconds),
  };
}
