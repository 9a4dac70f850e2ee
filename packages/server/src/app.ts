import type { AddressInfo } from "node:net";
import type { Actor } from "@tyr/contract";
import {
  auditHandlers,
  buildServer,
  createAuthenticate,
  sessionCookie,
  sessionHandlers,
  systemHandlers,
  type Handlers,
} from "#api";
import { createAudit, encodeEntry } from "#audit";
import { createCollect, reachOf, type Collect } from "#collect";
import { createBlocklistPlanner } from "#connectors/blocklist";
import { createDetect, loadRulePack } from "#detect";
import { createEscalate, createIncidentDesk, evidenceOf, readIncidentChangesAfter } from "#escalate";
import { createGovern, listActionTimeline, type Govern } from "#govern";
import { createIdentity, serviceCaller, type Identity, type KeyCheck } from "#identity";
import { createBus } from "#platform/bus";
import { systemClock } from "#platform/clock";
import type { Config } from "#platform/config";
import { openDatabase, type Database } from "#platform/database";
import type { Logger } from "#platform/log";
import { createRespond, listBlockTimeline } from "#respond";
import { actionHandlers } from "./api/actions.ts";
import { blockHandlers } from "./api/blocks.ts";
import { collectHandlers } from "./api/collect.ts";
import { detectionHandlers } from "./api/detections.ts";
import { incidentHandlers } from "./api/incidents.ts";
import { overviewHandlers } from "./api/overview.ts";
import { statusHandlers } from "./api/status.ts";

export type AppOptions = Readonly<{ config: Config; log: Logger; version: string; say: (text: string) => void }>;
/** `failed` resolves when the process must not go on: the audit log was found altered. */
export type App = AsyncDisposable & Readonly<{ url: string; failed: Promise<Error> }>;

const system: Actor = { kind: "system", id: "system", name: "system" };

/** Who reads which stream, in the order of the data. */
const CONSUMERS = [
  { consumer: "detect", stream: "event" },
  { consumer: "escalate", stream: "detection" },
  { consumer: "govern", stream: "incident" },
] as const;

function sensorKeys(collect: Collect): KeyCheck {
  return async (key) => {
    const sensor = await collect.sensors.authenticate(key);
    return sensor && { ...serviceCaller("sensor", { id: sensor.id, name: sensor.name }), sensorId: sensor.id };
  };
}

async function openGovern({
  config,
  log,
  database,
  identity,
  bus,
}: AppOptions &
  Readonly<{ database: Database; identity: Identity; bus: ReturnType<typeof createBus> }>): Promise<Govern> {
  const planner = createBlocklistPlanner({ reachOf });
  const people = async () =>
    (await identity.listUsers()).filter((user) => user.active).map(({ id, roles }) => ({ id, roles }));
  const ports = {
    planner,
    people,
    evidenceOf: async (id: Parameters<typeof evidenceOf>[1]) => await evidenceOf(database.read, id),
    readIncidentChangesAfter,
  };
  return await createGovern({
    db: database,
    clock: systemClock,
    bus,
    log,
    policiesDir: config.policiesDir,
    ownNetworks: config.ownNetworks,
    ports,
  });
}

/** Wires Tyr: what stands on what, in the order of the data. Stops in the opposite order. */
export async function startApp(options: AppOptions): Promise<App> {
  const { config, log, version, say } = options;
  const clock = systemClock;
  const startedAt = clock.now();
  const stack = new AsyncDisposableStack();
  const { promise: failed, resolve: fail } = Promise.withResolvers<Error>();
  try {
    const database = stack.use(
      await openDatabase({ url: config.databaseUrl, dataDir: config.dataDir, clock, encode: encodeEntry }),
    );
    const audit = await createAudit({ database, clock, log, dataDir: config.dataDir, onDiverged: fail });
    stack.defer(async () => await audit.settle());
    const bus = createBus(clock);
    const identity = await createIdentity({ database, clock });
    const rules = await loadRulePack(config.rulesDir);

    const sequencing = audit.start();
    stack.defer(async () => await sequencing.stop());
    const govern = await openGovern({ ...options, database, identity, bus });
    const respond = createRespond({ db: database, clock, bus, log, execution: govern.execution });
    const responding = respond.start();
    stack.defer(async () => await responding.stop());
    const governing = govern.start();
    stack.defer(async () => await governing.stop());
    const escalate = createEscalate({ database, clock, bus, log });
    stack.defer(async () => await escalate.stop());
    const detect = createDetect({ database, clock, bus, log, rules });
    stack.defer(async () => await detect.stop());
    const collect = createCollect({ database, clock, bus, log, intakeBytesMax: config.intakeBytesMax });
    stack.defer(async () => await collect.stop());
    collect.onStored(() => detect.wake());
    detect.onDetected(() => escalate.wake());

    const cookie = sessionCookie(config.publicUrl);
    const mode = () => "normal" as const;
    const handlers: Omit<Handlers, "live.connect"> = {
      ...systemHandlers({ version, notReady: async () => audit.diverged()?.message }),
      ...sessionHandlers({ identity, cookie }),
      ...auditHandlers({ audit }),
      ...statusHandlers({
        database,
        clock,
        version,
        startedAt,
        rules: { loaded: rules.rules.size, rejected: rules.rejected.length, digest: rules.digest },
        policyDigest: govern.policyDigest,
        consumers: CONSUMERS,
        imports: () => collect.imports(),
        intake: () => collect.queued(),
      }),
      ...overviewHandlers({
        database,
        clock,
        mode,
        auditHead: async () => await audit.head(),
        detectConsumer: "detect",
      }),
      ...collectHandlers({ database, collect }),
      ...detectionHandlers({ database, rules }),
      ...incidentHandlers({
        database,
        desk: createIncidentDesk({ database, clock, bus }),
        timelineSources: [listActionTimeline, listBlockTimeline],
      }),
      ...actionHandlers({ govern, respond }),
      ...blockHandlers({ respond, clock }),
    };
    const authenticate = createAuthenticate({
      identity,
      cookie,
      findSensor: sensorKeys(collect),
      findEnforcer: async (key) => await respond.findEnforcer(key),
    });
    const { host, publicUrl, webDir, trustProxy } = config;
    const server = await buildServer({
      handlers,
      authenticate,
      identity,
      database,
      bus,
      clock,
      log,
      publicUrl,
      host,
      webDir,
      trustProxy,
    });
    stack.defer(async () => await server.close());
    await server.listen({ host, port: config.port });

    const { port } = server.server.address() as AddressInfo;
    const url = config.port === 0 ? `http://${host}:${port}` : config.publicUrl;
    await database.audited(
      {
        type: "system.started",
        actor: system,
        object: { kind: "server", id: version },
        details: { engine: database.engine, rules: rules.digest, policy: govern.policyDigest },
      },
      async () => undefined,
    );
    if (identity.setUp.token !== undefined)
      say(`First administrator, once: ${url}/setup#token=${identity.setUp.token}`);
    say(`Tyr ${version} is ready on ${url}`);
    await collect.follow(config.follow);
    if (config.sample)
      void collect
        .importSample(config.sampleDir)
        .catch((error: unknown) => log.error({ err: error }, "the sample could not be replayed"));
    return { url, failed, [Symbol.asyncDispose]: async () => await stack.disposeAsync() };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}
