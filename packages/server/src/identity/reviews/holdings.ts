import { createHash } from "node:crypto";
import {
  isCustomRole,
  PERMISSION_NAMES,
  ROLES,
  type Permission,
  type ReviewHeld,
  type ReviewItem,
  type Role,
} from "@tyr/contract";
import type { ReadDatabase } from "#platform/database";
import { permissionsOfCustom } from "../roles/held-permissions.ts";
import { listCustomRoles } from "../roles/store.ts";
import { listActivePeople, listActiveServices, listUsableKeys, type KeyHolding, type ReviewRow } from "./store.ts";

/** One person, service account or key that can be used now, and all it holds. */
export type Holding = Readonly<{
  kind: ReviewItem["kind"];
  id: string;
  held: ReviewHeld;
  digest: string;
  lastUsedAt: Date | null;
}>;

/** Names exactly what is held, so that a decision about it fits nothing else. Written in one order, whatever order it was stored in. */
export function digestOf(held: ReviewHeld): string {
  const { roles, permissions, active, owner, expiresAt } = held;
  const said = [roles.toSorted(), permissions.toSorted(), active, owner?.id ?? null, expiresAt];
  return createHash("sha256").update(JSON.stringify(said)).digest("hex");
}

type Custom = ReadonlyMap<string, readonly Permission[]>;

function permissionsFrom(roles: readonly Role[], custom: Custom): readonly Permission[] {
  const held = new Set<Permission>(
    roles.flatMap((role) => (isCustomRole(role) ? (custom.get(role) ?? []) : ROLES[role])),
  );
  return PERMISSION_NAMES.filter((name) => held.has(name));
}

function holding(
  kind: Holding["kind"],
  id: string,
  rest: Readonly<{ held: ReviewHeld; lastUsedAt: Date | null }>,
): Holding {
  return { kind, id, ...rest, digest: digestOf(rest.held) };
}

const ofKey = ({ id, scopes, owner_id, owner_name, expires_at, last_used_at }: KeyHolding): Holding =>
  holding("key", id, {
    held: {
      roles: [],
      permissions: scopes.toSorted(),
      active: true,
      owner: { id: owner_id, name: owner_name },
      expiresAt: expires_at.toISOString(),
    },
    lastUsedAt: last_used_at,
  });

function newest(dates: readonly (Date | null)[]): Date | null {
  const times = dates.flatMap((one) => (one === null ? [] : [one.getTime()]));
  return times.length === 0 ? null : new Date(Math.max(...times));
}

async function people(db: ReadDatabase): Promise<readonly Holding[]> {
  const custom: Custom = new Map(
    (await listCustomRoles(db)).map(({ name, permissions }) => [name, permissionsOfCustom(permissions)]),
  );
  return (await listActivePeople(db)).map(({ id, roles, last_seen_at }) => {
    const permissions = [...permissionsFrom(roles, custom)];
    const held = { roles: roles.toSorted(), permissions, active: true, owner: null, expiresAt: null };
    return holding("person", id, { held, lastUsedAt: last_seen_at });
  });
}

async function programs(db: ReadDatabase, now: Date): Promise<readonly Holding[]> {
  const keys = await listUsableKeys(db, now);
  const services = (await listActiveServices(db)).map(({ id, owner_id, owner_name }) => {
    const own = keys.filter(({ service_id }) => service_id === id);
    const permissions = [...new Set(own.flatMap(({ scopes }) => scopes))].toSorted();
    const held = { roles: [], permissions, active: true, owner: { id: owner_id, name: owner_name }, expiresAt: null };
    return holding("service", id, { held, lastUsedAt: newest(own.map(({ last_used_at }) => last_used_at)) });
  });
  return [...services, ...keys.map(ofKey)];
}

/** All that a campaign of this scope is about, as it is held now; what cannot be used is not held. */
export async function readHoldings(
  db: ReadDatabase,
  { scope, role }: Pick<ReviewRow, "scope" | "role">,
  now: Date,
): Promise<readonly Holding[]> {
  if (scope === "programs") return await programs(db, now);
  const all = await people(db);
  return scope === "people" ? all : all.filter(({ held }) => held.roles.some((one) => one === role));
}
