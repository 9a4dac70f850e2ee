import { fileURLToPath } from "node:url";
import { permissionsOf, type Permission } from "@tyr/contract";
import type { Action, DetectionId, IncidentId, ModeName, Result, Role, SubjectId } from "@tyr/contract";
// oxlint-disable no-restricted-imports -- stands where app.ts does: it wires the real connectors to the stages
import { createBlocklistPlanner } from "#connectors/blocklist";
import { createBouncerApi } from "#connectors/crowdsec";
import {
  createGovern,
  NO_PASSKEYS,
  type AskingIncident,
  type BundleSeal,
  type By,
  type Govern,
  type GovernPorts,
  type IncidentChange,
  type Person,
} from "#govern";
import { createBus } from "#platform/bus";
import { fixedClock, type Clock } from "#platform/clock";
import { silentLogger } from "#platform/log";
import type { EngineName, TestDatabase } from "#platform/testing";
import { createRespond, enforcerAddresses, type Respond } from "../index.ts";
import { approve } from "./sign-as.ts";
import { openTestSeal } from "./test-seal.ts";

export { approve, handOver, reject, signAs, withdraw } from "./sign-as.ts";

const POLICIES = fileURLToPath(new URL("../../../../../../policies", import.meta.url));
const uuid = (n: number): string => `00000000-0000-7000-8000-${String(n).padStart(12, "0")}`;

/** A person of the test world, who can be changed while the test runs. */
export type Actor = By & Readonly<{ id: SubjectId }>;

function person(n: number, name: string, roles: Role[]): Actor {
  const id = `usr_${uuid(n)}` as SubjectId;
  return { id, actor: { kind: "person", id, name }, roles, requestId: null };
}

export const ana = person(1, "Ana", ["analyst"]);
export const ben = person(2, "Ben", ["approver"]);
export const cleo = person(3, "Cleo", ["security_manager"]);
export const dora = person(4, "Dora", ["approver"]);
export const adam = person(5, "Adam", ["admin"]);
/** Somebody whose custom role lets them break the glass. */
export function breaker(of: Actor): Actor {
  return { ...of, permissions: new Set<Permission>([...permissionsOf(of.roles), "action:break_glass"]) };
}

export const everybody = [ana, ben, cleo, dora, adam];

/** Govern and respond over a real database, with a clock that stands still and people who can be disabled. */
export type ResponseWorld = AsyncDisposable &
  Readonly<{
    test: TestDatabase;
    clock: ReturnType<typeof fixedClock>;
    govern: Govern;
    respond: Respond;
    ports: GovernPorts;
    bouncer: ReturnType<typeof createBouncerApi>;
    situation: {
      people: Person[];
      changes: IncidentChange[];
      /** Those that may ask for another mode. */
      asking: AskingIncident[];
      successfulLogins: number;
      host: string[];
      operators: string[];
      /** Who may break the glass: no built-in role does. */
      breakers: SubjectId[];
      /** Who has no passkey. */
      keyless: SubjectId[];
    };
    setMode(mode: ModeName): Promise<void>;
    incident(change: Readonly<{ n: number; ip: string | null; risk: number; state?: string }>): IncidentId;
  }>;

export type WorldOptions = Readonly<{
  environment?: "production" | "development";
  ownNetworks?: readonly string[];
  policiesDir?: string;
  /** Of another world: two processes over one database. */
  test?: TestDatabase;
  seal?: BundleSeal;
}>;

/** The newest change of an incident is what speaks for a block. */
function evidenceIn({ changes }: ResponseWorld["situation"]): GovernPorts["evidenceOf"] {
  return async (incidentId) => {
    const known = changes.findLast((one) => one.incidentId === incidentId);
    if (known === undefined) return undefined;
    const detectionIds = [`det_${uuid(known.position)}` as DetectionId];
    return { incidentId, risk: known.risk, severity: "high", confidence: 90, actorIp: known.actorIp, detectionIds };
  };
}

function permissionsIn({ people, breakers }: ResponseWorld["situation"], id: string): ReadonlySet<Permission> {
  const person = people.find((one) => one.id === id);
  if (person === undefined) return new Set();
  const besides: readonly Permission[] = breakers.includes(person.id) ? ["action:break_glass"] : [];
  return new Set([...permissionsOf(person.roles), ...besides]);
}

