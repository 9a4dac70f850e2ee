import type { AddressInfo } from "node:net";
import { Server as TlsServer } from "node:tls";
import type { Actor } from "@tyr/contract";
import {
  auditHandlers,
  buildServer,
  createAuthenticate,
  deviceCookie,
  federationHandlers,
  flowCookie,
  passkeyHandlers,
  sessionCookie,
  sessionHandlers,
  systemHandlers,
  type Handlers,
  type SessionCookie,
} from "#api";
import { createAudit, type PersonalValues, readWitnessPolicy, type WitnessPolicy } from "#audit";
import { createCollect, type Collect } from "#collect";
import { createDetect, createReplays, createRuleStates, checkRulesDir, openSecretHash, readPipelines } from "#detect";
import { createEscalate, createIncidentDesk } from "#escalate";
import { listActionTimeline, listModeTimeline } from "#govern";
import {
  createDuties,
  checkPasskeyRules,
  createFederation,
  createIdentity,
  openKnownPasswords,
  createKeys,
  createReviews,
  createProvisioning,
  createRoles,
  createTokens,
  readProviders,
  serviceCaller,
  type KeyCheck,
} from "#identity";
import { createTopicBus, type Bus, type TopicBus } from "#platform/bus";
import { systemClock } from "#platform/clock";
import { isBehindProxies, staysHere, type Config } from "#platform/config";
import { ensureDataDirectory, openDatabase, type Database } from "#platform/database";
import type { Logger } from "#platform/log";
import { createSecrets, openKeyRotation, type KeyRotation, type Secrets } from "#platform/secrets";
import { startTracing } from "#platform/trace";
import { createRespond, listBlockTimeline } from "#respond";
import { accountHandlers } from "./api/account.ts";
import { blockHandlers } from "./api/blocks.ts";
import { collectHandlers } from "./api/collect.ts";
import { dutyHandlers } from "./api/duties.ts";
import { incidentHandlers } from "./api/incidents.ts";
import { intelHandlers } from "./api/intel.ts";
import { keyHandlers } from "./api/keys.ts";
import { overviewHandlers } from "./api/overview.ts";
import { createReadiness } from "./api/readiness.ts";
import { privacyHandlers } from "./api/privacy.ts";
import { reviewHandlers } from "./api/reviews.ts";
import { roleHandlers } from "./api/roles.ts";
import { scimHandlers } from "./api/scim/index.ts";
import { secretHandlers } from "./api/secrets.ts";
import { statusHandlers } from "./api/status.ts";
import { tokenHandlers } from "./api/tokens.ts";
import { CONSUMERS } from "./consumers.ts";
import { notificationHandlers } from "./api/notifications.ts";
import { governHandlers } from "./govern-handlers.ts";
import { openGovern } from "./open-govern.ts";
import { detectHandlers } from "./detect-handlers.ts";
import { openActors } from "./open-actors.ts";
import { openBus } from "./open-bus.ts";
import { openLift } from "./open-lift.ts";
import { followAttack, followLimits, openRules, type OpenedRules } from "./open-rules.ts";
import { notifyPlace, openNotify } from "./open-notify.ts";
import { openIntel } from "./open-intel.ts";
import { openPersonalValues, openPrivacy } from "./open-privacy.ts";
import { leadStages, type StageLead } from "./lead-stages.ts";
import { listenOn } from "./listen.ts";
import type { Terminal } from "./terminal.ts";
import { warnOfRules } from "./warn-of-rules.ts";
import { openTls, type Tls } from "./tls.ts";
import { unlockAtStart } from "./unlock-at-start.ts";

export type AppOptions = Readonly<{
  config: Config;
  log: Logger;
  version: string;
  terminal: Terminal;
  /** Ends a start: after the step in hand what is open is closed, and `startApp` throws the signal's reason. */
  stop: AbortSignal;
}>;
/** `failed` resolves when the process must not go on: the audit log was found altered. */
export type App = AsyncDisposable & Readonly<{ url: string; failed: Promise<Error> }>;

const system: Actor = { kind: "system", id: "system", name: "system" };

function sensorKeys(collect: Collect): KeyCheck {
  return async (key) => {
    const sensor = await collect.sensors.authenticate(key);
    return sensor && { ...serviceCaller("sensor", { id: sensor.id, name: sensor.name }), sensorId: sensor.id };
  };
}

