import { ok, refuse, type Result, type ScimClient, type ScimClientCreate, type ServiceAccount } from "@tyr/contract";
import type { Caller } from "../caller.ts";
import type { Provider } from "../federation/provider.ts";
import type { KeyMaker, Keys } from "../keys/index.ts";
import type { ProvisioningClient, ProvisioningDeps } from "./room.ts";
import { endClient, findClient, insertClient, listClients, type ClientRow } from "./store.ts";

/** Credentials of clients are API keys of service accounts, like any other program's. */
type ClientKeys = Pick<Keys, "createFor" | "listServices" | "createService" | "changeService">;
export type ClientDeps = ProvisioningDeps & Readonly<{ keys: ClientKeys }>;

/** Without sign-in through other systems a client's people are its own: an issuer of one. */
const OWN_ISSUER = "urn:tyr:scim:";

function providerOf({ providers }: ProvisioningDeps, issuer: string): Provider | undefined {
  return providers.find((one) => one.issuer === issuer);
}

function viewOf(deps: ProvisioningDeps, row: ClientRow, { id, name, owner, active }: ServiceAccount): ScimClient {
  const provider = providerOf(deps, row.issuer)?.id ?? null;
  return { id, name, active, owner, provider, issuer: row.issuer, createdAt: row.created_at.toISOString() };
}

export async function clientList(deps: ClientDeps): Promise<readonly ScimClient[]> {
  const services = new Map((await deps.keys.listServices()).map((one) => [one.id, one]));
  return (await listClients(deps.database.read)).flatMap((row) => {
    const service = services.get(row.service_id);
    return service === undefined ? [] : [viewOf(deps, row, service)];
  });
}

function wantedProvider(deps: ProvisioningDeps, id: string | undefined): Result<Provider | undefined> {
  if (deps.providers.length === 0 && id === undefined) return ok(undefined);
  const provider = deps.providers.find((one) => one.id === id);
  if (provider !== undefined) return ok(provider);
  const known = deps.providers.map((one) => one.id).join(", ");
  return refuse("NOT_FOUND", known === "" ? `there is no provider ${id}` : `name one provider of ${known}`);
}

type Made = Readonly<{ client: ScimClient; secret: string }>;
type Binding = Readonly<{ service: ServiceAccount; provider: Provider | undefined }>;

async function bind(deps: ClientDeps, { service, provider }: Binding, by: KeyMaker): Promise<ScimClient> {
  const issuer = provider?.issuer ?? `${OWN_ISSUER}${service.id}`;
  const row = { service_id: service.id, issuer, created_at: deps.clock.now(), removed_at: null };
  await deps.database.audited(
    {
      type: "scim.client_created",
      actor: by.caller.actor,
      object: { kind: "service", id: service.id },
      requestId: by.requestId,
      after: "active",
      details: { name: service.name, provider: provider?.id ?? issuer },
    },
    async (tx) => await insertClient(tx, row),
  );
  return viewOf(deps, row, service);
}

/**
 * A service account bound to one issuer, and its first key, which may do nothing but provision.
 * Refusals `NOT_FOUND` for the provider, `PERMISSIONS_TOO_WIDE`, `NAME_TAKEN`, `TARGET_INVALID`, `KEY_LIMIT_REACHED`.
 */
export async function createClient(
  deps: ClientDeps,
  { name, provider: id, lifeDays, networks = [] }: ScimClientCreate,
  by: KeyMaker,
): Promise<Result<Made>> {
  const provider = wantedProvider(deps, id);
  if (!provider.ok) return provider;
  const about = `SCIM: provisions for ${provider.value?.name ?? "an identity provider"}`;
  const service = await deps.keys.createService({ name, about }, by);
  if (!service.ok) return service;
  const client = await bind(deps, { service: service.value, provider: provider.value }, by);
  const body = { name, scopes: ["scim:provision" as const], lifeDays, networks };
  const key = await deps.keys.createFor({ id: client.id, body }, by);
  if (key.ok) return ok({ client, secret: key.value.secret });
  await removeClient(deps, client.id, by);
  return key;
}

/** Ends its keys and its account; the people it provisioned keep theirs. Refusal `NOT_FOUND`. */
export async function removeClient(deps: ClientDeps, id: string, by: KeyMaker): Promise<Result<undefined>> {
  const ended = await deps.database.audited(
    {
      type: "scim.client_removed",
      actor: by.caller.actor,
      object: { kind: "service", id },
      requestId: by.requestId,
      before: "active",
    },
    async (tx): Promise<Result<undefined>> =>
      (await endClient(tx, id, deps.clock.now())) === undefined
        ? refuse("NOT_FOUND", `there is no SCIM client ${id}`)
        : ok(undefined),
  );
  if (!ended.ok) return ended;
  const disabled = await deps.keys.changeService({ id, change: { active: false } }, by);
  return disabled.ok ? ok(undefined) : disabled;
}

/**
 * The client behind a request: a service account that is bound, never a person, whatever they hold. A provider that left
 * the settings provisions nobody: without its table nobody knows what its groups give. Refusal `NOT_PERMITTED`.
 */
export async function clientOf(
  deps: ProvisioningDeps,
  { actor }: Pick<Caller, "actor">,
  requestId: string,
): Promise<Result<ProvisioningClient>> {
  const denied = (why: string) => refuse("NOT_PERMITTED", why, { permission: "scim:provision" });
  const row = actor.kind === "automation" ? await findClient(deps.database.read, actor.id) : undefined;
  if (row === undefined) return denied("only a SCIM client provisions: make one under Users, or with tyr scim");
  const provider = providerOf(deps, row.issuer);
  if (provider === undefined && !row.issuer.startsWith(OWN_ISSUER))
    return denied("the identity provider of this client is no longer in the settings of sign-in");
  return ok({ by: { actor, requestId }, issuer: row.issuer, provider });
}
