import {
  ok,
  refuse,
  type ApiKey,
  type ApiKeyMade,
  type KeyCreate,
  type KeyRotate,
  type Permission,
  type Refused,
  type Result,
  type ServiceAccountId,
  type SubjectId,
} from "@tyr/contract";
import type { Clock } from "#platform/clock";
import type { Database, Fact, WriteTransaction } from "#platform/database";
import { newId } from "#platform/ids";
import type { Caller } from "../caller.ts";
import type { AccessKind } from "../end-access.ts";
import { keepDuties, underExceptions, type Kept } from "../duties/keep-duties.ts";
import { lockActiveSubject } from "../store.ts";
import { endKeys, type EndedKeys } from "./end-keys.ts";
import { newSecret, type NewSecret } from "./key-format.ts";
import { keyView } from "./key-state.ts";
import { canonicalNetworks } from "./networks.ts";
import {
  countUsableKeys,
  findKey,
  findService,
  insertKey,
  listKeys,
  listSecrets,
  lockUsableKey,
  replaceSecret,
  type KeyRow,
  type SecretRow,
  type StoredKey,
} from "./store.ts";

/** Keys of one person or one service account that can be used at the same time. */
const KEYS_MAX = 20;
const DAY_MS = 86_400_000;

export type KeyDeps = Readonly<{ database: Database; clock: Clock }>;
/** Who asks, for the log and for what they may give away. */
export type KeyMaker = Readonly<{ caller: Caller; requestId: string }>;
type Owner = Readonly<{ subject_id: SubjectId } | { service_id: ServiceAccountId }>;

export function refuseWider(wanted: readonly Permission[], held: ReadonlySet<Permission>): Refused | undefined {
  const permissions = wanted.filter((one) => !held.has(one));
  if (permissions.length === 0) return undefined;
  return refuse("PERMISSIONS_TOO_WIDE", `you do not hold ${permissions.join(", ")}`, { permissions });
}

function keyFact(type: Fact["type"], key: Pick<KeyRow, "id" | "name">, by: KeyMaker): Fact {
  return {
    type,
    actor: by.caller.actor,
    object: { kind: "key", id: key.id },
    requestId: by.requestId,
    details: { name: key.name },
  };
}

async function viewOf({ database, clock }: KeyDeps, stored: StoredKey): Promise<ApiKey> {
  return keyView(stored, await listSecrets(database.read, [stored.key.id]), clock.now());
}

export async function keyList(deps: KeyDeps, of: SubjectId | "everybody"): Promise<readonly ApiKey[]> {
  const stored = await listKeys(deps.database.read, of);
  const byKey = Map.groupBy(
    await listSecrets(
      deps.database.read,
      stored.map(({ key }) => key.id),
    ),
    (one) => one.key_id,
  );
  const now = deps.clock.now();
  return stored.map((one) => keyView(one, byKey.get(one.key.id) ?? [], now));
}

type SecretOf = Readonly<{ keyId: KeyRow["id"]; at: Date; by: KeyMaker }>;

function secretRow(made: NewSecret, { keyId, at, by: { caller } }: SecretOf): SecretRow {
  const made_by = caller.actor.kind === "person" ? [caller.actor.id as SubjectId] : [...(caller.behind ?? [])];
  return { public_id: made.publicId, key_id: keyId, secret_hash: made.hash, created_at: at, ends_at: null, made_by };
}

async function madeOf(deps: KeyDeps, id: string, secret: string): Promise<Result<ApiKeyMade>> {
  const stored = await findKey(deps.database.read, id);
  if (stored === undefined) return unknown(id);
  return ok({ key: await viewOf(deps, stored), secret });
}

const unknown = (id: string): Refused => refuse("NOT_FOUND", `there is no key ${id} that you could use or end`);

/** What a service account's key may do, its owner holds too. A personal key gives nothing its owner does not hold. */
async function ofProgram<T>(
  tx: WriteTransaction,
  { key, now }: Readonly<{ key: Pick<KeyRow, "service_id">; now: Date }>,
  work: () => Promise<Result<T>>,
): Promise<Result<Kept<T>>> {
  if (key.service_id !== null) return await keepDuties(tx, { now }, work);
  const done = await work();
  return done.ok ? ok({ value: done.value, exceptions: [] }) : done;
}

/** `person`: who answers for the key, and whose account must be open while it is made. */
type Making = Readonly<{ owner: Owner; person: SubjectId; body: KeyCreate }>;

async function make(deps: KeyDeps, { owner, person, body }: Making, by: KeyMaker): Promise<Result<ApiKeyMade>> {
  const wider = refuseWider(body.scopes, by.caller.permissions);
  if (wider !== undefined) return wider;
  const networks = canonicalNetworks(body.networks ?? []);
  if (!networks.ok) return networks;
  const now = deps.clock.now();
  const key: KeyRow = {
    id: newId("key", now),
    name: body.name,
    subject_id: null,
    service_id: null,
    ...owner,
    scopes: body.scopes,
    networks: networks.value,
    created_at: now,
    expires_at: new Date(now.getTime() + body.lifeDays * DAY_MS),
    rotated_at: null,
    revoked_at: null,
    last_used_at: null,
    last_used_from: null,
  };
  const secret = newSecret();
  const fact = keyFact("key.created", key, by);
  const of = "subject_id" in owner ? owner.subject_id : owner.service_id;
  const details = { ...fact.details, of, scopes: key.scopes, networks: key.networks, lifeDays: body.lifeDays };
  const insert = async (tx: WriteTransaction): Promise<Result<undefined>> => {
    if (!(await lockActiveSubject(tx, person))) return refuse("NOT_FOUND", "the account behind the key is disabled");
    if ((await countUsableKeys(tx, owner, now)) >= KEYS_MAX)
      return refuse("KEY_LIMIT_REACHED", `there are ${KEYS_MAX} keys in use already`, { limit: KEYS_MAX });
    await insertKey(tx, key, secretRow(secret, { keyId: key.id, at: now, by }));
    return ok(undefined);
  };
  const stored = await deps.database.audited(
    (done: Result<Kept<undefined>>) =>
      done.ok ? [{ ...fact, after: "active", details: { ...details, ...underExceptions(done.value.exceptions) } }] : [],
    async (tx) => await ofProgram(tx, { key, now }, async () => await insert(tx)),
  );
  return stored.ok ? await madeOf(deps, key.id, secret.secret) : stored;
}

