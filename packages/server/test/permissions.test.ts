import { permissionsOf, ROLE_NAMES, routes, type Client, type Role, type RouteDefinition } from "@tyr/contract";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fromElsewhere } from "./audit-world.ts";
import { builtDirectory } from "./built-directory.ts";
import { makeUser, setUp, startServer, type ServerProcess } from "./server-process.ts";

/**
 * The whole table of permissions against the composed program, with the sessions and keys people and programs hold.
 * Nothing is changed on the way: paths name what does not exist, bodies are empty, and whoever is let in is told so.
 */
const dir = await builtDirectory();
let server: ServerProcess;
const credentials = new Map<string, Readonly<Record<string, string>>>();
const KEYS = { sensor: "event:write", enforcer: "block:enforce" } as const;

/** What a client got for a key of an administrator: what its scopes say, and nothing else of what administrators may. */
const SCOPES = ["event:read", "incident:write", "audit:read"] as const;
async function accessTokenOf(admin: Client): Promise<string> {
  const { key, secret } = await admin.call("key.create", {
    body: { name: "client", scopes: [...SCOPES], lifeDays: 1 },
  });
  const fields = { grant_type: "client_credentials", client_id: key.id, client_secret: secret };
  const response = await fetch(`${server.url}/oauth/token`, { method: "POST", body: new URLSearchParams(fields) });
  return ((await response.json()) as { access_token: string }).access_token;
}

beforeAll(async () => {
  server = await startServer({
    dataDir: dir.path,
    args: ["--no-sample"],
    env: { TYR_TRUST_PROXY: "127.0.0.0/8" },
  });
  const admin: Client = await setUp(server);
  for (const role of ROLE_NAMES) {
    const { token } = await makeUser(admin, server.url, { name: `one.${role}`, roles: [role] });
    credentials.set(role, { authorization: `Bearer ${token}` });
  }
  const sensor = await admin.call("sensor.create", { body: { name: "gate", kind: "ssh" } });
  credentials.set("sensor", { "x-tyr-key": sensor.key });
  const enforcer = await admin.call("enforcer.create", { body: { name: "edge" } });
  credentials.set("enforcer", { "x-api-key": enforcer.key });
  credentials.set("access token", { authorization: `Bearer ${await accessTokenOf(admin)}` });
});
afterAll(async () => {
  await server.kill();
  dir[Symbol.dispose]();
});

function pathOf({ path }: RouteDefinition): string {
  return path.replace(/:[a-z]+/gi, "nothing").replace("*", "nothing");
}

function mayEnter(caller: string, needs: RouteDefinition["needs"]): boolean {
  if (needs === "public") return true;
  if (caller === "nobody") return false;
  if (caller === "sensor" || caller === "enforcer") return KEYS[caller] === needs;
  if (caller === "access token") return (SCOPES as readonly string[]).includes(needs);
  return permissionsOf([caller as Role]).has(needs);
}

/** Ending the session would end the test of it; signing in and setting up have limits of their own. */
const LEFT_OUT = new Set(["session.logout", "sso.logout", "session.login", "setup.complete", "live.connect"]);
const places = Object.entries<RouteDefinition>(routes)
  .filter(([id]) => !LEFT_OUT.has(id))
  // Accounts of a provider are for the key of its client, whatever permission somebody else holds: see the tests of SCIM.
  .filter(([id]) => !/^scim\..*(?:User|Group)/.test(id))
  .flatMap(([id, route]) => {
    const methods = route.method === "GET" ? ["GET", "HEAD"] : [route.method];
    return methods.map((method) => ({ id, method, route }));
  });

test.each(["nobody", ...ROLE_NAMES, "sensor", "enforcer", "access token"])(
  "%s enters exactly where the table says",
  async (caller) => {
    const wrong: unknown[] = [];
    for (const { id, method, route } of places) {
      if (route.needs === "public" && caller !== "nobody") continue;
      const isJson = route.body !== undefined && route.body !== "raw";
      const response = await fetch(`${server.url}${pathOf(route)}`, {
        method,
        // From many addresses: how often one may be wrong about who it is has tests of its own.
        headers: {
          ...credentials.get(caller),
          ...fromElsewhere(),
          ...(isJson ? { "content-type": "application/json" } : {}),
        },
        ...(isJson ? { body: "{}" } : {}),
      });
      await response.arrayBuffer();
      const isLetIn = response.status !== 401 && response.status !== 403;
      if (isLetIn !== mayEnter(caller, route.needs) || response.status >= 500)
        wrong.push([method, id, response.status]);
    }
    expect(wrong).toEqual([]);
  },
);
