import { fileURLToPath } from "node:url";
import { createTopicBus, type Envelope } from "#platform/bus";
import { systemClock } from "#platform/clock";
import type { Database } from "#platform/database";
import { silentLogger } from "#platform/log";
import type { StreamEvent } from "#collect";
import { loadRulePack, phaseOf } from "#detect";
import { createEvaluator } from "../../evaluate.ts";
import { insertDetections } from "../../evaluation-store.ts";
import { storeLines } from "../../testing/stored-log.ts";
import { climb, lookHere, type ActorsDeps } from "../worker.ts";
import { testHash } from "./pure-ladder.ts";

export const pack = loadRulePack(fileURLToPath(new URL("../../../../../../../rules", import.meta.url)));

/** A ladder on a database, with what it told. */
export type World = Readonly<{ deps: ActorsDeps; told: Envelope[] }>;

export function worldOn(
  database: Database,
  limits: Pick<ActorsDeps, "batchMax" | "stepMax" | "lookEvery"> = {},
): World {
  const [clock, log, told]: [typeof systemClock, typeof silentLogger, Envelope[]] = [systemClock, silentLogger, []];
  const topics = createTopicBus({ clock, log });
  for (const pattern of ["identity.>", "campaign.>"]) topics.subscribe(pattern, (envelope) => void told.push(envelope));
  const phase = (domain: string, tactic: string): string | null => phaseOf(pack.attack, domain, tactic);
  const base = { database, clock, topics, log, keyed: testHash, phaseOf: phase };
  return { deps: { ...base, ...limits }, told };
}

/** Until there is nothing to do but what a silence tells. */
export async function climbUp({ deps }: World): Promise<void> {
  for (let turns = 0; await climb(deps); turns += 1) if (turns > 2_000) throw new Error("the ladder never ends");
}

/** The same, and the look that a silence leads to. */
export async function climbAll(world: World): Promise<void> {
  await climbUp(world);
  while (await lookHere(world.deps)) await climbUp(world);
}

/** Takes lines in and evaluates them with the pack of the product. */
export async function happen(
  database: Database,
  lines: readonly string[],
  sensor: string,
): Promise<readonly StreamEvent[]> {
  const { events } = await storeLines(database, lines, sensor);
  const evaluator = createEvaluator(pack);
  const found = events.flatMap((event) => evaluator.evaluate(event));
  await database.bookkeep("cursor", async (tx) => await insertDetections(tx, found, new Date()));
  return events;
}
