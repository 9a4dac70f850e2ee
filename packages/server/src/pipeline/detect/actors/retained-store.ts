import { heldAddresses } from "#collect";
import { sql } from "kysely";
import { eraseActorName, type WriteTransaction } from "#platform/database";
import { removeTraces } from "./observation-store.ts";
import { unsettleLikes } from "./rhythm-store.ts";

type Due = Readonly<{ cutoff: Date; heldSubjects: readonly string[] }>;

const heldBy = (subjects: readonly string[]) => sql`address = any (${heldAddresses(subjects)}::text[])`;

/** Source addresses with what is derived of them, by when they were last seen. */
export const retainedAttackers = {
  async count(
    tx: WriteTransaction,
    { cutoff, heldSubjects }: Due,
  ): Promise<{ due: number; held: { why: string; records: number }[] }> {
    const { rows } = await sql<{ due: number; hold: number }>`
      select count(*) as due, count(*) filter (where ${heldBy(heldSubjects)}) as hold
      from observation where last_seen_at < ${cutoff}`.execute(tx);
    const { due = 0, hold = 0 } = rows[0] ?? {};
    return { due, held: hold > 0 ? [{ why: "legal hold", records: hold }] : [] };
  },
  async remove(tx: WriteTransaction, { cutoff, heldSubjects }: Due, limit: number): Promise<number> {
    const { rows } = await sql<{ id: string }>`
      select id from observation where last_seen_at < ${cutoff} and not ${heldBy(heldSubjects)}
      order by last_seen_at limit ${limit} for update`.execute(tx);
    return await removeObservations(
      tx,
      rows.map(({ id }) => id),
    );
  },
};

/** Takes an erased person's name out of rulings, or an erased address with everything derived of it. @returns rows changed */
export async function eraseFromActors(tx: WriteTransaction, subject: string): Promise<number> {
  if (!subject.startsWith("value:"))
    return await eraseActorName(tx, { table: "ladder_ruling", column: "decided_by" }, subject);
  const { rows } = await sql<{ id: string }>`
    select id from observation where address = ${subject.slice("value:".length)} for update`.execute(tx);
  return await removeObservations(
    tx,
    rows.map(({ id }) => id),
  );
}

/**
 * Removes addresses. Whoever was one with them comes apart and is put together again by the next steps of the clustering,
 * without what is gone.
 */
async function removeObservations(tx: WriteTransaction, ids: readonly string[]): Promise<number> {
  if (ids.length === 0) return 0;
  const gone = sql`${[...ids]}::text[]`;
  await sql`update ladder_version set version = version + 1`.execute(tx);
  const touched = await componentsOf(tx, ids);
  await takeApart(tx, touched);
  await unsettleLikes(tx, ids);
  const traces = await sql<Parameters<typeof removeTraces>[1][number]>`
    select kind, value, observation_id, first_position from actor_trace where observation_id = any (${gone})`.execute(
    tx,
  );
  if (traces.rows.length > 0) await removeTraces(tx, traces.rows);
  const own = sql`(select id from actor_identity where observation_id = any (${gone}))`;
  await sql`delete from ladder_ruling where a in ${own} or b in ${own}`.execute(tx);
  await sql`delete from actor_identity where observation_id = any (${gone})`.execute(tx);
  await sql`delete from observation where id = any (${gone})`.execute(tx);
  return ids.length;
}

/** Identities of all components, on both rungs, that the addresses are part of. */
async function componentsOf(tx: WriteTransaction, ids: readonly string[]): Promise<readonly string[]> {
  const { rows } = await sql<{ id: string }>`
    with own as (select * from actor_identity where observation_id = any (${[...ids]}::text[])),
    winners as (
      select winner.* from actor_identity winner
      where winner.id in (select coalesce(own.merged_into, own.id) from own)
    ),
    leaders as (select coalesce(campaign_into, id) as id from winners),
    standing as (
      select id from actor_identity where id in (select id from leaders) or campaign_into in (select id from leaders)
      union select id from winners
    )
    select id from actor_identity
    where id in (select id from standing) or merged_into in (select id from standing)`.execute(tx);
  return rows.map(({ id }) => id);
}

async function takeApart(tx: WriteTransaction, identities: readonly string[]): Promise<void> {
  const touched = sql`${[...identities]}::text[]`;
  await sql`delete from ladder_link where a = any (${touched}) or b = any (${touched})`.execute(tx);
  await sql`update observation set dirty = true where identity_id = any (${touched})`.execute(tx);
  await sql`delete from actor_profile where identity_id = any (${touched})`.execute(tx);
  await sql`update actor_identity set merged_into = null, campaign_into = null, dirty = true, unlooked = true
    where id = any (${touched})`.execute(tx);
}
