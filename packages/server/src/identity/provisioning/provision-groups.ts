import { createHash } from "node:crypto";
import { ok, refuse, type GroupId, type Refused, type Result, type SubjectId } from "@tyr/contract";
import type { Fact, WriteTransaction } from "#platform/database";
import { newId } from "#platform/ids";
import { nameKey } from "../store.ts";
import { applyChange, changeFacts } from "../users.ts";
import { inTurn, type Context } from "./in-turn.ts";
import { mapsRoles, rolesOfGroups, type GroupWish, type ProvisionedGroup } from "./provisioned.ts";
import {
  MEMBERS_MAX,
  refuseVersion,
  taken,
  type ProvisioningClient,
  type ProvisioningDeps,
  type Target,
} from "./room.ts";
import {
  addMembers,
  deleteGroup,
  groupsOf,
  isGroupTaken,
  knownPeople,
  listGroups,
  listMembers,
  putGroup,
  removeMembers,
  type GroupPlace,
  type ScimGroupRow,
} from "./store.ts";

type Told = Readonly<{ id: GroupId; touched: readonly SubjectId[]; facts: readonly Fact[] }>;
type Turn = (current: GroupWish) => Result<GroupWish>;
type Current = Readonly<{ row: ScimGroupRow; members: readonly SubjectId[] }>;

/** Ids in an entry; beyond, their number and the digest of all of them. */
const IDS_LOGGED_MAX = 100;

function noGroup(id: string): Refused {
  return refuse("NOT_FOUND", `there is no group ${id.slice(0, 100)} of this provider`);
}

export async function groupsAt(
  { database }: Pick<ProvisioningDeps, "database">,
  { issuer }: Pick<ProvisioningClient, "issuer">,
  place: GroupPlace,
): Promise<readonly ProvisionedGroup[]> {
  const rows = await listGroups(database.read, issuer, place);
  const members = Map.groupBy(
    await listMembers(database.read, { groups: rows.map(({ id }) => id) }),
    (row) => row.group_id,
  );
  return rows.map((row) => ({
    id: row.id,
    displayName: row.display_name,
    externalId: row.external_id,
    members: (members.get(row.id) ?? []).map((one) => ({ id: one.subject_id, userName: one.user_name })),
    version: row.version,
    createdAt: row.created_at,
    changedAt: row.changed_at,
  }));
}

/** Members must be people this provider provisioned: nobody else's account gets a role by its groups. */
async function refuseStrangers({ tx, client }: Context, members: readonly string[]): Promise<Refused | undefined> {
  if (members.length > MEMBERS_MAX)
    return refuse("VALIDATION_FAILED", `a group has ${MEMBERS_MAX} members at most`, { scimType: "tooMany" });
  const known = await knownPeople(tx, client.issuer, members);
  const stranger = members.find((id) => !known.has(id));
  if (stranger === undefined) return undefined;
  return refuse("VALIDATION_FAILED", `${stranger.slice(0, 100)} is no user of this provider`, {
    scimType: "invalidValue",
  });
}

/** Brings the roles of these people in line with the groups they are in now. Refusals `LAST_ADMINISTRATOR`, `DUTY_CONFLICT`. */
async function applyRoles(context: Context, people: readonly SubjectId[]): Promise<Result<readonly Fact[]>> {
  const { deps, client, tx } = context;
  const { provider, by } = client;
  if (provider === undefined || !mapsRoles(provider)) return ok([]);
  const { clock, endAccess } = deps;
  const groups = await groupsOf(tx, client.issuer, people);
  const facts: Fact[] = [];
  for (const id of people.toSorted()) {
    const change = { roles: rolesOfGroups(provider, groups.get(id) ?? []) };
    const changed = await applyChange(tx, { clock, endAccess, id, change }, by);
    if (!changed.ok) return changed;
    const told = changeFacts(changed.value, by);
    facts.push(...told.map((fact) => ({ ...fact, details: { ...fact.details, provider: provider.id } })));
  }
  return ok(facts);
}

function stateOf(displayName: string, members: number): string {
  return `${displayName}: ${members} ${members === 1 ? "member" : "members"}`;
}

/** Ids are random and of people here, so they may stand in clear; a big batch is named by its digest. */
function membersTold(added: readonly string[], removed: readonly string[]): NonNullable<Fact["details"]> {
  if (added.length + removed.length <= IDS_LOGGED_MAX) return { added: [...added], removed: [...removed] };
  const digest = createHash("sha256")
    .update(JSON.stringify([added.toSorted(), removed.toSorted()]))
    .digest("hex");
  return { added: added.length, removed: removed.length, idsSha256: digest };
}

type Placing = Readonly<{ row: ScimGroupRow; before: Current | undefined; wish: GroupWish }>;
type Turned = Readonly<{ added: readonly SubjectId[]; removed: readonly SubjectId[]; touched: readonly SubjectId[] }>;

async function turnMembers(tx: WriteTransaction, { row, before, wish }: Placing): Promise<Turned> {
  const old = before?.members ?? [];
  const [was, wanted] = [new Set<string>(old), new Set<string>(wish.members)];
  const added = [...wanted].filter((id) => !was.has(id)) as SubjectId[];
  const removed = old.filter((id) => !wanted.has(id));
  await addMembers(tx, { group: row.id, people: added });
  await removeMembers(tx, { group: row.id, people: removed });
  const { display_name = row.display_name, external_id = row.external_id } = before?.row ?? {};
  // Another name or id may give other roles to everybody in it.
  const renamed = display_name !== row.display_name || external_id !== row.external_id;
  return { added, removed, touched: renamed ? [...new Set([...old, ...added])] : [...added, ...removed] };
}

