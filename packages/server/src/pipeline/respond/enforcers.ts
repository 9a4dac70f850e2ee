import { createHash, randomBytes } from "node:crypto";
import { ok, refuse, type Enforcer, type EnforcerId, type Result } from "@tyr/contract";
import { serviceCaller, type Caller } from "#identity";
import { newId } from "#platform/ids";
import type { Fact, ReadDatabase } from "#platform/database";
import type { By } from "#govern";
import type { Takes } from "./express.ts";
import type { Room } from "./room.ts";
import {
  deactivateEnforcer,
  findEnforcer,
  insertEnforcer,
  listEnforcers,
  replaceEnforcerKey,
  type ReplacedEnforcerKey,
  storePull,
  type EnforcerRow,
} from "./enforcer-store.ts";

const KEY_PREFIX = "tyr_enf_";
/** 256 random bits: a plain SHA-256 is enough, there is nothing to guess. */
const hashKey = (key: string): Uint8Array => createHash("sha256").update(key, "utf8").digest();

function enforcerView(row: EnforcerRow): Enforcer {
  return {
    id: row.id,
    name: row.name,
    active: row.active,
    keyHint: row.key_hint,
    keyEndsAt: row.key_ends_at.toISOString(),
    createdAt: row.created_at.toISOString(),
    lastPullAt: row.last_pull_at?.toISOString() ?? null,
    userAgent: row.user_agent,
  };
}

function fact(type: Fact["type"], row: EnforcerRow, { actor, requestId }: By): Fact {
  return { type, actor, object: { kind: "enforcer", id: row.id }, requestId, details: { name: row.name } };
}

/** The same, where a key was made. */
function keyFact(type: Fact["type"], row: EnforcerRow, by: By): Fact {
  return { ...fact(type, row, by), details: { name: row.name, keyEndsAt: row.key_ends_at.toISOString() } };
}

const DAY_MS = 86_400_000;
const KEY_LIFE_DAYS = 365;

function newKey(now: Date, lifeDays: number) {
  const key = `${KEY_PREFIX}${randomBytes(32).toString("base64url")}`;
  const ends = new Date(now.getTime() + lifeDays * DAY_MS);
  return { key, row: { key_hash: hashKey(key), key_hint: `…${key.slice(-4)}`, key_ends_at: ends } };
}

export type EnforcerWithKey = Readonly<{ enforcer: Enforcer; key: string }>;
export type EnforcerWanted = Readonly<{ name: string; keyLifeDays?: number | undefined; by: By }>;

/** Registers an enforcement point. The key is in the answer and nowhere else. Refusal `NAME_TAKEN`. */
export async function registerEnforcer(
  { db, clock }: Room,
  { name, keyLifeDays = KEY_LIFE_DAYS, by }: EnforcerWanted,
): Promise<Result<EnforcerWithKey>> {
  const at = clock.now();
  const { key, row: made } = newKey(at, keyLifeDays);
  const row = await db.audited(
    (one: EnforcerRow | undefined) =>
      one === undefined ? [] : [{ ...keyFact("enforcer.registered", one, by), after: "active" }],
    async (tx) =>
      await insertEnforcer(tx, {
        id: newId("enforcer", at),
        name,
        ...made,
        key_life_days: keyLifeDays,
        active: true,
        created_at: at,
        deactivated_at: null,
        protocol: null,
        last_pull_at: null,
        user_agent: null,
      }),
  );
  if (row === undefined) return refuse("NAME_TAKEN", `an enforcement point is called "${name}" already`);
  return ok({ enforcer: enforcerView(row), key });
}

/** Makes another key, which counts as long as the old one was to count; the old one stops at once. Refusal `NOT_FOUND`. */
export async function rotateEnforcer(
  { db, clock }: Room,
  { id, by }: Readonly<{ id: EnforcerId; by: By }>,
): Promise<Result<EnforcerWithKey>> {
  let made: ReturnType<typeof newKey> | undefined;
  const replaced = await db.audited(
    (one: ReplacedEnforcerKey | undefined) =>
      one === undefined
        ? []
        : [{ ...keyFact("enforcer.key_rotated", one.row, by), before: one.hintBefore, after: one.row.key_hint }],
    async (tx) =>
      await replaceEnforcerKey(tx, id, (lifeDays) => {
        made = newKey(clock.now(), lifeDays);
        return made.row;
      }),
  );
  if (replaced === undefined || made === undefined)
    return refuse("NOT_FOUND", `there is no active enforcement point ${id}`);
  return ok({ enforcer: enforcerView(replaced.row), key: made.key });
}

