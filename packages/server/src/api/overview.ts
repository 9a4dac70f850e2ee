import { ok, type AuditHead, type Cosigning, type Dashboard, type Overview } from "@tyr/contract";
import { countEvents, listSensors, perHour } from "#collect";
import { cursorOf, headOf } from "#platform/bus";
import type { Clock } from "#platform/clock";
import type { Database, ReadDatabase } from "#platform/database";
import { countDetections, detectionsPerHour, techniqueName, techniquesSeen, type AttackCatalogue } from "#detect";
import { countOpenBySeverity, topActors } from "#escalate";
import { countWaiting, type Govern, type ModeInForce } from "#govern";
import { blockedAmong, summariseBlocks } from "#respond";
import type { Handlers } from "./handler.ts";

export type OverviewDeps = Readonly<{
  database: Database;
  clock: Clock;
  govern: Pick<Govern, "mode" | "singlePerson" | "countUnapprovable">;
  auditHead: () => Promise<AuditHead>;
  /** Undefined where no witness is configured. */
  cosigning: () => Promise<Cosigning | undefined>;
  /** The consumer whose lag is the distance from stored to detected. */
  detectConsumer: string;
  /** The releases that name techniques. */
  attack: () => AttackCatalogue;
}>;

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const ACTORS_SHOWN = 8;
const TECHNIQUES_SHOWN = 10;

const iso = (at: Date | null): string | null => at?.toISOString() ?? null;
const sum = (numbers: Iterable<number>): number => [...numbers].reduce((total, one) => total + one, 0);

/** A mode that never changed has no time and nobody behind it. */
function modeView({ mode, change }: ModeInForce): Overview["mode"] {
  if (change === undefined) return { mode, updated_at: null, source: "nobody: it never changed" };
  const { at, by, reason, until } = change;
  return { mode, updated_at: at.toISOString(), source: by.name, by, reason, until: iso(until) };
}

async function hours(db: ReadDatabase, now: Date): Promise<Overview["events"]["perHour"]> {
  const events = await perHour(db, now);
  const [first, last] = [events[0]?.at, events.at(-1)?.at];
  if (first === undefined || last === undefined) return [];
  const found = await detectionsPerHour(db, first, new Date(last.getTime() + HOUR_MS));
  const detections = new Map(found.map((hour) => [hour.at.getTime(), hour.detections]));
  return events.map((hour) => ({
    at: hour.at.toISOString(),
    events: hour.events,
    detections: detections.get(hour.at.getTime()) ?? 0,
  }));
}

async function actors(db: ReadDatabase, now: Date): Promise<Overview["topActors"]> {
  const worst = await topActors(db, ACTORS_SHOWN);
  const blocked = await blockedAmong(db, { addresses: worst.map((actor) => actor.ip), now });
  return worst.map((actor) => ({ ...actor, blocked: blocked.has(actor.ip) }));
}

async function techniques(db: ReadDatabase, attack: AttackCatalogue): Promise<Overview["techniques"]> {
  const seen = await techniquesSeen(db, TECHNIQUES_SHOWN);
  return seen.map(({ technique, tactic, detections }) => ({
    technique,
    tactic,
    detections,
    name: techniqueName(attack, technique),
  }));
}

async function approvals(db: ReadDatabase, govern: Pick<Govern, "countUnapprovable">): Promise<Overview["approvals"]> {
  const waiting = await countWaiting(db);
  const oldest = waiting
    .flatMap((one) => (one.oldest === null ? [] : [one.oldest.toISOString()]))
    .toSorted((a, b) => (a < b ? -1 : 1))[0];
  const unapprovable = await govern.countUnapprovable();
  return {
    waiting: sum(waiting.map((one) => one.waiting)),
    oldestAt: oldest ?? null,
    ...(unapprovable === 0 ? {} : { unapprovable }),
  };
}

async function lagOf(db: ReadDatabase, consumer: string): Promise<number> {
  return Math.max(0, (await headOf(db, "event")) - (await cursorOf(db, consumer)));
}

async function readOverview({
  database,
  clock,
  govern,
  auditHead,
  cosigning,
  detectConsumer,
  attack,
}: OverviewDeps): Promise<Overview> {
  const db = database.read;
  const now = clock.now();
  const open = await countOpenBySeverity(db);
  const events = await countEvents(db, new Date(now.getTime() - DAY_MS));
  const head = await auditHead();
  const witnessed = await cosigning();
  const { active, enforcers, enforcersSeen, unacknowledged } = await summariseBlocks(db, now);
  return {
    at: now.toISOString(),
    mode: modeView(await govern.mode()),
    ...((await govern.singlePerson()).on ? { singlePerson: true } : {}),
    incidents: { open: sum(Object.values(open)), bySeverity: { ...open } },
    approvals: await approvals(db, govern),
    blocks: { active, enforcers, enforcersSeen, unacknowledged },
    events: { total: events.total, lastAt: iso(events.lastAt), perHour: await hours(db, now) },
    detections: { total: await countDetections(db), lagEvents: await lagOf(db, detectConsumer) },
    topActors: await actors(db, now),
    techniques: await techniques(db, attack()),
    audit: {
      size: head.size,
      checkpointAt: head.checkpointAt,
      ...(witnessed === undefined ? {} : { cosigning: witnessed }),
    },
  };
}

/** The unified snapshot of source A, under its names. Its counts of blocked users and keys are not there: nothing blocks either. */
async function readDashboard({ database, clock, govern }: OverviewDeps): Promise<Dashboard> {
  const db = database.read;
  const now = clock.now();
  const open = await countOpenBySeverity(db);
  const events = await countEvents(db, new Date(now.getTime() - DAY_MS));
  const sensors = await listSensors(db);
  const waiting = await countWaiting(db);
  const { active, ips, ranges } = await summariseBlocks(db, now);
  return {
    timestamp: now.toISOString(),
    last_update: iso(events.lastAt),
    security_mode: modeView(await govern.mode()),
    incidents: { total_open: sum(Object.values(open)), ...open },
    blocklist: { total_blocked: active, ips, ranges },
    honeypot: {
      total_instances: sensors.length,
      active_instances: sensors.filter((sensor) => sensor.active).length,
      recent_events: events.observedSince,
      total_events: events.total,
      threats_detected: await countDetections(db),
    },
    action_requests: {
      total_pending: sum(waiting.map((one) => one.waiting)),
      pending_by_type: Object.fromEntries(waiting.map((one) => [one.type, one.waiting])),
    },
  };
}

/** What the first screen and source A's dashboard show: every figure counted from rows at the moment of asking. */
export function overviewHandlers(deps: OverviewDeps): Pick<Handlers, "overview.get" | "dashboard.get"> {
  return {
    "overview.get": async () => ok(await readOverview(deps)),
    "dashboard.get": async () => ok(await readDashboard(deps)),
  };
}
