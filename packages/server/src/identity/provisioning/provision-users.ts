import { ok, refuse, type Refused, type Result, type SubjectId } from "@tyr/contract";
import type { Fact } from "#platform/database";
import { newId } from "#platform/ids";
import { findLink } from "../federation/store.ts";
import { findSubject, insertSubject, isClosedHere, nameKey, type SubjectRow } from "../store.ts";
import { applyChange, changeFacts, type Changed } from "../users.ts";
import { inTurn, type Context } from "./in-turn.ts";
import {
  changedAttributes,
  mapsRoles,
  nameOfLeaver,
  rolesOfGroups,
  type ProvisionedUser,
  type UserWish,
} from "./provisioned.ts";
import { refuseVersion, taken, type ProvisioningClient, type ProvisioningDeps, type Target } from "./room.ts";
import { unusablePassword } from "./unusable-password.ts";
import {
  findByExternalId,
  findManaged,
  groupsOf,
  listMembers,
  listUsers,
  putUser,
  removeFromAllGroups,
  renameSubject,
  type ScimUserRow,
  type StoredUser,
  type UserPlace,
} from "./store.ts";

type Told = Readonly<{ user: StoredUser; facts: readonly Fact[]; committed: () => void }>;
type Turn = (current: UserWish) => Result<UserWish>;

function wishOf({ name, external_id, active, profile }: StoredUser): UserWish {
  return { userName: name, externalId: external_id, active, profile };
}

function noUser(id: string): Refused {
  return refuse("NOT_FOUND", `there is no user ${id.slice(0, 100)} of this provider`);
}

export async function usersAt(
  { database }: Pick<ProvisioningDeps, "database">,
  { issuer }: Pick<ProvisioningClient, "issuer">,
  place: UserPlace,
): Promise<readonly ProvisionedUser[]> {
  const rows = await listUsers(database.read, issuer, place);
  const members = Map.groupBy(
    await listMembers(database.read, { people: rows.map((row) => row.subject_id) }),
    (row) => row.subject_id,
  );
  return rows.map((row) => ({
    ...wishOf(row),
    id: row.subject_id,
    isOpen: row.is_open,
    roles: row.roles,
    groups: (members.get(row.subject_id) ?? []).map((one) => ({ id: one.group_id, displayName: one.group_name })),
    version: row.version,
    createdAt: row.created_at,
    changedAt: row.changed_at,
  }));
}

/** What the provider's own words add to the entry of a change: names of attributes, and who somebody is called as commitments. */
function detailsOf(before: UserWish | undefined, after: UserWish, version: number): NonNullable<Fact["details"]> {
  const renamed = before?.userName !== after.userName;
  return {
    version,
    ...(before === undefined ? {} : { attributes: changedAttributes(before, after) }),
    ...(renamed && before !== undefined ? { nameBefore: before.userName } : {}),
    ...(renamed ? { nameAfter: after.userName } : {}),
    ...(before?.externalId === after.externalId ? {} : { externalId: after.externalId }),
  };
}

/** One entry for the user, also where only attributes changed, which `changeFacts` knows nothing of. */
function factsOf({ client }: Context, changed: Changed, details: NonNullable<Fact["details"]>): readonly Fact[] {
  const provider = client.provider?.id ?? client.issuer;
  const [first, ...rest] = changeFacts(changed, client.by);
  if (first?.type === "user.changed")
    return [{ ...first, details: { ...first.details, ...details, provider } }, ...rest];
  const { before, after } = changed;
  const state = (row: SubjectRow): string =>
    `${row.active ? "active" : "disabled"}: ${row.roles.toSorted().join(", ")}`;
  const object = { kind: "subject", id: after.id };
  const states = { before: state(before), after: state(after) };
  return [{ type: "user.changed", ...client.by, object, ...states, details: { ...details, provider } }];
}

/** Roles its groups give now, where groups decide. */
async function rolesNow({ client, tx }: Context, id: SubjectId) {
  const { provider } = client;
  if (provider === undefined || !mapsRoles(provider)) return {};
  return { roles: rolesOfGroups(provider, (await groupsOf(tx, client.issuer, [id])).get(id) ?? []) };
}

type Placed = Readonly<{ before: StoredUser | undefined; subject: SubjectRow; wish: UserWish }>;