function groupFact({ by, provider }: ProvisioningClient, { row, before, wish }: Placing, turned: Turned): Fact {
  return {
    type: before === undefined ? "group.created" : "group.changed",
    ...by,
    object: { kind: "group", id: row.id },
    before: before === undefined ? null : stateOf(before.row.display_name, before.members.length),
    after: stateOf(row.display_name, new Set(wish.members).size),
    details: {
      provider: provider?.id ?? row.issuer,
      externalId: row.external_id,
      version: row.version,
      ...membersTold(turned.added, turned.removed),
    },
  };
}

async function place(context: Context, placing: Placing): Promise<Result<Told>> {
  const { client, tx } = context;
  const { row, wish } = placing;
  const name_key = nameKey(row.display_name);
  if (await isGroupTaken(tx, { ...row, name_key })) return taken(`the group ${row.display_name}`);
  const stranger = await refuseStrangers(context, [...new Set(wish.members)]);
  if (stranger !== undefined) return stranger;
  await putGroup(tx, { ...row, name_key });
  const turned = await turnMembers(tx, placing);
  const roles = await applyRoles(context, turned.touched);
  if (!roles.ok) return roles;
  return ok({ id: row.id, touched: turned.touched, facts: [groupFact(client, placing, turned), ...roles.value] });
}

async function create(context: Context, wish: GroupWish): Promise<Result<Told>> {
  const { client, now } = context;
  const row: ScimGroupRow = {
    id: newId("group", now),
    issuer: client.issuer,
    external_id: wish.externalId,
    display_name: wish.displayName,
    version: 1,
    created_at: now,
    changed_at: now,
  };
  return await place(context, { row, before: undefined, wish });
}

async function current({ tx, client }: Context, target: Target): Promise<Result<Current>> {
  const [row] = await listGroups(tx, client.issuer, { id: target.id });
  if (row === undefined) return noGroup(target.id);
  const refused = refuseVersion(target, row.version);
  if (refused !== undefined) return refused;
  return ok({ row, members: (await listMembers(tx, { groups: [row.id] })).map((one) => one.subject_id) });
}

function same(a: GroupWish, b: GroupWish): boolean {
  const flat = (one: GroupWish) => [one.displayName, one.externalId, [...new Set(one.members)].toSorted()];
  return JSON.stringify(flat(a)) === JSON.stringify(flat(b));
}

async function change(context: Context, target: Target, turn: Turn): Promise<Result<Told>> {
  const found = await current(context, target);
  if (!found.ok) return found;
  const { row, members } = found.value;
  const wishNow = { displayName: row.display_name, externalId: row.external_id, members };
  const wish = turn(wishNow);
  if (!wish.ok) return wish;
  if (same(wishNow, wish.value)) return ok({ id: row.id, touched: [], facts: [] });
  const after = {
    ...row,
    display_name: wish.value.displayName,
    external_id: wish.value.externalId,
    version: row.version + 1,
    changed_at: context.now,
  };
  return await place(context, { row: after, before: found.value, wish: wish.value });
}

async function remove(context: Context, target: Target): Promise<Result<Told>> {
  const found = await current(context, target);
  if (!found.ok) return found;
  const { row, members } = found.value;
  await deleteGroup(context.tx, row.id);
  const roles = await applyRoles(context, members);
  if (!roles.ok) return roles;
  const fact: Fact = {
    type: "group.deleted",
    ...context.client.by,
    object: { kind: "group", id: row.id },
    before: stateOf(row.display_name, members.length),
    details: { provider: context.client.provider?.id ?? row.issuer, ...membersTold([], members) },
  };
  return ok({ id: row.id, touched: members, facts: [fact, ...roles.value] });
}

async function write(
  deps: ProvisioningDeps,
  client: ProvisioningClient,
  work: (context: Context) => Promise<Result<Told>>,
): Promise<Result<GroupId>> {
  const done = await inTurn(deps, client, work);
  if (!done.ok) return done;
  await deps.rightsChanged(done.value.touched);
  return ok(done.value.id);
}

async function viewOf(
  deps: ProvisioningDeps,
  client: ProvisioningClient,
  written: Result<GroupId>,
): Promise<Result<ProvisionedGroup>> {
  if (!written.ok) return written;
  const [group] = await groupsAt(deps, client, { id: written.value });
  return group === undefined ? noGroup(written.value) : ok(group);
}

/** Refusals `NAME_TAKEN`, `VALIDATION_FAILED` for strangers, `LAST_ADMINISTRATOR`, `DUTY_CONFLICT`. */
export async function createGroup(
  deps: ProvisioningDeps,
  client: ProvisioningClient,
  wish: GroupWish,
): Promise<Result<ProvisionedGroup>> {
  return await viewOf(deps, client, await write(deps, client, async (context) => await create(context, wish)));
}

/** Turns what is stored into what the provider wants, under one lock. Also `NOT_FOUND`, `VERSION_CHANGED`. */
export async function changeGroup(
  deps: ProvisioningDeps,
  client: ProvisioningClient,
  { turn, ...target }: Target & Readonly<{ turn: Turn }>,
): Promise<Result<ProvisionedGroup>> {
  return await viewOf(deps, client, await write(deps, client, async (context) => await change(context, target, turn)));
}

export async function removeGroup(
  deps: ProvisioningDeps,
  client: ProvisioningClient,
  target: Target,
): Promise<Result<undefined>> {
  const removed = await write(deps, client, async (context) => await remove(context, target));
  return removed.ok ? ok(undefined) : removed;
}
