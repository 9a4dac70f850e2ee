import { ok, type Cosigning, type CorrelationLosses, type RuleLosses, type Status } from "@tyr/contract";
import { cursorOf, headOf, type Stream } from "#platform/bus";
import type { Clock } from "#platform/clock";
import type { Database } from "#platform/database";
import type { LiftFigures, RulePack } from "#detect";
import type { Handlers } from "./handler.ts";

export type StatusDeps = Readonly<{
  database: Database;
  clock: Clock;
  version: string;
  startedAt: Date;
  /** The pack in force at the moment of asking. */
  rules: () => RulePack;
  policyDigest(): Promise<string>;
  /** Who reads which stream, in the order of the data. */
  consumers: readonly Readonly<{ consumer: string; stream: Stream }>[];
  /** What correlations lost since the start. */
  correlationLosses: () => Readonly<{ total: CorrelationLosses; byRule: readonly RuleLosses[] }>;
  /** What was derived since the start. */
  lift: () => LiftFigures;
  /** Whether the stages run in this process, or in another one that shares the database. */
  stages: () => Readonly<{ leads: boolean; since: Date }>;
  imports: () => Status["imports"];
  intake: () => Status["intake"];
  /** Undefined where no witness is configured. */
  cosigning: () => Promise<Cosigning | undefined>;
  /** Undefined where nobody is told outside of Tyr. */
  notifications: () => Promise<Status["notifications"] | undefined>;
}>;

async function pipelineOf({ database, consumers }: StatusDeps): Promise<Status["pipeline"]> {
  const rows: Status["pipeline"] = [];
  for (const { consumer, stream } of consumers) {
    const position = await cursorOf(database.read, consumer);
    const head = await headOf(database.read, stream);
    rows.push({ consumer, position: String(position), head: String(head), lag: Math.max(0, head - position) });
  }
  return rows;
}

function rulesOf({ rules, rejected, digest, pipelines }: RulePack): Status["rules"] {
  return {
    loaded: rules.size,
    rejected: rejected.length,
    digest,
    pipelines: pipelines.inForce.map((one) => ({ ...one, warnings: [...one.warnings] })),
  };
}

function stagesOf({ stages }: StatusDeps): NonNullable<Status["stages"]> {
  const { leads, since } = stages();
  return { leads, since: since.toISOString() };
}

function liftOf({ lifters, unclaimed }: LiftFigures): NonNullable<Status["lift"]> {
  return { lifters: [...lifters], unclaimed: [...unclaimed] };
}

/** How the installation is: each figure read at the moment of asking. */
export function statusHandlers(deps: StatusDeps): Pick<Handlers, "status.get"> {
  const { database, clock, version, startedAt, rules, policyDigest, correlationLosses, imports, intake } = deps;
  return {
    "status.get": async () => {
      const { total, byRule } = correlationLosses();
      const cosigning = await deps.cosigning();
      const notifications = await deps.notifications();
      return ok({
        version,
        startedAt: startedAt.toISOString(),
        now: clock.now().toISOString(),
        database: { engine: database.engine, schema: database.schema, durable: await database.isDurable() },
        rules: rulesOf(rules()),
        policy: { digest: await policyDigest() },
        pipeline: await pipelineOf(deps),
        correlationLosses: total,
        correlationLossesByRule: [...byRule],
        lift: liftOf(deps.lift()),
        stages: stagesOf(deps),
        imports: imports(),
        ...(cosigning === undefined ? {} : { cosigning }),
        ...(notifications === undefined ? {} : { notifications }),
        intake: intake(),
        memoryBytes: process.memoryUsage.rss(),
      });
    },
  };
}
