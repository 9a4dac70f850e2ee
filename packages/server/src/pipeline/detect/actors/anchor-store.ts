import type { CampaignId, IdentityId, ObservationId } from "@tyr/contract";
import { sql } from "kysely";
import type { ReadDatabase } from "#platform/database";
import { leaderOf } from "./attacker-store.ts";

export async function addressOfObservation(db: ReadDatabase, id: ObservationId): Promise<string | undefined> {
  const row = await db.selectFrom("observation").select("address").where("id", "=", id).executeTakeFirst();
  return row?.address;
}

type Which = Readonly<{ identity: IdentityId } | { campaign: CampaignId }>;

/** Each identity that stands for itself → the addresses that count to it and the identities they founded, itself first. */
export async function anchorsBy(db: ReadDatabase, which: Which): Promise<ReadonlyMap<string, readonly string[]>> {
  const meant =
    "identity" in which
      ? sql<boolean>`winner.id = (select coalesce(asked.merged_into, asked.id) from actor_identity asked
          where asked.id = ${which.identity})`
      : sql<boolean>`coalesce(winner.campaign_into, winner.id) = ${leaderOf(which.campaign)}`;
  const rows = await db
    .selectFrom("actor_identity as own")
    .innerJoin("actor_identity as winner", (join) =>
      join.on((on) => on("winner.id", "=", on.fn.coalesce(on.ref("own.merged_into"), on.ref("own.id")))),
    )
    .innerJoin("observation", "observation.id", "own.observation_id")
    .select(["winner.id as winner", "own.id as own", "address"])
    .where(meant)
    .orderBy("own.first_position")
    .execute();
  const groups = Map.groupBy(rows, ({ winner }) => winner);
  return new Map([...groups].map(([winner, of]) => [winner, of.flatMap(({ own, address }) => [own, address])]));
}
