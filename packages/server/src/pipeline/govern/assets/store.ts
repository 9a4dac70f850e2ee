import type { Actor, AssetId, Criticality, Environment } from "@tyr/contract";
import { sql, type JSONColumnType, type Selectable } from "kysely";
import { pageOf, type Page, type PageBefore, type ReadDatabase, type WriteTransaction } from "#platform/database";
import { knownPrefix, overlaps, type Prefix } from "../address.ts";

type AssetTable = {
  id: AssetId;
  name: string;
  groups: string[];
  owner: string | null;
  criticality: Criticality;
  environment: Environment;
  created_at: Date;
  updated_at: Date;
  updated_by: JSONColumnType<Actor>;
};
declare module "#platform/tables" {
  interface Tables {
    asset: AssetTable;
    asset_address: { asset_id: AssetId; place: number; network: string };
  }
}

/** An asset as it is kept; addresses are canonical and in the order they were given. */
export type StoredAsset = Selectable<AssetTable> & Readonly<{ addresses: readonly string[] }>;

/** A mapped IPv6 prefix holds IPv4 addresses, which the engines never compare with it. */
const MAPPED = knownPrefix("::ffff:0:0/96");
/** The engines write a single address with its length. */
const ADDRESSES = sql<string[]>`array(
  select case when masklen(network) = case family(network) when 4 then 32 else 128 end
    then host(network) else network::text end
  from asset_address where asset_id = asset.id order by place)`;

function overlapping(target: Prefix) {
  const mapped = target.version === 6 && overlaps(target, MAPPED) ? sql`or family(network) = 4` : sql``;
  return sql<boolean>`asset.id in (
    select asset_id from asset_address where network && ${target.text}::inet ${mapped})`;
}

const selected = (db: ReadDatabase) => db.selectFrom("asset").selectAll().select(ADDRESSES.as("addresses"));

export type AssetListing = PageBefore<AssetId> &
  Readonly<{ group?: string | undefined; touching?: Prefix | undefined }>;

/** Newest first. */
export async function listAssets(
  db: ReadDatabase,
  { before, limit, group, touching }: AssetListing,
): Promise<Page<StoredAsset, AssetId>> {
  let rows = selected(db);
  if (before !== undefined) rows = rows.where("id", "<", before);
  if (group !== undefined) rows = rows.where(sql<boolean>`${group} = any(groups)`);
  if (touching !== undefined) rows = rows.where(overlapping(touching));
  const found = await rows
    .orderBy("id", "desc")
    .limit(limit + 1)
    .execute();
  return pageOf(found, limit, ({ id }) => id);
}

export async function findAsset(db: ReadDatabase, id: AssetId): Promise<StoredAsset | undefined> {
  return await selected(db).where("id", "=", id).executeTakeFirst();
}

export async function assetsByName(db: ReadDatabase, names: readonly string[]): Promise<readonly StoredAsset[]> {
  return names.length === 0 ? [] : await selected(db).where("name", "in", names).execute();
}

/** What an action on this target would touch. */
export async function assetsTouchedBy(db: ReadDatabase, target: Prefix): Promise<readonly StoredAsset[]> {
  return await selected(db).where(overlapping(target)).execute();
}

/** Changes of the inventory happen one at a time, and none while an import runs. Any constant does. */
const ASSET_LOCK = 8_970_145;

export async function lockAssets(tx: WriteTransaction): Promise<void> {
  await sql`select pg_advisory_xact_lock(${sql.lit(ASSET_LOCK)})`.execute(tx);
}

/** Stores assets as they now are, whether they were there or not. */
export async function putAssets(tx: WriteTransaction, assets: readonly StoredAsset[]): Promise<void> {
  const rows = JSON.stringify(assets);
  await sql`
    insert into asset (id, name, groups, owner, criticality, environment, created_at, updated_at, updated_by)
    select id, name, array(select jsonb_array_elements_text(groups)), owner, criticality, environment, created_at,
      updated_at, updated_by
    from jsonb_to_recordset(${rows}::jsonb) as row (id text, name text, groups jsonb, owner text, criticality text,
      environment text, created_at timestamptz, updated_at timestamptz, updated_by jsonb)
    on conflict (id) do update set name = excluded.name, groups = excluded.groups, owner = excluded.owner,
      criticality = excluded.criticality, environment = excluded.environment, updated_at = excluded.updated_at,
      updated_by = excluded.updated_by
  `.execute(tx);
  const ids = assets.map(({ id }) => id);
  await tx.deleteFrom("asset_address").where("asset_id", "in", ids).execute();
  await sql`
    insert into asset_address (asset_id, place, network)
    select row.id, address.place, address.text::cidr
    from jsonb_to_recordset(${rows}::jsonb) as row (id text, addresses jsonb),
      jsonb_array_elements_text(row.addresses) with ordinality as address (text, place)
  `.execute(tx);
}

export async function deleteAsset(tx: WriteTransaction, id: AssetId): Promise<void> {
  await tx.deleteFrom("asset").where("id", "=", id).execute();
}
