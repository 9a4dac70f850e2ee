import { permissionsOf, type KeyCreate, type Result, type Role, type TokenAnswer } from "@tyr/contract";
import { sql } from "kysely";
import type { fixedClock } from "#platform/clock";
import type { TestDatabase } from "#platform/testing";
import { createIdentity, type Identity, type IdentityDeps } from "../../create-identity.ts";
import { createKeys, type KeyMaker, type Keys } from "../../keys/index.ts";
import { createTokens, type Tokens, type TokenSettings } from "../index.ts";

const PASSWORD = "the kettle sang at noon";
export const START = "2026-11-02T08:00:00.000Z";
export const PUBLIC_URL = "https://tyr.example.org";
export const HERE = { address: "192.0.2.7", requestId: "r-1" };
export const ES256: TokenSettings = { algorithm: "ES256", rsaBits: 3_072, lifeMinutes: 10 };
const TABLES =
  "refresh_token token_family token_key api_key_secret api_key service_account session subject audit_intake";

export type Made = Readonly<{ id: string; secret: string }>;
export type TokenWorld = Readonly<{
  identity: Identity;
  keys: Keys;
  tokens: Tokens;
  /** The first administrator. */
  ada: KeyMaker;
  addUser(name: string, roles: Role[]): Promise<KeyMaker>;
  ownKey(more?: Partial<KeyCreate>, by?: KeyMaker): Promise<Made>;
  serviceKey(more?: Partial<KeyCreate>, by?: KeyMaker): Promise<Made & Readonly<{ service: string }>>;
  /** Tokens for a key; throws when they are refused. */
  get(key: Made, scope?: string): Promise<TokenAnswer>;
  renewable(key: Made, scope?: string): Promise<TokenAnswer & Readonly<{ refresh_token: string }>>;
  refresh(key: Made, token: string, scope?: string): Promise<Result<TokenAnswer>>;
  /** Another process on the same database. */
  another(settings?: TokenSettings): Promise<Tokens>;
}>;

export function need<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.refusal.code}: ${result.refusal.detail}`);
  return result.value;
}

/** For tests: an empty installation with one administrator and a server of tokens. */
export async function openTokenWorld(
  { db }: TestDatabase,
  deps: IdentityDeps,
  clock: ReturnType<typeof fixedClock>,
): Promise<TokenWorld> {
  await db.bookkeep("counters", async (tx) => {
    for (const table of TABLES.split(" ")) await sql.raw(`delete from ${table}`).execute(tx);
    await sql`delete from sealed_secret where owner_table = 'token_key'`.execute(tx);
  });
  clock.set(START);
  const identity = await createIdentity(deps);
  const keys = createKeys({ database: db, clock });
  const another = async (settings = ES256): Promise<Tokens> =>
    await createTokens({ database: db, clock, vault: deps.vault, keys, publicUrl: PUBLIC_URL, settings });
  const tokens = await another();
  const body = { token: identity.setUp.token ?? "", name: "ada", password: PASSWORD };
  const done = need(await identity.setUp.complete(body, { address: "192.0.2.7", userAgent: null, requestId: "r" }));
  const caller = await identity.authenticate(done.token);
  if (caller === undefined) throw new Error("not set up");
  const ada: KeyMaker = { caller, requestId: "r-0" };
  let made = 0;
  const wish = (more: Partial<KeyCreate>): KeyCreate => ({ name: "k", scopes: ["event:read"], lifeDays: 90, ...more });
  const asked = (key: Made, scope?: string) => ({ client: { id: key.id, secret: key.secret }, scope, ...HERE });
  const get: TokenWorld["get"] = async (key, scope) => need(await tokens.issue(asked(key, scope)));
  return {
    identity,
    keys,
    tokens,
    ada,
    async addUser(name, roles) {
      const by = { actor: ada.caller.actor, requestId: "r-3" };
      const { id } = need(await identity.createUser({ name, password: PASSWORD, roles }, by));
      const actor = { kind: "person", id, name } as const;
      return { caller: { actor, permissions: permissionsOf(roles), roles }, requestId: "r-4" };
    },
    async ownKey(more = {}, by = ada) {
      const { key, secret } = need(await keys.create(wish(more), by));
      return { id: key.id, secret };
    },
    async serviceKey(more = {}, by = ada) {
      const service = need(await keys.createService({ name: `svc ${(made += 1)}` }, by));
      const { key, secret } = need(await keys.createFor({ id: service.id, body: wish(more) }, by));
      return { id: key.id, secret, service: service.id };
    },
    get,
    async renewable(key, scope = "offline_access") {
      const answer = await get(key, scope);
      return { ...answer, refresh_token: answer.refresh_token ?? "" };
    },
    refresh: async (key, token, scope) => await tokens.refresh(token, asked(key, scope)),
    another,
  };
}
