import {
  ok,
  refuse,
  type Asset,
  type AssetCreate,
  type AssetEdit,
  type AssetId,
  type AssetImport,
  type AssetImported,
  type Result,
} from "@tyr/contract";
import { newId } from "#platform/ids";
import type { Clock } from "#platform/clock";
import type { Database, Fact, Page, PageBefore, WriteTransaction } from "#platform/database";
import { parsePrefix } from "../address.ts";
import { digestOf } from "../canonical-digest.ts";
import { settle, type By } from "../room.ts";
import { assetsByName, deleteAsset, findAsset, listAssets, lockAssets, putAssets, type StoredAsset } from "./store.ts";

type Listing = PageBefore<AssetId> & Readonly<{ group?: string | undefined; address?: string | undefined }>;

/** What is ours, and what people say about it. Everything that changes it is in the log. */
export type Inventory = Readonly<{
  list(listing: Listing): Promise<Result<Page<Asset, AssetId>>>;
  get(id: AssetId): Promise<Result<Asset>>;
  /** Refusals `TARGET_INVALID` (an address), `ASSET_NAME_TAKEN`. */
  create(wanted: AssetCreate, by: By): Promise<Result<Asset>>;
  /** Refusals `NOT_FOUND`, `TARGET_INVALID`, `ASSET_NAME_TAKEN`. */
  edit(wanted: Readonly<{ id: AssetId; edit: AssetEdit; by: By }>): Promise<Result<Asset>>;
  remove(wanted: Readonly<{ id: AssetId; by: By }>): Promise<Result<undefined>>;
  /** All or nothing, by name. Refusals `TARGET_INVALID`, `VALIDATION_FAILED` (a name twice). */
  takeIn(wanted: AssetImport, by: By): Promise<Result<AssetImported>>;
}>;

type Deps = Readonly<{ db: Database; clock: Clock }>;
/** What can be said of an asset; a name once. */
type Said = Pick<StoredAsset, "name" | "addresses" | "groups" | "owner" | "criticality" | "environment">;

function viewOf(row: StoredAsset): Asset {
  const { id, name, groups, owner, criticality, environment } = row;
  return {
    id,
    name,
    addresses: [...row.addresses],
    groups,
    owner,
    criticality,
    environment,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    updatedBy: row.updated_by,
  };
}

/** Canonical, each once. */
function readAddresses(texts: readonly string[]): Result<string[]> {
  const read: string[] = [];
  for (const text of texts) {
    const parsed = parsePrefix(text);
    if (!parsed.ok) return parsed;
    read.push(parsed.value.text);
  }
  return ok([...new Set(read)]);
}

function saidBy(wanted: AssetCreate): Result<Said> {
  const addresses = readAddresses(wanted.addresses);
  if (!addresses.ok) return addresses;
  const { name, groups = [], owner = null, criticality = "medium", environment = "production" } = wanted;
  return ok({ name, addresses: addresses.value, groups: groups.toSorted(), owner, criticality, environment });
}

function editedBy(row: StoredAsset, edit: AssetEdit): Result<Said> {
  const { owner = row.owner, ...rest } = edit;
  const { name, criticality, environment } = row;
  return saidBy({
    name,
    criticality,
    environment,
    addresses: [...row.addresses],
    groups: row.groups,
    ...withoutReason(rest),
    owner,
  });
}

function withoutReason({ reason: _said, ...rest }: Omit<AssetEdit, "owner">): Omit<AssetEdit, "owner" | "reason"> {
  return rest;
}

/** Without the owner, whose name may be a person's. */
function stateOf({ name, addresses, groups, criticality, environment }: Said): string {
  return JSON.stringify({ name, addresses, groups, criticality, environment });
}

function factOf(
  type: "asset.added" | "asset.changed" | "asset.removed",
  { asset, by, reason }: Readonly<{ asset: Said & { id: AssetId }; by: By; reason?: string | undefined }>,
): Fact {
  const { id, name, addresses, groups, owner, criticality, environment } = asset;
  return {
    type,
    actor: by.actor,
    object: { kind: "asset", id },
    requestId: by.requestId,
    details: {
      name,
      addresses: [...addresses],
      groups,
      criticality,
      environment,
      ...(owner === null ? {} : { owner }),
      ...(reason === undefined ? {} : { reason }),
    },
  };
}

const sameSaid = (a: Said, b: Said): boolean => stateOf(a) === stateOf(b) && a.owner === b.owner;

async function takenName(tx: WriteTransaction, { name }: Said, own?: AssetId) {
  const [other] = await assetsByName(tx, [name]);
  return other === undefined || other.id === own
    ? undefined
    : refuse("ASSET_NAME_TAKEN", `another asset is called ${name}`, { id: other.id });
}

async function create({ db, clock }: Deps, wanted: AssetCreate, by: By): Promise<Result<Asset>> {
  const said = saidBy(wanted);
  if (!said.ok) return said;
  const now = clock.now();
  const row = { ...said.value, id: newId("asset", now), created_at: now, updated_at: now, updated_by: by.actor };
  return await settle<Asset>(db, async (tx) => {
    await lockAssets(tx);
    const taken = await takenName(tx, row);
    if (taken !== undefined) return { answer: taken, facts: [] };
    await putAssets(tx, [row]);
    return { answer: ok(viewOf(row)), facts: [{ ...factOf("asset.added", { asset: row, by }), after: "listed" }] };
  });
}

