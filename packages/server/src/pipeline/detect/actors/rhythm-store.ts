import { sql } from "kysely";
import type { ReadDatabase, WriteTransaction } from "#platform/database";
import type { Observation } from "./observation.ts";
import { bandsOf, isLikeRhythm } from "./rhythm-bands.ts";

/** Of those that share a band of a rhythm, the oldest. One in 256 does by chance, so this holds for thousands of them. */
const SHARING_MAX = 40;

/** Of each of these rhythms the addresses at which somebody types like it. */
export type Near = ReadonlyMap<string, ReadonlySet<string>>;

export async function rhythmsNear(db: ReadDatabase, hashes: readonly string[]): Promise<Near> {
  if (hashes.length === 0) return new Map();
  const bands = JSON.stringify(hashes.flatMap(bandsOf));
  const found = sql<{ id: string; hash: string }>`(
    select distinct other.observation_id as id, other.hash
    from (select distinct band, value from jsonb_to_recordset(${bands}::jsonb) as row (band int2, value int2)) own
    cross join lateral (
      select observation_id, hash from actor_rhythm where band = own.band and value = own.value
      order by first_position, observation_id, hash limit ${SHARING_MAX}
    ) other)`;
  const rows = await db.selectFrom(found.as("found")).selectAll().execute();
  return new Map(
    hashes.map((hash) => [hash, new Set(rows.filter((row) => isLikeRhythm(hash, row.hash)).map(({ id }) => id))]),
  );
}

/**
 * Stores by which bands rhythms are found. A rhythm comes later than what it is of, so the identity is to be looked at
 * again, also where nothing else comes.
 */
export async function saveRhythms(tx: WriteTransaction, changed: readonly Observation[]): Promise<void> {
  if (changed.length === 0) return;
  const observations = changed.map(({ id }) => id);
  const ids = sql`${observations}::text[]`;
  const rows = changed.flatMap(({ id, firstPosition, profile }) =>
    [...new Set(profile.rhythms.flatMap(({ hash }) => hash ?? []))].flatMap((hash) =>
      bandsOf(hash).map((one) => ({ ...one, observation_id: id, hash, first_position: firstPosition ?? 0 })),
    ),
  );
  await unsettleLikes(tx, observations);
  await sql`delete from actor_rhythm where observation_id = any (${ids})`.execute(tx);
  if (rows.length > 0)
    await sql`
    insert into actor_rhythm (band, value, observation_id, hash, first_position)
    select band, value, observation_id, hash, first_position from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as row (band int2, value int2, observation_id text, hash text, first_position int8)`.execute(tx);
  await unsettleLikes(tx, observations);
  await sql`update actor_identity set unlooked = true where id in (
    select coalesce(merged_into, id) from actor_identity where observation_id = any (${ids}))`.execute(tx);
}

/** How many type alike changes what it counts: identities that type like these are to be looked at by the campaigns. */
export async function unsettleLikes(tx: WriteTransaction, observations: readonly string[]): Promise<void> {
  const rows = await tx
    .selectFrom("actor_rhythm")
    .select("hash")
    .distinct()
    .where("band", "=", 0)
    .where(sql<boolean>`observation_id = any (${[...observations]}::text[])`)
    .execute();
  const near = await rhythmsNear(
    tx,
    rows.map(({ hash }) => hash),
  );
  const like = [...new Set([...near.values()].flatMap((ids) => [...ids]))];
  if (like.length === 0) return;
  await sql`update actor_identity set dirty = true where id in (
    select coalesce(merged_into, id) from actor_identity where observation_id = any (${like}::text[]))`.execute(tx);
}