type Stack = AsyncDisposableStack;
type Base = AppOptions &
  OpenedRules &
  Readonly<{
    database: Database;
    secrets: Secrets;
    keys: KeyRotation;
    personal: PersonalValues;
    bus: Bus;
    topics: TopicBus;
    leading: StageLead;
    startedAt: Date;
    tls: Tls | undefined;
    providers: ReturnType<typeof readProviders>;
    witnesses: WitnessPolicy | undefined;
    notifyTo: ReturnType<typeof notifyPlace>;
  }>;

/** What stands before the stages: the log of everything, and who may do what. */
async function openTrust(base: Base, stack: Stack, onDiverged: (error: Error) => void) {
  const { config, log, database, secrets, keys, witnesses } = base;
  const { dataDir } = config;
  const audit = await createAudit({ database, clock: systemClock, log, dataDir, witnesses, onDiverged });
  stack.defer(async () => await audit.settle());
  const rotating = keys.start();
  stack.defer(async () => await rotating.stop());
  const sequencing = audit.start();
  stack.defer(async () => await sequencing.stop());
  const known = await openKnownPasswords(config.breachedPasswords);
  stack.defer(async () => await known.close());
  const identity = await createIdentity({
    database,
    clock: systemClock,
    vault: secrets,
    isKnownPassword: known.isKnown,
    publicUrl: config.publicUrl,
    rules: config.signInRules,
  });
  const apiKeys = createKeys({ database, clock: systemClock });
  const { publicUrl, tokens: settings } = config;
  const deps = { database, clock: systemClock, vault: secrets, keys: apiKeys, publicUrl, settings };
  const tokens = await createTokens(deps);
  const roles = createRoles({ database, clock: systemClock });
  const { endAccess, rightsChanged } = identity;
  const provisioning = createProvisioning({ ...base, clock: systemClock, endAccess, rightsChanged, keys: apiKeys });
  const federation = await createFederation({ ...base, clock: systemClock, publicUrl: config.publicUrl });
  const { keepDays } = config;
  const kept = openPrivacy({ ...base, keepDays, pruning: audit.pruning });
  const guarded = provisioning.guard(roles.extend(identity));
  return { audit, identity: guarded, roles, federation, apiKeys, tokens, provisioning, ...kept };
}

type Trust = Awaited<ReturnType<typeof openTrust>>;

/** The stages, last first: each is ready before what feeds it starts, and stops after it. */
async function openStages(base: Base, stack: Stack, { audit, identity }: Pick<Trust, "audit" | "identity">) {
  const { config, log, database, bus, topics, rules, leading } = base;
  const clock = systemClock;
  const govern = await openGovern({
    ...base,
    seal: audit.texts,
    installation: audit.origin,
    passkeys: identity.passkeys.signing,
  });
  identity.endAccess.register(govern.standing);
  const notify = openNotify({ ...base, clock, govern });
  const notifying = notify.start();
  stack.defer(async () => await notifying.stop());
  const respond = createRespond({ db: database, clock, bus, log, leading, execution: govern.execution });
  for (const loop of [respond.start(), govern.start()]) stack.defer(async () => await loop.stop());
  const escalate = createEscalate({ database, clock, bus, log, leading });
  stack.defer(async () => await escalate.stop());
  const collect = createCollect({ database, clock, bus, log, intakeBytesMax: config.intakeBytesMax });
  const hashGroup = await openSecretHash(base);
  const { readAfter } = collect;
  const detect = createDetect({ database, clock, bus, topics, log, leading, rules, readAfter, hashGroup });
  stack.defer(async () => await detect.stop());
  const lift = await openLift({ ...base, clock, collect });
  stack.defer(async () => await lift.stop());
  const actors = await openActors({ ...base, clock, collect, rules: () => detect.rules() });
  stack.defer(async () => await actors.stop());
  const intel = openIntel({ ...base, clock, collect });
  stack.defer(async () => await intel.stop());
  stack.defer(async () => await collect.stop());
  const ruleStates = createRuleStates({
    database,
    clock,
    bus,
    topics,
    log,
    leading,
    isKnown: (id) => detect.rules().rules.has(id),
    onChanged: (all) => detect.statesChanged(all),
  });
  base.keeper.start(detect.replaceRules);
  stack.defer(async () => await base.keeper.stop());
  const following = followAttack(base);
  stack.defer(async () => await following.stop());
  const limiting = followLimits(base);
  stack.defer(async () => await limiting.stop());
  const ending = ruleStates.start();
  stack.defer(async () => await ending.stop());
  collect.paceBy(async () => void (await Promise.all([detect.keptUp(), lift.keptUp()])));
  collect.onStored(() => detect.wake());
  detect.onDetected(() => escalate.wake());
  const replays = createReplays({ database, clock, log, rules: detect.rules, keptUp: detect.keptUp, hashGroup });
  stack.defer(async () => await replays.stop());
  return { govern, notify, respond, collect, detect, lift, intel, ruleStates, replays };
}