/**
 * Closing always counts. The account is opened when the provider's word changes, but never one that a person closed
 * here; nor is one opened by a provider that says again what it said before, or says it for the first time.
 */
async function activeNow({ tx }: Context, { before, subject, wish: { active } }: Placed) {
  if (!active) return { active };
  if (await isClosedHere(tx, subject.id)) return {};
  const isSaidAgain = before !== undefined && before.removed_at === null && before.active;
  return before === undefined || isSaidAgain ? {} : { active };
}

async function place(context: Context, { before, subject, wish }: Placed): Promise<Result<Told>> {
  const { deps, client, tx, now } = context;
  const { id } = subject;
  if (!(await renameSubject(tx, { id, name: wish.userName, nameKey: nameKey(wish.userName) })))
    return taken(`the login name ${wish.userName}`);
  const row: ScimUserRow = {
    subject_id: id,
    issuer: client.issuer,
    external_id: wish.externalId,
    active: wish.active,
    profile: wish.profile,
    version: (before?.version ?? 0) + 1,
    created_at: before?.created_at ?? now,
    changed_at: now,
    removed_at: null,
  };
  await putUser(tx, row);
  const change = { ...(await rolesNow(context, id)), ...(await activeNow(context, { before, subject, wish })) };
  const { clock, endAccess } = deps;
  const changed = await applyChange(tx, { clock, endAccess, id, change, ofProvider: true }, client.by);
  if (!changed.ok) return changed;
  const known = before === undefined || before.removed_at !== null ? undefined : wishOf(before);
  const { after, ended } = changed.value;
  const user = { ...row, name: wish.userName, roles: after.roles, is_open: after.active };
  return ok({
    user,
    facts: factsOf(context, changed.value, detailsOf(known, wish, row.version)),
    committed: ended.committed,
  });
}

/** An account that only its provider opens: its password is a hash of what nobody knows. */
async function newAccount({ tx, now }: Context, wish: UserWish): Promise<SubjectRow | undefined> {
  const subject: SubjectRow = {
    id: newId("subject", now),
    name: wish.userName,
    password: await unusablePassword(),
    password_stands_alone: true,
    password_until: null,
    roles: [],
    active: wish.active,
    created_at: now,
    last_seen_at: null,
  };
  return (await insertSubject(tx, subject)) ? subject : undefined;
}

/** Who this is here already: by issuer and external id, as provisioned before or as an administrator linked them. */
async function findHere(
  { tx, client }: Context,
  { externalId }: UserWish,
): Promise<StoredUser | SubjectRow | undefined> {
  if (externalId === null) return undefined;
  const known = await findByExternalId(tx, client.issuer, externalId);
  if (known !== undefined) return known;
  const link = await findLink(tx, { issuer: client.issuer, subject: externalId });
  return link === undefined ? undefined : await findSubject(tx, link.subject_id);
}

/** Whom this provider had before, or an administrator linked to it; undefined for somebody nobody knows. */
async function adopt(context: Context, wish: UserWish): Promise<Result<Told> | undefined> {
  const { tx } = context;
  const here = await findHere(context, wish);
  const before = here !== undefined && "subject_id" in here ? here : undefined;
  if (before !== undefined && before.removed_at === null) return taken("this externalId");
  const known = before === undefined ? (here as SubjectRow | undefined) : await findSubject(tx, before.subject_id);
  if (known === undefined) return undefined;
  // Whoever is linked to two providers stays with the one that manages them: the other would keep it from closing them.
  if ((await findManaged(tx, known.id)) !== undefined) return taken("the account of this person");
  return await place(context, { before, subject: known, wish });
}

async function create(context: Context, wish: UserWish): Promise<Result<Told>> {
  const { client } = context;
  const adopted = await adopt(context, wish);
  if (adopted !== undefined) return adopted;
  const subject = await newAccount(context, wish);
  if (subject === undefined) return taken(`the login name ${wish.userName}`);
  const placed = await place(context, { before: undefined, subject, wish });
  if (!placed.ok) return placed;
  const object = { kind: "subject", id: subject.id };
  const provider = client.provider?.id ?? client.issuer;
  const details = { ...detailsOf(undefined, wish, 1), roles: [], provider };
  const after = `${wish.active ? "active" : "disabled"}: `;
  return ok({ ...placed.value, facts: [{ type: "user.created", ...client.by, object, after, details }] });
}

