import { createPublicKey, verify, type JsonWebKey } from "node:crypto";
import { createServer, type AddressInfo } from "node:net";
import {
  routes,
  type Client,
  type KeyCreate,
  type RouteDefinition,
  type TokenAnswer,
  type TokenServer,
} from "@tyr/contract";
import { createRemoteJWKSet, jwtVerify } from "jose";
import * as oauth from "openid-client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fromElsewhere } from "./audit-world.ts";
import { builtDirectory } from "./built-directory.ts";
import { makeUser, setUp, startServer, type ServerProcess } from "./server-process.ts";

/** The composed program, as a client of its API meets it: over HTTP, by the addresses its metadata gives. */
const dir = await builtDirectory();
let server: ServerProcess;
let admin: Client;
let port: number;

/** The issuer is where the server is reached, so that its port has to be known before it starts. */
async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => void probe.listen(0, "127.0.0.1", resolve));
  const { port: free } = probe.address() as AddressInfo;
  await new Promise((resolve) => void probe.close(resolve));
  return free;
}

const start = async (): Promise<ServerProcess> =>
  await startServer({
    dataDir: dir.path,
    args: ["--no-sample", "--port", String(port)],
    env: { TYR_TRUST_PROXY: "127.0.0.0/8" },
  });

beforeAll(async () => {
  port = await freePort();
  server = await start();
  admin = await setUp(server);
});
afterAll(async () => {
  await server.kill();
  dir[Symbol.dispose]();
});

type Made = Readonly<{ id: string; secret: string }>;

async function ownKey(scopes: KeyCreate["scopes"], by = admin): Promise<Made> {
  const made = await by.call("key.create", { body: { name: "client", scopes, lifeDays: 1 } });
  return { id: made.key.id, secret: made.secret };
}

async function post(path: string, fields: Record<string, string>, headers: Record<string, string> = {}) {
  const body = new URLSearchParams(fields);
  return await fetch(`${server.url}${path}`, { method: "POST", body, headers: { ...fromElsewhere(), ...headers } });
}

async function tokenOf(key: Made, more: Record<string, string> = {}): Promise<TokenAnswer> {
  const grant = { grant_type: "client_credentials", client_id: key.id, client_secret: key.secret, ...more };
  const response = await post("/oauth/token", grant);
  expect(response.status).toBe(200);
  return (await response.json()) as TokenAnswer;
}

const renew = async (key: Made, token: string): Promise<Response> =>
  await post("/oauth/token", {
    grant_type: "refresh_token",
    refresh_token: token,
    client_id: key.id,
    client_secret: key.secret,
  });