type Rooms = Trust & Awaited<ReturnType<typeof openStages>>;

function readinessOf({ database, log }: Base, { audit, collect }: Rooms): ReturnType<typeof createReadiness> {
  return createReadiness({ database, log, diverged: () => audit.diverged(), intake: () => collect.queued() });
}

function statusOf(
  { database, version, startedAt, leading }: Base,
  { audit, govern, notify, collect, detect, lift }: Rooms,
): Parameters<typeof statusHandlers>[0] {
  return {
    database,
    clock: systemClock,
    version,
    startedAt,
    rules: () => detect.rules(),
    policyDigest: async () => await govern.policyDigest(),
    consumers: CONSUMERS,
    correlationLosses: () => detect.losses(),
    lift: () => lift.figures(),
    stages: leading.role,
    imports: () => collect.imports(),
    intake: () => collect.queued(),
    cosigning: async () => await audit.cosigning(),
    notifications: async () => await notify.health(),
  };
}

/** Every route's answer; a route of the contract without one does not type-check. */
function handlersOf(base: Base, rooms: Rooms, cookie: SessionCookie): Omit<Handlers, "live.connect"> {
  const { database, bus, version } = base;
  const { audit, identity, roles, federation, apiKeys, tokens, provisioning, govern, respond, collect } = rooms;
  const clock = systemClock;
  const rules = () => rooms.detect.rules();
  return {
    ...systemHandlers({
      version,
      cookieName: cookie.name,
      notReady: readinessOf(base, rooms),
    }),
    ...sessionHandlers({ identity, cookie, device: deviceCookie(base.config.publicUrl) }),
    ...accountHandlers({ identity, cookie }),
    ...passkeyHandlers({ identity, cookie, device: deviceCookie(base.config.publicUrl) }),
    ...keyHandlers(apiKeys),
    ...tokenHandlers(tokens),
    ...federationHandlers({ federation, identity, cookie, flowCookie: flowCookie(base.config.publicUrl) }),
    ...roleHandlers(roles),
    ...reviewHandlers({
      reviews: createReviews({ database, clock, endAccess: identity.endAccess }),
      audit,
      clock,
    }),
    ...scimHandlers({ provisioning, publicUrl: base.config.publicUrl }),
    ...dutyHandlers(createDuties({ database, clock })),
    ...auditHandlers({ audit, clock, reveal: async (entries) => await base.personal.reveal(database.read, entries) }),
    ...statusHandlers(statusOf(base, rooms)),
    ...overviewHandlers({
      database,
      clock,
      govern,
      auditHead: async () => await audit.head(),
      cosigning: async () => await audit.cosigning(),
      detectConsumer: "detect",
      attack: () => rules().attack,
    }),
    ...collectHandlers({ database, collect }),
    ...intelHandlers(rooms.intel),
    ...detectHandlers({ ...base, ...rooms, clock, rulesDir: base.config.rulesDir, consumers: CONSUMERS }),
    ...incidentHandlers({
      database,
      desk: createIncidentDesk({ database, clock, bus }),
      timelineSources: [listActionTimeline, listBlockTimeline, listModeTimeline],
    }),
    ...governHandlers({ govern, respond, database, clock }),
    ...notificationHandlers(rooms.notify),
    ...secretHandlers(base.keys),
    ...privacyHandlers({ ...base, ...rooms }),
    ...blockHandlers({ respond, clock }),
  };
}

/** @returns where the server answers */
async function serve(base: Base, rooms: Rooms, stack: Stack): Promise<string> {
  const { config, log, database, bus, tls } = base;
  const { identity, apiKeys, tokens, collect, respond } = rooms;
  const { host, publicUrl, webDir, trustProxy, corsOrigins } = config;
  const cookie = sessionCookie(publicUrl);
  const authenticate = createAuthenticate({
    identity,
    cookie,
    findSensor: sensorKeys(collect),
    findEnforcer: async (key) => await respond.findEnforcer(key),
    findApiKey: apiKeys.check,
    findToken: tokens.check,
  });
  const server = await buildServer({
    handlers: handlersOf(base, rooms, cookie),
    authenticate,
    identity,
    database,
    bus,
    clock: systemClock,
    log,
    publicUrl,
    host,
    webDir,
    tls: tls?.options,
    proxiesOnly: isBehindProxies(config),
    trustProxy,
    corsOrigins,
  });
  stack.defer(async () => await server.close());
  if (server.server instanceof TlsServer && tls !== undefined) stack.defer(tls.follow(server.server));
  base.stop.throwIfAborted();
  await listenOn(server, { host, port: config.port });
  const { port } = server.server.address() as AddressInfo;
  return config.port === 0 ? `${tls === undefined ? "http" : "https"}://${host}:${port}` : publicUrl;
}