async function write(
  deps: ProvisioningDeps,
  client: ProvisioningClient,
  work: (context: Context) => Promise<Result<Told>>,
): Promise<Result<StoredUser>> {
  const done = await inTurn(deps, client, work);
  if (!done.ok) return done;
  done.value.committed();
  await deps.rightsChanged([done.value.user.subject_id]);
  return ok(done.value.user);
}

async function viewOf(
  deps: ProvisioningDeps,
  client: ProvisioningClient,
  stored: Result<StoredUser>,
): Promise<Result<ProvisionedUser>> {
  if (!stored.ok) return stored;
  const [user] = await usersAt(deps, client, { id: stored.value.subject_id });
  return user === undefined ? noUser(stored.value.subject_id) : ok(user);
}

/** Refusals `NAME_TAKEN`, `LAST_ADMINISTRATOR`, `DUTY_CONFLICT`. */
export async function createUser(
  deps: ProvisioningDeps,
  client: ProvisioningClient,
  wish: UserWish,
): Promise<Result<ProvisionedUser>> {
  return await viewOf(deps, client, await write(deps, client, async (context) => await create(context, wish)));
}

async function current({ tx, client }: Context, target: Target): Promise<Result<StoredUser>> {
  const [stored] = await listUsers(tx, client.issuer, { id: target.id });
  if (stored === undefined) return noUser(target.id);
  return refuseVersion(target, stored.version) ?? ok(stored);
}

async function change(context: Context, target: Target, turn: Turn): Promise<Result<Told>> {
  const found = await current(context, target);
  if (!found.ok) return found;
  const before = found.value;
  const wish = turn(wishOf(before));
  if (!wish.ok) return wish;
  const closes = before.is_open && !wish.value.active;
  if (changedAttributes(wishOf(before), wish.value).length === 0 && !closes)
    return ok({ user: before, facts: [], committed: () => undefined });
  const { externalId } = wish.value;
  if (externalId !== null && externalId !== before.external_id) {
    const other = await findByExternalId(context.tx, context.client.issuer, externalId);
    if (other !== undefined) return taken("this externalId");
  }
  const subject = await findSubject(context.tx, before.subject_id);
  if (subject === undefined) return noUser(target.id);
  return await place(context, { before, subject, wish: wish.value });
}

/**
 * Turns what is stored into what the provider wants, under one lock. A change that changes nothing leaves no entry.
 * Refusals `NOT_FOUND`, `VERSION_CHANGED`, those of `turn`, and as for creating.
 */
export async function changeUser(
  deps: ProvisioningDeps,
  client: ProvisioningClient,
  { turn, ...target }: Target & Readonly<{ turn: Turn }>,
): Promise<Result<ProvisionedUser>> {
  return await viewOf(deps, client, await write(deps, client, async (context) => await change(context, target, turn)));
}

/** Off-boarding: every access ends in this transaction, the account stays, disabled and under another name. */
export async function removeUser(
  deps: ProvisioningDeps,
  client: ProvisioningClient,
  target: Target,
): Promise<Result<undefined>> {
  const removed = await write(deps, client, async (context) => {
    const found = await current(context, target);
    if (!found.ok) return found;
    const { tx, now } = context;
    const before = found.value;
    const { name, roles, is_open: _open, ...row } = before;
    await removeFromAllGroups(tx, row.subject_id);
    const left = nameOfLeaver(name, row.subject_id);
    await renameSubject(tx, { id: row.subject_id, name: left, nameKey: nameKey(left) });
    const after = { ...row, active: false, version: row.version + 1, changed_at: now, removed_at: now };
    await putUser(tx, after);
    const { clock, endAccess } = deps;
    const wanted = { ...(mapsRoles(client.provider) ? { roles: [] } : {}), active: false };
    const leaving = { clock, endAccess, id: row.subject_id, change: wanted, ofProvider: true };
    const changed = await applyChange(tx, leaving, client.by);
    if (!changed.ok) return changed;
    const details = detailsOf(wishOf(before), { ...wishOf(before), userName: left, active: false }, after.version);
    const facts = factsOf(context, changed.value, details);
    return ok({
      user: { ...after, name: left, roles, is_open: false },
      facts,
      committed: changed.value.ended.committed,
    });
  });
  return removed.ok ? ok(undefined) : removed;
}