async function asks(path: string, token: string, method = "GET"): Promise<Response> {
  return await fetch(`${server.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, ...fromElsewhere() },
  });
}

async function read<T>(path: string): Promise<T> {
  return (await (await fetch(`${server.url}${path}`)).json()) as T;
}

/** A second reading of RFC 7515 and 7518 with nothing but node:crypto. */
function verifiedByHand(token: string, keys: readonly (JsonWebKey & { kid: string })[]): Record<string, unknown> {
  const [head = "", body = "", signature = ""] = token.split(".");
  const { alg, kid } = JSON.parse(Buffer.from(head, "base64url").toString()) as { alg: string; kid: string };
  const jwk = keys.find((one) => one.kid === kid);
  if (alg !== "ES256" || jwk === undefined) throw new Error("no such key");
  const key = createPublicKey({ key: jwk, format: "jwk" });
  const bytes = Buffer.from(signature, "base64url");
  if (!verify("sha256", Buffer.from(`${head}.${body}`), { key, dsaEncoding: "ieee-p1363" }, bytes))
    throw new Error("wrong signature");
  return JSON.parse(Buffer.from(body, "base64url").toString()) as Record<string, unknown>;
}

describe("a client of the API", () => {
  test("finds by the metadata where tokens are, and others verify them by the published keys", async () => {
    const metadata = await read<TokenServer>("/.well-known/oauth-authorization-server");
    expect(metadata).toMatchObject({
      issuer: server.url,
      grant_types_supported: ["client_credentials", "refresh_token"],
    });
    const key = await ownKey(["incident:read", "event:read"]);
    const basic = Buffer.from(`${key.id}:${key.secret}`).toString("base64");
    const response = await fetch(metadata.token_endpoint, {
      method: "POST",
      headers: { authorization: `Basic ${basic}`, ...fromElsewhere() },
      body: new URLSearchParams({ grant_type: "client_credentials", scope: "incident:read" }),
    });
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(response.headers.get("pragma")).toBe("no-cache");
    const { access_token, expires_in, scope } = (await response.json()) as TokenAnswer;
    expect([expires_in, scope]).toEqual([600, "incident:read"]);
    const remote = createRemoteJWKSet(new URL(metadata.jwks_uri));
    const audience = `${server.url}/api`;
    const options = { issuer: server.url, audience, typ: "at+jwt", algorithms: ["ES256"] };
    const { payload } = await jwtVerify(access_token, remote, options);
    expect(payload).toMatchObject({ client_id: key.id, scope: "incident:read" });
    const { keys } = await read<{ keys: (JsonWebKey & { kid: string })[] }>("/.well-known/jwks.json");
    expect(verifiedByHand(access_token, keys)).toEqual(payload);
    const answered = await fetch(metadata.jwks_uri);
    expect(answered.headers.get("cache-control")).toBe("public, max-age=300");
    expect((await asks("/api/v1/incidents", access_token)).status).toBe(200);
    expect((await asks("/api/v1/events", access_token)).status).toBe(403);
  });

  test("may be any OAuth library that knows nothing of us but the issuer", async () => {
    const key = await ownKey(["incident:read"]);
    for (const authentication of [oauth.ClientSecretBasic(key.secret), oauth.ClientSecretPost(key.secret)]) {
      const options = { algorithm: "oauth2" as const, execute: [oauth.allowInsecureRequests] };
      const client = await oauth.discovery(new URL(server.url), key.id, key.secret, authentication, options);
      const first = await oauth.clientCredentialsGrant(client, { scope: "incident:read offline_access" });
      const second = await oauth.refreshTokenGrant(client, first.refresh_token ?? "");
      const url = new URL("/api/v1/incidents", server.url);
      expect((await oauth.fetchProtectedResource(client, second.access_token, url, "GET")).status).toBe(200);
      await oauth.tokenRevocation(client, second.refresh_token ?? "");
      await expect(oauth.fetchProtectedResource(client, second.access_token, url, "GET")).rejects.toMatchObject({
        status: 401,
      });
      await expect(oauth.refreshTokenGrant(client, second.refresh_token ?? "")).rejects.toMatchObject({
        error: "invalid_grant",
      });
      await expect(oauth.clientCredentialsGrant(client, { scope: "user:write" })).rejects.toMatchObject({
        error: "invalid_scope",
      });
    }
  });

  test("never reaches with a token what asks for a person: approvals, step-up, keys, sessions, the live feed", async () => {
    const { access_token } = await tokenOf(
      await ownKey(["incident:read", "secret:rotate", "mode:write", "audit:read"]),
    );
    const held = ["incident:read", "secret:rotate", "mode:write", "audit:read"];
    const id = "act_0190a3b4-1111-7222-8333-444455556666";
    for (const route of Object.values<RouteDefinition>(routes)) {
      const asksPerson = route.stepUp !== undefined || /:(own|approve)$|^(user|role):write$/.test(route.needs);
      if (!asksPerson || route.needs === "public" || route.body === "raw") continue;
      const path = route.path.replace(/:[a-z]+/gi, id);
      const response = await asks(path, access_token, route.method);
      const { code } = (await response.json()) as { code: string };
      const expected = held.includes(route.needs) ? "STEP_UP_NEEDED" : "NOT_PERMITTED";
      expect([route.method, route.path, response.status, code]).toEqual([route.method, route.path, 403, expected]);
    }
    const live = await asks("/api/v1/live", access_token);
    expect(live.status).toBe(403);
  });

  test("is told in the words of RFC 6749 what was wrong, and 401 says how to authenticate", async () => {
    const key = await ownKey(["incident:read"]);
    const good = { grant_type: "client_credentials", client_id: key.id, client_secret: key.secret };
    const cases: readonly [Record<string, string>, number, string][] = [
      [{}, 400, "invalid_request"],
      [{ grant_type: "client_credentials" }, 401, "invalid_client"],
      [{ ...good, client_secret: "wrong" }, 401, "invalid_client"],
      [{ ...good, grant_type: "password" }, 400, "unsupported_grant_type"],
      [{ ...good, grant_type: "authorization_code" }, 400, "unsupported_grant_type"],
      [{ ...good, grant_type: "refresh_token" }, 400, "invalid_request"],
      [{ ...good, grant_type: "refresh_token", refresh_token: "made-up" }, 400, "invalid_grant"],
      [{ ...good, scope: "action:approve" }, 400, "invalid_scope"],
    ];
    for (const [fields, status, error] of cases) {
      const response = await post("/oauth/token", fields);
      const body = (await response.json()) as Record<string, string>;
      expect([fields, response.status, body["error"]]).toEqual([fields, status, error]);
      expect(body["error_description"]).toMatch(/^[ !#-[\]-~]+$/);
      expect(response.headers.get("cache-control")).toBe("no-store");
      expect(response.headers.get("www-authenticate")).toBe(status === 401 ? 'Basic realm="tyr"' : null);
    }
    const json = await fetch(`${server.url}/oauth/token`, {
      method: "POST",
      headers: { "content-type": "application/json", ...fromElsewhere() },
      body: JSON.stringify(good),
    });
    expect([json.status, await json.json()]).toEqual([
      415,
      { error: "invalid_request", error_description: expect.anything() },
    ]);
    const forged = await asks("/api/v1/incidents", "eyJhbGciOiJub25lIn0.e30.");
    expect(forged.status).toBe(401);
    expect(forged.headers.get("www-authenticate")).toBe('Bearer realm="tyr", error="invalid_token"');
  });

  test("may try some wrong secrets from one address, then waits; clients elsewhere do not", async () => {
    const from = { "x-forwarded-for": "198.51.100.77" };
    const fields = { grant_type: "client_credentials", client_id: "key_x", client_secret: "wrong" };
    const tries = Array.from({ length: 160 }, async () => await post("/oauth/token", fields, from));
    const answers = await Promise.all(tries);
    const statuses = new Set(answers.map(({ status }) => status));
    expect(statuses).toEqual(new Set([401, 429]));
    const limited = answers.find(({ status }) => status === 429);
    expect(await limited?.json()).toMatchObject({ error: "temporarily_unavailable" });
    expect(Number(limited?.headers.get("retry-after"))).toBeGreaterThan(0);
    await Promise.all(answers.filter(({ bodyUsed }) => !bodyUsed).map(async (one) => await one.arrayBuffer()));
    expect((await post("/oauth/token", fields)).status).toBe(401);
  });

  test("is refused with a token in the address, whatever else it sends", async () => {
    const { access_token, refresh_token = "" } = await tokenOf(await ownKey(["incident:read"]), {
      scope: "incident:read offline_access",
    });
    for (const path of [`/api/v1/incidents?access_token=${access_token}`, `/api/v1/incidents?t=${refresh_token}`]) {
      const response = await asks(path, access_token);
      expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([400, "KEY_IN_URL"]);
    }
    const elsewhere = await fetch(`${server.url}/?code=${access_token.replace(/^[^.]+/, "eyJhbGciOiJFUzI1NiJ9")}`);
    expect(elsewhere.status).not.toBe(400);
  });

  test("loses everything within one request when its person is disabled", async () => {
    const leaver = { name: "leaver", roles: ["analyst" as const], headers: fromElsewhere() };
    const { id, token } = await makeUser(admin, server.url, leaver);
    const response = await fetch(`${server.url}/api/v1/keys`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify({ name: "theirs", scopes: ["incident:read"], lifeDays: 1 }),
    });
    const made = (await response.json()) as { key: { id: string }; secret: string };
    const key = { id: made.key.id, secret: made.secret };
    const { access_token, refresh_token = "" } = await tokenOf(key, { scope: "incident:read offline_access" });
    expect((await asks("/api/v1/incidents", access_token)).status).toBe(200);
    await admin.call("user.change", { params: { id }, body: { active: false } });
    expect((await asks("/api/v1/incidents", access_token)).status).toBe(401);
    expect((await renew(key, refresh_token)).status).toBe(401);
    const { items } = await admin.call("token.listAll", {});
    expect(items.filter(({ keyId }) => keyId === key.id)).toMatchObject([{ state: "ended" }]);
  });

  test("goes on with its tokens after the server was killed, and a refresh token that was used stays used", async () => {
    const key = await ownKey(["incident:read"]);
    const first = await tokenOf(key, { scope: "incident:read offline_access" });
    const second = (await (await renew(key, first.refresh_token ?? "")).json()) as TokenAnswer;
    // One is on its way while the process dies: it happened wholly or not at all.
    const dying = renew(key, second.refresh_token ?? "").then(
      async (response) => ((await response.json()) as TokenAnswer).refresh_token,
      () => undefined,
    );
    await server.kill();
    const third = await dying;
    server = await start();
    expect((await asks("/api/v1/incidents", first.access_token)).status).toBe(200);
    const again = await renew(key, third ?? second.refresh_token ?? "");
    const logged = async (): Promise<number> => {
      const { items } = await admin.call("audit.events", { query: { type: "token.refreshed", limit: 100 } });
      return items.filter(({ details }) => details["client"] === key.id).length;
    };
    // Unanswered and committed, the token counts as used: the client begins anew with its key.
    expect(third === undefined ? [200, 400] : [200]).toContain(again.status);
    await expect.poll(logged, { timeout: 10_000 }).toBe(again.status === 200 && third !== undefined ? 3 : 2);
    const copied = await renew(key, first.refresh_token ?? "");
    expect(await copied.json()).toMatchObject({ error: "invalid_grant" });
    expect((await asks("/api/v1/incidents", first.access_token)).status).toBe(401);
    expect((await tokenOf(key)).expires_in).toBe(600);
  });
});