/** Allowed on purpose; said at each start all the same. */
function warnOfCleartext({ config: { cleartext, host, tls }, terminal }: Base): void {
  if (cleartext && tls === undefined && !staysHere(host))
    terminal.say(`WARNING: sessions and keys cross the network unencrypted: ${host} is reached from other machines.`);
}

/** Says where to go, and begins to read: followed files, and the sample when the store is empty. */
async function begin(base: Base, rooms: Rooms, url: string): Promise<void> {
  const { config, log, version, terminal, database, bus, stop } = base;
  const { identity, collect, govern } = rooms;
  const details = {
    engine: database.engine,
    rules: rooms.detect.rules().digest,
    policy: await govern.policyDigest(),
    environment: config.environment,
  };
  await database.audited(
    { type: "system.started", actor: system, object: { kind: "server", id: version }, details },
    async () => undefined,
  );
  stop.throwIfAborted();
  warnOfRules({ log, terminal, rulesDir: config.rulesDir, rules: rooms.detect.rules() });
  warnOfCleartext(base);
  await unlockAtStart(base, identity);
  const { token } = identity.setUp;
  if (token !== undefined) terminal.say(`First administrator, once: ${url}/setup#token=${token}`);
  terminal.say(`Tyr ${version} is ready on ${url}`);
  collect.follow(config.follow);
  if (!config.sample) return;
  bus.subscribe(({ topic, data }) => {
    if (topic === "import.progress") terminal.progress(data);
  });
  void collect
    .importSample(config.sampleDir)
    .catch((error: unknown) => log.error({ err: error }, "the sample could not be replayed"));
}

/**
 * Wires Tyr: what stands on what. Stops in the opposite order. What settings can be wrong about is read before anything
 * is opened.
 */
export async function startApp(options: AppOptions): Promise<App> {
  const { config, stop } = options;
  const stack = new AsyncDisposableStack();
  const { promise: failed, resolve: fail } = Promise.withResolvers<Error>();
  try {
    const startedAt = systemClock.now();
    const pipelines = readPipelines(config);
    if (config.ruleStore === "filesystem") checkRulesDir(config.rulesDir);
    const witnesses = config.witnessPolicy === undefined ? undefined : readWitnessPolicy(config.witnessPolicy, config);
    const notifyTo = notifyPlace(config);
    const providers = readProviders(config.ssoFile);
    const tls =
      config.tls === undefined ? undefined : openTls({ files: config.tls, clock: systemClock, log: options.log });
    checkPasskeyRules(config.publicUrl, config.signInRules);
    const { databaseUrl: url, dataDir } = config;
    stack.use(await startTracing({ ...options, url: config.tracesUrl }));
    ensureDataDirectory(dataDir);
    const clock = systemClock;
    const secrets = createSecrets({ keyringPath: config.keyringPath, clock });
    const personal = openPersonalValues({ secrets, log: options.log, environment: config.environment });
    const database = stack.use(await openDatabase({ url, dataDir, clock, encode: personal, stop }));
    stop.throwIfAborted();
    const leading = stack.use(await leadStages({ database, clock, log: options.log }));
    const keys = await openKeyRotation({ database, secrets, log: options.log });
    const base: Base = {
      ...options,
      personal,
      database,
      secrets,
      keys,
      bus: openBus({ database, clock, log: options.log, stack }),
      topics: createTopicBus({ clock, log: options.log }),
      leading,
      startedAt,
      ...(await openRules({ config, database, clock, log: options.log, pipelines })),
      tls,
      providers,
      witnesses,
      notifyTo,
    };
    const trust = await openTrust(base, stack, fail);
    stop.throwIfAborted();
    const rooms: Rooms = { ...trust, ...(await openStages(base, stack, trust)) };
    const retaining = rooms.retention.start();
    stack.defer(async () => await retaining.stop());
    const place = await serve(base, rooms, stack);
    await begin(base, rooms, place);
    return { url: place, failed, [Symbol.asyncDispose]: async () => await stack.disposeAsync() };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}