/** Ends an enforcement point's key. What it enforces until its entries expire is its own. */
export async function endEnforcer(
  { db, clock }: Room,
  { id, by }: Readonly<{ id: EnforcerId; by: By }>,
): Promise<Result<Enforcer>> {
  const ended = await db.audited(
    (one: EnforcerRow | undefined) =>
      one === undefined ? [] : [{ ...fact("enforcer.deactivated", one, by), before: "active", after: "inactive" }],
    async (tx) => await deactivateEnforcer(tx, id, clock.now()),
  );
  const row = ended ?? (await findEnforcer(db.read, { id }));
  return row === undefined ? refuse("NOT_FOUND", `there is no enforcement point ${id}`) : ok(enforcerView(row));
}

/** The enforcement point of a key; undefined when the key is unknown or ended. */
export async function authenticateEnforcer({ db, clock }: Room, key: string): Promise<Caller | undefined> {
  if (!key.startsWith(KEY_PREFIX) || key.length > 128) return undefined;
  const row = await findEnforcer(db.read, { key_hash: hashKey(key) });
  if (row === undefined || !row.active || row.key_ends_at <= clock.now()) return undefined;
  return { ...serviceCaller("enforcer", { id: row.id, name: row.name }), enforcerId: row.id };
}

export async function viewEnforcers({ db }: Room): Promise<readonly Enforcer[]> {
  return (await listEnforcers(db.read)).map(enforcerView);
}

/** Where the enforcement points that are registered pull from. */
export async function enforcerAddresses(db: ReadDatabase): Promise<readonly string[]> {
  return (await listEnforcers(db)).flatMap(({ active, last_address: address }) =>
    active && address !== null ? [address] : [],
  );
}

export type Pull = Readonly<{
  enforcerId: EnforcerId;
  /** Everything up to here was in the response, and all of it was sent; undefined: a key check or a single question. */
  position?: number;
  /** The CrowdSec stream: the next pull continues at `position`. Other lists are whole each time. */
  stream?: boolean;
  protocol: "feed" | "crowdsec";
  userAgent: string | undefined;
  /** Address of the peer. */
  address: string;
  /** What the filter of the request let through; all of it when left out. */
  takes?: Takes;
}>;

/** A client that polls every second is not worth a write every second. */
const SEEN_EVERY_MS = 5_000;
const RECEIPTS_KEPT_MS = 30 * 86_400_000;
const USER_AGENT_MAX = 200;

/** Untrusted text: bounded, printable. */
function shortAgent(userAgent: string | undefined): string | null {
  return userAgent?.replace(/[^\x20-\x7e]/g, "?").slice(0, USER_AGENT_MAX) ?? null;
}

/** Remembers what enforcement points have received; one per room, because it knows what it wrote last. */
export function createPullRecorder({ db, clock }: Room): (pull: Pull) => Promise<void> {
  const written = new Map<string, Readonly<{ at: number; what: string }>>();
  return async ({ enforcerId, position, stream = false, protocol, userAgent, address, takes = "all" }) => {
    const at = clock.now();
    const agent = shortAgent(userAgent);
    const what = JSON.stringify([position, stream, protocol, agent, takes, address]);
    const last = written.get(enforcerId);
    if (last?.what === what && at.getTime() - last.at < SEEN_EVERY_MS) return;
    const keepSince = new Date(at.getTime() - RECEIPTS_KEPT_MS);
    await db.bookkeep("enforcer-pull", async (tx) => {
      await storePull(tx, { enforcerId, position, stream, protocol, userAgent: agent, takes, address, at, keepSince });
    });
    written.set(enforcerId, { at: at.getTime(), what });
  };
}