async function edit({ db, clock }: Deps, wanted: Parameters<Inventory["edit"]>[0]): Promise<Result<Asset>> {
  const { id, edit: change, by } = wanted;
  return await settle<Asset>(db, async (tx) => {
    await lockAssets(tx);
    const row = await findAsset(tx, id);
    if (row === undefined) return { answer: refuse("NOT_FOUND", `there is no asset ${id}`), facts: [] };
    const said = editedBy(row, change);
    if (!said.ok) return { answer: said, facts: [] };
    const taken = await takenName(tx, said.value, id);
    if (taken !== undefined) return { answer: taken, facts: [] };
    if (sameSaid(row, said.value)) return { answer: ok(viewOf(row)), facts: [] };
    const next = { ...row, ...said.value, updated_at: clock.now(), updated_by: by.actor };
    await putAssets(tx, [next]);
    const fact = factOf("asset.changed", { asset: next, by, reason: change.reason });
    return { answer: ok(viewOf(next)), facts: [{ ...fact, before: stateOf(row), after: stateOf(next) }] };
  });
}

async function remove({ db }: Deps, { id, by }: Parameters<Inventory["remove"]>[0]): Promise<Result<undefined>> {
  return await settle<undefined>(db, async (tx) => {
    await lockAssets(tx);
    const row = await findAsset(tx, id);
    if (row === undefined) return { answer: refuse("NOT_FOUND", `there is no asset ${id}`), facts: [] };
    await deleteAsset(tx, id);
    const fact = factOf("asset.removed", { asset: row, by });
    return { answer: ok(undefined), facts: [{ ...fact, before: "listed", after: "removed" }] };
  });
}

/** Everything that is to be stored, read before anything is. */
function readAll(items: AssetImport["items"]): Result<readonly Said[]> {
  const all: Said[] = [];
  const names = new Set<string>();
  for (const [at, item] of items.entries()) {
    const said = saidBy(item);
    if (!said.ok) return refuse(said.refusal.code, `body/items/${at}: ${said.refusal.detail}`);
    if (names.has(said.value.name))
      return refuse("VALIDATION_FAILED", `body/items/${at}: "${said.value.name}" is there twice`);
    names.add(said.value.name);
    all.push(said.value);
  }
  return ok(all);
}

async function importAll({ db, clock }: Deps, { items, reason }: AssetImport, by: By): Promise<Result<AssetImported>> {
  const all = readAll(items);
  if (!all.ok) return all;
  const now = clock.now();
  return await settle<AssetImported>(db, async (tx) => {
    await lockAssets(tx);
    const names = all.value.map(({ name }) => name);
    const known = new Map((await assetsByName(tx, names)).map((row) => [row.name, row]));
    const rows = all.value.flatMap((said): StoredAsset[] => {
      const before = known.get(said.name);
      if (before === undefined)
        return [{ ...said, id: newId("asset", now), created_at: now, updated_at: now, updated_by: by.actor }];
      return sameSaid(before, said) ? [] : [{ ...before, ...said, updated_at: now, updated_by: by.actor }];
    });
    const changed = rows.filter(({ name }) => known.has(name)).length;
    const counts = { added: rows.length - changed, changed, unchanged: names.length - rows.length };
    if (rows.length === 0) return { answer: ok(counts), facts: [] };
    await putAssets(tx, rows);
    const digest = digestOf(rows.map((row) => ({ id: row.id, state: stateOf(row) })));
    const fact: Fact = {
      type: "asset.imported",
      actor: by.actor,
      object: { kind: "asset", id: "inventory" },
      after: "imported",
      requestId: by.requestId,
      details: { ...counts, digest, reason },
    };
    return { answer: ok(counts), facts: [fact] };
  });
}

async function list({ db }: Deps, { address, group, ...page }: Listing): Promise<Result<Page<Asset, AssetId>>> {
  const touching = address === undefined ? ok(undefined) : parsePrefix(address);
  if (!touching.ok) return touching;
  const { rows, next } = await listAssets(db.read, { ...page, group, touching: touching.value });
  return ok({ rows: rows.map(viewOf), next });
}

async function get({ db }: Deps, id: AssetId): Promise<Result<Asset>> {
  const row = await findAsset(db.read, id);
  return row === undefined ? refuse("NOT_FOUND", `there is no asset ${id}`) : ok(viewOf(row));
}

export function createInventory(deps: Deps): Inventory {
  return {
    list: async (listing) => await list(deps, listing),
    get: async (id) => await get(deps, id),
    create: async (wanted, by) => await create(deps, wanted, by),
    edit: async (wanted) => await edit(deps, wanted),
    remove: async (wanted) => await remove(deps, wanted),
    takeIn: async (wanted, by) => await importAll(deps, wanted, by),
  };
}