/** A key that acts as whoever asks. Refusals `PERMISSIONS_TOO_WIDE`, `TARGET_INVALID`, `KEY_LIMIT_REACHED`. */
export async function createOwnKey(deps: KeyDeps, body: KeyCreate, by: KeyMaker): Promise<Result<ApiKeyMade>> {
  const person = by.caller.actor.id as SubjectId;
  return await make(deps, { owner: { subject_id: person }, person, body }, by);
}

type ForService = Readonly<{ id: string; body: KeyCreate }>;

/** A key that acts as a service account; refusals as for one's own, and `NOT_FOUND`. */
export async function createServiceKey(
  deps: KeyDeps,
  { id, body }: ForService,
  by: KeyMaker,
): Promise<Result<ApiKeyMade>> {
  const service = await findService(deps.database.read, id);
  if (service?.active !== true) return refuse("NOT_FOUND", `there is no active service account ${id}`);
  return await make(deps, { owner: { service_id: service.id }, person: service.owner_id, body }, by);
}

type Rotating = Readonly<{ id: string; body: KeyRotate }>;

/** A new secret acts as its owner: nobody gets one for another person, nor for more than they hold themselves. */
function refuseRotation({ key }: StoredKey, { caller }: KeyMaker): Refused | undefined {
  const mine = key.subject_id === caller.actor.id;
  if (!mine && !(key.service_id !== null && caller.permissions.has("key:write"))) return unknown(key.id);
  return refuseWider(key.scopes, caller.permissions);
}

/** Refusals `NOT_FOUND`, `PERMISSIONS_TOO_WIDE`. */
export async function rotateKey(deps: KeyDeps, { id, body }: Rotating, by: KeyMaker): Promise<Result<ApiKeyMade>> {
  const stored = await findKey(deps.database.read, id);
  if (stored === undefined) return unknown(id);
  const refused = refuseRotation(stored, by);
  if (refused !== undefined) return refused;
  const now = deps.clock.now();
  const made = newSecret();
  const fact = keyFact("key.rotated", stored.key, by);
  const details = { ...fact.details, overlapSeconds: body.overlapSeconds, lifeDays: body.lifeDays };
  const rotation = {
    secret: secretRow(made, { keyId: stored.key.id, at: now, by }),
    overlapEndsAt: new Date(now.getTime() + body.overlapSeconds * 1_000),
    expiresAt: new Date(now.getTime() + body.lifeDays * DAY_MS),
  };
  const replace = async (tx: WriteTransaction): Promise<Result<string | null>> => {
    if (!(await lockUsableKey(tx, id))) return unknown(id);
    const newest = (await listSecrets(tx, [stored.key.id])).find((one) => one.ends_at === null);
    await replaceSecret(tx, rotation);
    return ok(newest?.public_id ?? null);
  };
  const done = await deps.database.audited(
    (value: Result<Kept<string | null>>) => {
      if (!value.ok) return [];
      const under = underExceptions(value.value.exceptions);
      return [{ ...fact, before: value.value.value, after: made.publicId, details: { ...details, ...under } }];
    },
    // A key that had expired counts again.
    async (tx) => await ofProgram(tx, { key: stored.key, now }, async () => await replace(tx)),
  );
  return done.ok ? await madeOf(deps, id, made.secret) : done;
}

/** Ends a key for good: the next request with it is refused. Refusal `NOT_FOUND`. */
export async function revokeKey(deps: KeyDeps, id: string, by: KeyMaker): Promise<Result<ApiKey>> {
  const stored = await findKey(deps.database.read, id);
  const mine = stored?.key.subject_id === by.caller.actor.id;
  if (stored === undefined || !(mine || by.caller.permissions.has("key:write"))) return unknown(id);
  const revoked = await deps.database.audited(
    ({ keys, families }: EndedKeys) => {
      if (keys.length === 0) return [];
      const fact = keyFact("key.revoked", stored.key, by);
      const details = { ...fact.details, tokensEnded: families.length };
      return [{ ...fact, before: "usable", after: "revoked", details }];
    },
    async (tx) => await endKeys(tx, { key: id }, deps.clock.now()),
  );
  if (revoked.keys.length === 0) return refuse("NOT_FOUND", `the key ${id} is revoked already`);
  const after = await findKey(deps.database.read, id);
  return after === undefined ? unknown(id) : ok(await viewOf(deps, after));
}

/** A person's keys end with their account, and so do those of the service accounts they answer for. */
export const KEYS_OF_PEOPLE: AccessKind = {
  counted: "keysRevoked",
  end: async (tx, { subjectId, now }) => ({ count: (await endKeys(tx, { person: subjectId }, now)).keys.length }),
};
