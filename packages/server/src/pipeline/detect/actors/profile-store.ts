import type { IdentityId, ProfileEntry } from "@tyr/contract";
import { sql } from "kysely";
import { cursorOf } from "#platform/bus";
import type { ReadDatabase, WriteTransaction } from "#platform/database";
import { LOOK_CONSUMER, oldestOf } from "./look-store.ts";
import type { Profile, ProfileRow } from "./profile.ts";

/** Addresses of one identity whose sessions count, the oldest. */
const ADDRESSES_MAX = 500;
/** Below so many sessions and rhythms nothing can be said: their rows are not even read. */
const MEASURED_MIN = 3;

/** Identities, of one address or more, that something happened to since the last look, by whether enough is known of them. */
export async function profilesToLookAt(
  db: ReadDatabase,
): Promise<Readonly<{ enough: readonly IdentityId[]; little: readonly IdentityId[] }>> {
  const since = await cursorOf(db, LOOK_CONSUMER);
  const found = sql<{ id: string; enough: boolean }>`(
    select touched.id, sum(seen.measured) >= ${MEASURED_MIN} as enough from (
      select coalesce(own.merged_into, own.id) as id from observation seen
      join actor_identity own on own.observation_id = seen.id where seen.last_position > ${since}
      union select coalesce(merged_into, id) from actor_identity where unlooked
    ) touched
    join actor_identity own on own.id = touched.id or own.merged_into = touched.id
    join observation seen on seen.id = own.observation_id
    group by touched.id)`;
  const rows = await db.selectFrom(found.as("found")).selectAll().orderBy("id").execute();
  const idsOf = (isEnough: boolean): readonly IdentityId[] =>
    rows.filter(({ enough }) => enough === isEnough).map(({ id }) => id as IdentityId);
  return { enough: idsOf(true), little: idsOf(false) };
}

/** What was said of those who count to another one by now, or came apart so far that too little is known of them. */
export async function staleProfiles(db: ReadDatabase, little: readonly IdentityId[]): Promise<readonly string[]> {
  const rows = await db
    .selectFrom("actor_profile")
    .innerJoin("actor_identity", "actor_identity.id", "actor_profile.identity_id")
    .select("identity_id")
    .distinct()
    .where(sql<boolean>`merged_into is not null or identity_id = any (${[...little]}::text[])`)
    .execute();
  return rows.map(({ identity_id }) => identity_id);
}

/** What the addresses of identities showed. */
export async function profilesOf(
  db: ReadDatabase,
  winners: readonly IdentityId[],
): Promise<ReadonlyMap<IdentityId, readonly Profile[]>> {
  const members = await oldestOf(db, winners, ADDRESSES_MAX);
  const wanted = [...members.values()].flat();
  const rows = await db
    .selectFrom("observation")
    .select(["id", "profile"])
    .where(sql<boolean>`id = any (${wanted}::text[])`)
    .execute();
  const profiles = new Map(rows.map(({ id, profile }) => [id, profile]));
  return new Map([...members].map(([id, of]) => [id as IdentityId, of.flatMap((one) => profiles.get(one) ?? [])]));
}

/** What was told last. */
export type StoredProfile = Readonly<{ identityId: IdentityId; sinceMs: number }> & ProfileRow;

export async function storedProfiles(db: ReadDatabase, of: readonly IdentityId[]): Promise<readonly StoredProfile[]> {
  if (of.length === 0) return [];
  const rows = await db
    .selectFrom("actor_profile")
    .selectAll()
    .where(sql<boolean>`identity_id = any (${[...of]}::text[])`)
    .execute();
  return rows.map((row) => ({
    identityId: row.identity_id as IdentityId,
    primitive: row.primitive,
    state: row.state,
    observations: row.observations,
    confidence: row.confidence,
    value: row.value,
    sinceMs: row.since.getTime(),
    newestMs: row.newest_at.getTime(),
  }));
}

/** All rows of these identities anew. */
export async function saveProfiles(
  tx: WriteTransaction,
  looked: readonly string[],
  rows: readonly StoredProfile[],
): Promise<void> {
  await sql`delete from actor_profile where identity_id = any (${[...looked]}::text[])`.execute(tx);
  if (rows.length === 0) return;
  const json = rows.map(({ identityId, sinceMs, newestMs, ...row }) => ({
    ...row,
    identity_id: identityId,
    since: new Date(sinceMs),
    newest_at: new Date(newestMs),
  }));
  // An identity may have gone meanwhile, with an address somebody erased.
  await sql`
    insert into actor_profile (identity_id, primitive, state, observations, confidence, value, since, newest_at)
    select identity_id, primitive, state, observations, confidence, value, since, newest_at
    from jsonb_to_recordset(${JSON.stringify(json)}::jsonb) as row (identity_id text, primitive text, state text,
      observations int4, confidence int4, value text, since timestamptz, newest_at timestamptz)
    where identity_id in (select id from actor_identity)`.execute(tx);
}

/** Of people who ask; in the order of the contract. */
export async function profileShown(db: ReadDatabase, identity: IdentityId): Promise<readonly ProfileEntry[]> {
  const rows = await storedProfiles(db, [identity]);
  return rows
    .toSorted((a, b) => (a.primitive < b.primitive ? -1 : 1))
    .map(({ primitive, state, observations, confidence, value, sinceMs }) => ({
      primitive,
      state,
      observations,
      confidence: confidence / 100,
      value,
      since: new Date(sinceMs).toISOString(),
    }));
}
