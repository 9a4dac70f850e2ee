import {
  ok,
  refuse,
  type Result,
  type ServiceAccount,
  type ServiceAccountChange,
  type ServiceAccountCreate,
  type SubjectId,
} from "@tyr/contract";
import type { WriteTransaction } from "#platform/database";
import { newId } from "#platform/ids";
import { keepDuties, underExceptions, type Kept } from "../duties/keep-duties.ts";
import { lockActiveSubject } from "../store.ts";
import { endKeys, NO_KEYS } from "./end-keys.ts";
import type { KeyDeps, KeyMaker } from "./keys.ts";
import {
  countActiveServices,
  findService,
  insertService,
  listServices,
  updateService,
  type OwnedService,
} from "./store.ts";

const SERVICE_ACCOUNTS_MAX = 200;

function viewOf(row: OwnedService): ServiceAccount {
  const { id, name, about, owner_id, owner_name, owner_active, active, created_at } = row;
  const owner = { id: owner_id, name: owner_name, active: owner_active };
  return { id, name, about, owner, active, createdAt: created_at.toISOString() };
}

export async function serviceAccountList({ database }: KeyDeps): Promise<readonly ServiceAccount[]> {
  return (await listServices(database.read)).map(viewOf);
}

async function found({ database }: KeyDeps, id: string): Promise<Result<ServiceAccount>> {
  const row = await findService(database.read, id);
  return row === undefined ? refuse("NOT_FOUND", `there is no service account ${id}`) : ok(viewOf(row));
}

/** Refusals `NAME_TAKEN`, `NOT_FOUND` for an owner who may not sign in, `KEY_LIMIT_REACHED`. */
export async function createServiceAccount(
  deps: KeyDeps,
  { name, about = "", ownerId }: ServiceAccountCreate,
  { caller: { actor }, requestId }: KeyMaker,
): Promise<Result<ServiceAccount>> {
  const now = deps.clock.now();
  const owner_id = ownerId ?? (actor.id as SubjectId);
  const row = { id: newId("serviceAccount", now), name, about, owner_id, active: true, created_at: now };
  const object = { kind: "service", id: row.id };
  const made = await deps.database.audited(
    { type: "service.created", actor, object, requestId, after: "active", details: { name, owner: owner_id } },
    async (tx): Promise<Result<undefined>> => {
      if (!(await lockActiveSubject(tx, owner_id)))
        return refuse("NOT_FOUND", `there is no active user ${owner_id} to own it`);
      if ((await countActiveServices(tx)) >= SERVICE_ACCOUNTS_MAX)
        return refuse("KEY_LIMIT_REACHED", "too many service accounts", { limit: SERVICE_ACCOUNTS_MAX });
      if (!(await insertService(tx, row))) return refuse("NAME_TAKEN", `there is already a service account ${name}`);
      return ok(undefined);
    },
  );
  return made.ok ? await found(deps, row.id) : made;
}

type Wanted = Readonly<{ id: string; change: ServiceAccountChange }>;

function stateText({ active, owner_id }: Pick<OwnedService, "active" | "owner_id">): string {
  return `${active ? "active" : "disabled"}: owned by ${owner_id}`;
}

type Changed = Readonly<{ before: string; after: string; keysRevoked: number; tokensEnded: number }>;

/**
 * Disabling revokes its keys in the same transaction; enabling gives none of them back. Refusals `NOT_FOUND`,
 * `DUTY_CONFLICT` when its keys and what the new owner holds must not be in one hand.
 */
export async function changeServiceAccount(
  deps: KeyDeps,
  { id, change }: Wanted,
  { caller: { actor }, requestId }: KeyMaker,
): Promise<Result<ServiceAccount>> {
  const work = async (tx: WriteTransaction): Promise<Result<Changed>> => {
    const row = await findService(tx, id);
    if (row === undefined) return refuse("NOT_FOUND", `there is no service account ${id}`);
    const after = { id: row.id, owner_id: change.ownerId ?? row.owner_id, active: change.active ?? row.active };
    if (change.ownerId !== undefined && !(await lockActiveSubject(tx, change.ownerId)))
      return refuse("NOT_FOUND", `there is no active user ${change.ownerId} to own it`);
    await updateService(tx, after);
    const ended = after.active ? NO_KEYS : await endKeys(tx, { service: id }, deps.clock.now());
    const counts = { keysRevoked: ended.keys.length, tokensEnded: ended.families.length };
    return ok({ before: stateText(row), after: stateText(after), ...counts });
  };
  const changed = await deps.database.audited(
    (one: Result<Kept<Changed>>) => {
      if (!one.ok || one.value.value.before === one.value.value.after) return [];
      const { exceptions, value } = one.value;
      const { before, after, keysRevoked, tokensEnded } = value;
      const object = { kind: "service", id };
      const details = { keysRevoked, tokensEnded, ...underExceptions(exceptions) };
      return [{ type: "service.changed", actor, object, requestId, before, after, details }];
    },
    async (tx) => await keepDuties(tx, { now: deps.clock.now() }, async () => await work(tx)),
  );
  return changed.ok ? await found(deps, id) : changed;
}