/** What is around the rooms, as the test has it at the moment. */
function portsOver(situation: ResponseWorld["situation"]): GovernPorts {
  return {
    planner: createBlocklistPlanner({
      reachOf: async () => ({ events: 12, successfulLogins: situation.successfulLogins }),
    }),
    people: async () => situation.people,
    permissionsOf: async (_db, id) => permissionsIn(situation, id),
    holdAccount: async (_tx, id) => situation.people.some((one) => one.id === id),
    ours: async (db) => ({
      host: situation.host,
      enforcers: await enforcerAddresses(db),
      operators: situation.operators,
    }),
    evidenceOf: evidenceIn(situation),
    askingIncidents: async (_db, since) => situation.asking.filter(({ changedAt }) => changedAt > since),
    // Everybody has something to sign with, but those of whom a test says otherwise.
    passkeys: {
      ...NO_PASSKEYS,
      holders: async () =>
        new Set<string>(situation.people.map(({ id }) => id).filter((id) => !situation.keyless.includes(id))),
    },
    findAccount: async (_db, nameOrId) => {
      const known = everybody.find(({ id, actor }) => id === nameOrId || actor.name === nameOrId);
      if (known === undefined) return undefined;
      return { id: known.id, name: known.actor.name, active: situation.people.some(({ id }) => id === known.id) };
    },
    readIncidentChangesAfter: async (_db, position, limit) =>
      situation.changes.filter((one) => one.position > position).slice(0, limit),
  };
}

/** Loaded only by tests: a process that a test starts brings a database with it. */
async function openTest(engine: EngineName, clock: Clock): Promise<TestDatabase> {
  return await (await import("#platform/testing")).openTestDatabase(engine, clock);
}

export async function openResponseWorld(engine: EngineName, options: WorldOptions = {}): Promise<ResponseWorld> {
  const clock = fixedClock("2026-02-01T12:00:00Z");
  const test = options.test ?? (await openTest(engine, clock));
  const situation: ResponseWorld["situation"] = {
    people: everybody.map(({ id, roles }) => ({ id, roles })),
    changes: [],
    asking: [],
    successfulLogins: 0,
    host: [],
    operators: [],
    breakers: [],
    keyless: [],
  };
  const ports = portsOver(situation);
  const shared = { db: test.db, clock, bus: createBus(clock), log: silentLogger };
  const govern = await createGovern({
    ...shared,
    policiesDir: options.policiesDir ?? POLICIES,
    seal: options.seal ?? (await openTestSeal()),
    ownNetworks: options.ownNetworks ?? ["9.9.0.0/16"],
    ports,
    environment: options.environment ?? "production",
    installation: "tyr.test/log",
  });
  const respond = createRespond({ ...shared, execution: govern.execution });
  return {
    test,
    clock,
    govern,
    respond,
    ports,
    situation,
    bouncer: createBouncerApi({ blocks: respond.blocks, clock }),
    async setMode(mode) {
      const { asked } = must(await govern.setMode({ mode, reason: "a test", by: adam }));
      if (asked === null) return;
      // In production somebody else has to agree to less.
      must(await approve({ govern }, must(await govern.get(asked)), cleo));
      await respond.execute();
    },
    incident({ n, ip, risk, state = "new" }) {
      const incidentId = `inc_${uuid(n)}` as IncidentId;
      const position = (situation.changes.at(-1)?.position ?? 0) + 1;
      situation.changes.push({ incidentId, position, actorIp: ip, risk, severity: "high", state });
      return incidentId;
    },
    [Symbol.asyncDispose]: async () => await test[Symbol.asyncDispose](),
  };
}

export function must<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.refusal.code}: ${result.refusal.detail}`);
  return result.value;
}

export function codeOf(result: Result<unknown>): string {
  return result.ok ? "ok" : result.refusal.code;
}

export async function request(world: ResponseWorld, target: string, more: object = {}): Promise<Action> {
  const body = { type: "block_ip" as const, target, justification: "it attacks us", ...more };
  return must(await world.govern.create(body, ana));
}

/** Asked for by Ana, approved by Ben, run. */
export async function blockNow(world: ResponseWorld, target: string, ttlSeconds = 3600): Promise<Action> {
  const asked = await request(world, target, { ttlSeconds });
  must(await approve(world, asked, ben));
  await world.respond.execute();
  return must(await world.govern.get(asked.id));
}

type Sent = { call: Parameters<ResponseWorld["bouncer"]["stream"]>[1]; arrive: () => Promise<void> };

/** A bouncer's request, whose response arrives when the test says so. */
export function callFrom(
  enforcerId: `enf_${string}`,
  userAgent = "crowdsec-firewall-bouncer/-",
  address = "127.0.0.1",
): Sent {
  const work: (() => Promise<void>)[] = [];
  return {
    call: {
      caller: { enforcerId },
      headers: { "user-agent": userAgent },
      address,
      afterSent: (one) => void work.push(one),
    },
    async arrive() {
      for (const one of work) await one();
    },
  };
}
