import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { routes, type Client, type GroupId, type Problem } from "@tyr/contract";
import SCIMMY from "scimmy";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { builtDirectory } from "./built-directory.ts";
import { clientOf, makeUser, PASSWORD, setUp, startServer, type ServerProcess } from "./server-process.ts";

/** The composed program, spoken to as Entra ID and Okta speak: their requests are written down here from their documentation. */
const dir = await builtDirectory();
const ENTRA = "https://login.microsoftonline.com/9122040d-6c67-4c5b-b112-36a304b66dad/v2.0";
const OKTA = "https://example.okta.com";
const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const PATCH = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"];

let server: ServerProcess;
let admin: Client;
beforeAll(async () => {
  const common = { clientId: "tyr", scim: {} };
  const providers = [
    {
      ...common,
      id: "entra",
      name: "Entra",
      issuer: ENTRA,
      roles: { "oid-soc": ["analyst"], "oid-chiefs": ["admin"] },
    },
    { ...common, id: "okta", name: "Okta", issuer: OKTA, roles: { Responders: ["analyst", "executor"] } },
  ];
  const ssoFile = join(dir.path, "sso.json");
  writeFileSync(ssoFile, JSON.stringify({ providers }));
  server = await startServer({
    dataDir: join(dir.path, "data"),
    args: ["--no-sample"],
    env: { TYR_SSO_FILE: ssoFile },
  });
  admin = await setUp(server);
});
afterAll(async () => {
  await server.kill();
  dir[Symbol.dispose]();
});

type Json = Record<string, unknown>;
type Answer = Readonly<{ status: number; body: Json; headers: Headers }>;
/** A body with headers of its own. */
class Headed {
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
  constructor(body: unknown, headers: Readonly<Record<string, string>>) {
    this.body = body;
    this.headers = headers;
  }
}
const headed = (body: unknown, headers: Readonly<Record<string, string>>): Headed => new Headed(body, headers);
type Scim = (method: string, path: string, body?: unknown) => Promise<Answer>;

let names = 0;
const fresh = (what: string): string => `${what}${(names += 1)}`;

async function scimAs(provider: string): Promise<Scim> {
  const { secret } = await admin.call("scimClient.create", {
    body: { name: fresh(`${provider}-`), provider, lifeDays: 30 },
  });
  return async (method, path, sent) => {
    const { body, headers } = sent instanceof Headed ? sent : { body: sent, headers: {} };
    const response = await fetch(`${server.url}/scim/v2${path}`, {
      method,
      headers: { authorization: `Bearer ${secret}`, "content-type": "application/scim+json", ...headers },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === "" ? {} : (JSON.parse(text) as Json), headers: response.headers };
  };
}

/** What Entra ID's provisioning sends to make a user (Microsoft Learn, "Develop a SCIM endpoint"). */
function entraUser(userName: string, externalId: string): Json {
  return {
    schemas: [USER, ENTERPRISE],
    externalId,
    userName,
    active: true,
    displayName: "Lennart",
    emails: [{ primary: true, type: "work", value: `${userName}@example.org` }],
    meta: { resourceType: "User" },
    name: { formatted: "Lennart F", familyName: "F", givenName: "Lennart" },
    roles: [],
    title: "Analyst",
    [ENTERPRISE]: { department: "SOC" },
  };
}

const patch = (...Operations: Json[]): Json => ({ schemas: PATCH, Operations });
const problemOf = async (work: Promise<unknown>): Promise<string> =>
  await work.then(
    () => "done",
    (error: unknown) => (error as { problem: Problem }).problem.code,
  );

async function entriesBy(requestId: string) {
  const { items } = await admin.call("audit.list", { query: { limit: 500 } });
  return items.filter((entry) => entry.requestId === requestId);
}

describe("Entra ID", () => {
  let scim: Scim;
  let id: string;
  const userName = "lennart@example.org";
  beforeAll(async () => void (scim = await scimAs("entra")));

  test("tests the connection by asking for somebody who is not there", async () => {
    const query = encodeURIComponent('userName eq "7f1b7a0a-not-there"');
    const answer = await scim("GET", `/Users?filter=${query}`);
    expect(answer).toMatchObject({ status: 200, body: { totalResults: 0, Resources: [] } });
    expect(answer.headers.get("content-type")).toContain("application/scim+json");
  });

  test("makes a user, who has no password and no role, and finds them by name and by id", async () => {
    const made = await scim(
      "POST",
      "/Users",
      headed(entraUser(userName, "oid-lennart"), { "x-request-id": "scim.make" }),
    );
    expect(made).toMatchObject({
      status: 201,
      body: { userName, active: true, externalId: "oid-lennart", groups: [] },
    });
    expect(made.headers.get("location")).toMatch(/\/scim\/v2\/Users\/usr_/);
    expect(made.headers.get("etag")).toBe('W/"1"');
    expect(JSON.stringify(made.body)).not.toContain("password");
    id = String(made.body["id"]);
    expect(await entriesBy("scim.make")).toMatchObject([
      { type: "user.created", actor: { kind: "automation" }, object: { kind: "subject", id }, outcome: "success" },
    ]);
    const user = (await admin.call("user.list", {})).items.find((one) => one.id === id);
    expect(user).toMatchObject({ name: userName, roles: [], active: true, managedBy: { name: "Entra", roles: true } });
    for (const filter of [`userName eq "${userName.toUpperCase()}"`, 'externalId eq "oid-lennart"', `id eq "${id}"`]) {
      const found = await scim("GET", `/Users?filter=${encodeURIComponent(filter)}`);
      expect([filter, found.body["totalResults"]]).toEqual([filter, 1]);
    }
  });

  test("is told when a name or an id is taken, in whatever case, by whomever", async () => {
    for (const [name, oid] of [
      ["LENNART@example.org", "oid-2"],
      ["other", "oid-lennart"],
      ["ALICE", "oid-3"],
    ] as const) {
      const again = await scim("POST", "/Users", entraUser(name, oid));
      expect(again).toMatchObject({ status: 409, body: { scimType: "uniqueness", status: "409" } });
    }
  });

  test("changes attributes with capitals and texts for booleans, and each change leaves one entry without values", async () => {
    const changed = await scim(
      "PATCH",
      `/Users/${id}`,
      headed(
        patch(
          { op: "Replace", path: "displayName", value: "Lennart the Second" },
          { op: "Add", path: 'emails[type eq "work"].value', value: "l2@example.org" },
          { op: "Replace", path: "title", value: "ignored" },
          { op: "Replace", path: "active", value: "True" },
        ),
        { "x-request-id": "scim.change" },
      ),
    );
    expect(changed).toMatchObject({
      status: 200,
      body: { displayName: "Lennart the Second", emails: [{ value: "l2@example.org", type: "work" }], active: true },
    });
    const entries = await entriesBy("scim.change");
    expect(entries).toMatchObject([
      { type: "user.changed", details: { attributes: ["displayName", "emails"], version: 2 } },
    ]);
    expect(JSON.stringify(entries)).not.toContain("l2@example.org");
    const same = await scim(
      "PATCH",
      `/Users/${id}`,
      headed(patch({ op: "Replace", path: "active", value: "True" }), {
        "x-request-id": "scim.same",
      }),
    );
    expect(same.status).toBe(200);
    expect(await entriesBy("scim.same")).toEqual([]);
  });

  test("makes groups by their object ids, whose members have the roles mapped to them, and no others", async () => {
    const group = await scim("POST", "/Groups", {
      schemas: [GROUP, "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],
      externalId: "oid-soc",
      displayName: "SOC Oslo",
      meta: { resourceType: "Group" },
    });
    expect(group).toMatchObject({ status: 201, body: { displayName: "SOC Oslo", members: [] } });
    const groupId = String(group.body["id"]);
    const decoy = await scim("POST", "/Groups", { schemas: [GROUP], externalId: "oid-x", displayName: "oid-chiefs" });
    const add = patch({ op: "Add", path: "members", value: [{ $ref: null, value: id }] });
    const rolesOf = async () => (await admin.call("user.list", {})).items.find((one) => one.id === id)?.roles;
    expect((await scim("PATCH", `/Groups/${groupId}`, headed(add, { "x-request-id": "scim.join" }))).status).toBe(200);
    expect(await rolesOf()).toEqual(["analyst"]);
    expect(await entriesBy("scim.join")).toMatchObject([
      { type: "user.changed", object: { id }, before: "active: ", after: "active: analyst" },
      { type: "group.changed", before: "SOC Oslo: 0 members", after: "SOC Oslo: 1 member", details: { added: [id] } },
    ]);
    // A group that is called like the id of another gives nothing.
    await scim("PATCH", `/Groups/${String(decoy.body["id"])}`, add);
    expect(await rolesOf()).toEqual(["analyst"]);
    const query = encodeURIComponent(`id eq "${groupId}" and members eq "${id}"`);
    expect((await scim("GET", `/Groups?excludedAttributes=members&filter=${query}`)).body).toMatchObject({
      totalResults: 1,
      Resources: [expect.not.objectContaining({ members: expect.anything() })],
    });
    const leave = patch({ op: "Remove", path: `members[value eq "${id}"]` });
    await scim("PATCH", `/Groups/${groupId}`, leave);
    expect(await rolesOf()).toEqual([]);
    await scim("PATCH", `/Groups/${groupId}`, add);
    expect((await scim("DELETE", `/Groups/${groupId}`)).status).toBe(204);
    expect(await rolesOf()).toEqual([]);
  });

  test("soft-deletes, deletes for good, and whoever comes back is who they were", async () => {
    const off = await scim("PATCH", `/Users/${id}`, patch({ op: "Replace", path: "active", value: "False" }));
    expect(off).toMatchObject({ status: 200, body: { active: false } });
    expect((await scim("DELETE", `/Users/${id}`)).status).toBe(204);
    expect(await scim("GET", `/Users/${id}`)).toMatchObject({ status: 404, body: { status: "404" } });
    expect((await scim("PATCH", `/Users/${id}`, patch({ op: "replace", path: "active", value: true }))).status).toBe(
      404,
    );
    // The name is free for somebody else, who is somebody else.
    const namesake = await scim("POST", "/Users", entraUser(userName, "oid-other"));
    expect(namesake.status).toBe(201);
    expect(namesake.body["id"]).not.toBe(id);
    const back = await scim("POST", "/Users", entraUser("lennart.again", "oid-lennart"));
    expect(back).toMatchObject({ status: 201, body: { id, userName: "lennart.again", active: true } });
  });
});

describe("Okta", () => {
  let scim: Scim;
  beforeAll(async () => void (scim = await scimAs("okta")));

  test("looks for a user, makes them, updates the whole of them and deactivates without a path", async () => {
    const name = "isaac.brock@example.org";
    const asked = `/Users?filter=${encodeURIComponent(`userName eq "${name}"`)}&startIndex=1&count=100`;
    expect((await scim("GET", asked)).body).toMatchObject({ totalResults: 0, startIndex: 1 });
    const made = await scim("POST", "/Users", {
      schemas: [USER],
      userName: name,
      name: { givenName: "Isaac", familyName: "Brock" },
      emails: [{ primary: true, value: name, type: "work" }],
      displayName: "Isaac Brock",
      locale: "en-US",
      externalId: "00ujl29u0le5T6Aj10h7",
      groups: [],
      password: "1mz050nq",
      active: true,
    });
    expect(made).toMatchObject({ status: 201, body: { name: { givenName: "Isaac", familyName: "Brock" } } });
    const place = `/Users/${String(made.body["id"])}`;
    const put = {
      schemas: [USER],
      id: made.body["id"],
      userName: name,
      name: { givenName: "Isaac", familyName: "B" },
      active: true,
    };
    expect(await scim("PUT", place, put)).toMatchObject({
      status: 200,
      body: { name: { familyName: "B" }, externalId: "00ujl29u0le5T6Aj10h7" },
    });
    const off = await scim("PATCH", place, patch({ op: "replace", value: { active: false } }));
    expect(off).toMatchObject({ status: 200, body: { active: false } });
    const login = { name, password: "1mz050nq", token: true };
    expect(await problemOf(clientOf(server.url).call("session.login", { body: login }))).toBe("LOGIN_FAILED");
  });

  test("pushes a group by name, renames it with its id in the value, and takes members away in brackets", async () => {
    const [one, two] = await Promise.all(
      ["a", "b"].map(
        async (letter) => (await scim("POST", "/Users", entraUser(fresh("okta.user"), `00u${letter}`))).body,
      ),
    );
    const members = [one, two].map((user) => ({ value: user?.["id"], display: user?.["userName"] }));
    const made = await scim("POST", "/Groups", { schemas: [GROUP], displayName: "Responders", members });
    expect(made).toMatchObject({ status: 201, body: { members: [{ type: "User" }, { type: "User" }] } });
    const id = made.body["id"] as GroupId;
    const roles = async () => {
      const { items } = await admin.call("user.list", {});
      return [one, two].map((user) => items.find((all) => all.id === user?.["id"])?.roles.join());
    };
    expect(await roles()).toEqual(["analyst,executor", "analyst,executor"]);
    await scim("PATCH", `/Groups/${id}`, patch({ op: "remove", path: `members[value eq "${String(one?.["id"])}"]` }));
    expect(await roles()).toEqual(["", "analyst,executor"]);
    const renamed = await scim(
      "PATCH",
      `/Groups/${id}`,
      patch({ op: "replace", value: { id, displayName: "Others" } }),
    );
    expect(renamed).toMatchObject({ status: 200, body: { displayName: "Others" } });
    expect(await roles()).toEqual(["", ""]);
  });
});

describe("two providers", () => {
  test("see only their own, and the same id at both is two people", async () => {
    const [entra, okta] = [await scimAs("entra"), await scimAs("okta")];
    const hers = await entra("POST", "/Users", entraUser(fresh("same"), "one-id"));
    const his = await okta("POST", "/Users", entraUser(fresh("same"), "one-id"));
    expect([hers.status, his.status]).toEqual([201, 201]);
    expect(hers.body["id"]).not.toBe(his.body["id"]);
    const place = `/Users/${String(hers.body["id"])}`;
    const off = patch({ op: "replace", path: "active", value: false });
    expect((await okta("GET", place)).status).toBe(404);
    expect((await okta("PATCH", place, off)).status).toBe(404);
    expect((await okta("DELETE", place)).status).toBe(404);
    const group = { schemas: [GROUP], displayName: "strangers", members: [{ value: hers.body["id"] }] };
    expect(await okta("POST", "/Groups", group)).toMatchObject({ status: 400, body: { scimType: "invalidValue" } });
  });

  test("never touch an account that nobody provisioned, whatever its name or address", async () => {
    const scim = await scimAs("entra");
    const { id } = (await admin.call("session.get", {})).user;
    expect((await scim("GET", `/Users/${id}`)).status).toBe(404);
    expect((await scim("DELETE", `/Users/${id}`)).status).toBe(404);
    const group = { schemas: [GROUP], displayName: fresh("g"), members: [{ value: id }] };
    expect((await scim("POST", "/Groups", group)).status).toBe(400);
  });
});

describe("who provisions", () => {
  test("is a SCIM client alone: no administrator, no other key, nobody without one", async () => {
    const made = await admin.call("key.create", {
      body: { name: fresh("k"), scopes: ["scim:provision"], lifeDays: 1 },
    });
    const { token } = await clientOf(server.url).call("session.login", {
      body: { name: "alice", password: PASSWORD, token: true },
    });
    for (const [secret, status] of [
      [made.secret, 403],
      [token, 403],
      ["nonsense", 401],
    ] as const) {
      const headers = { authorization: `Bearer ${String(secret)}` };
      const answer = await fetch(`${server.url}/scim/v2/Users`, { headers });
      expect([answer.status, ((await answer.json()) as Json)["status"]]).toEqual([status, String(status)]);
    }
    expect((await fetch(`${server.url}/scim/v2/Users`)).headers.get("www-authenticate")).toContain("Bearer");
  });

  test("can be ended, and is refused at the next request; a client's key does nothing else", async () => {
    const body = { name: fresh("entra-"), provider: "entra", lifeDays: 1 };
    const { client, secret } = await admin.call("scimClient.create", { body });
    expect((await admin.call("scimClient.list", {})).items).toContainEqual(client);
    const as = clientOf(server.url, secret);
    expect(await problemOf(as.call("user.list", {}))).toBe("NOT_PERMITTED");
    expect(await problemOf(as.call("event.list", { query: {} }))).toBe("NOT_PERMITTED");
    const headers = { authorization: `Bearer ${secret}` };
    expect((await fetch(`${server.url}/scim/v2/Users`, { headers })).status).toBe(200);
    await admin.call("scimClient.remove", { params: { id: client.id } });
    expect((await fetch(`${server.url}/scim/v2/Users`, { headers })).status).toBe(401);
    expect(await problemOf(admin.call("scimClient.create", { body: { ...body, provider: "nobody" } }))).toBe(
      "NOT_FOUND",
    );
  });
});

describe("what a provider owns", () => {
  test("is not changed here: roles its groups give, an account it closed, a password; closing one is", async () => {
    const scim = await scimAs("entra");
    const made = await scim("POST", "/Users", entraUser(fresh("owned"), fresh("oid-owned")));
    const id = made.body["id"] as `usr_${string}`;
    const change = async (body: { roles?: ["viewer"]; active?: boolean }) =>
      await problemOf(admin.call("user.change", { params: { id }, body }));
    expect(await change({ roles: ["viewer"] })).toBe("MANAGED_ELSEWHERE");
    const reset = admin.call("user.resetSignIn", { params: { id }, body: { password: PASSWORD } });
    expect(await problemOf(reset)).toBe("MANAGED_ELSEWHERE");
    expect(await change({ active: false })).toBe("done");
    // The provider says again what it said before: whoever was closed here stays closed.
    const again = await scim("PATCH", `/Users/${id}`, patch({ op: "replace", path: "active", value: true }));
    expect(again.body["active"]).toBe(false);
    expect(await change({ active: true })).toBe("done");
    await scim("PATCH", `/Users/${id}`, patch({ op: "replace", path: "active", value: false }));
    expect(await change({ active: true })).toBe("MANAGED_ELSEWHERE");
  });

  test("includes administrators only where the mapping says so, and never the last one", async () => {
    const scim = await scimAs("entra");
    const made = await scim("POST", "/Users", entraUser(fresh("chief"), fresh("oid-chief")));
    const group = {
      schemas: [GROUP],
      externalId: "oid-chiefs",
      displayName: "Chiefs",
      members: [{ value: made.body["id"] }],
    };
    expect((await scim("POST", "/Groups", group)).status).toBe(201);
    const user = (await admin.call("user.list", {})).items.find((one) => one.id === made.body["id"]);
    expect(user?.roles).toEqual(["admin"]);
  });
});

describe("an account that is deactivated", () => {
  let team: string;
  beforeAll(async () => {
    const group = { schemas: [GROUP], externalId: "oid-soc", displayName: "SOC Bergen" };
    team = String((await (await scimAs("entra"))("POST", "/Groups", group)).body["id"]);
  });

  /** Somebody provisioned who also has a session, a key and a connection: as after a sign-in at the provider. */
  async function somebody(scim: Scim) {
    const name = fresh("leaver");
    const { id, token } = await makeUser(admin, server.url, { name, roles: ["analyst"] });
    const externalId = fresh("oid-leaver");
    await admin.call("sso.link", { params: { id }, body: { provider: "entra", subject: externalId } });
    const as = clientOf(server.url, token);
    const key = await as.call("key.create", { body: { name: fresh("k"), scopes: ["event:read"], lifeDays: 1 } });
    const adopted = await scim("POST", "/Users", entraUser(name, externalId));
    expect(adopted).toMatchObject({ status: 201, body: { id } });
    await scim("PATCH", `/Groups/${team}`, patch({ op: "add", path: "members", value: [{ value: id }] }));
    return { id, token, as, key: clientOf(server.url, key.secret) };
  }

  test("adopts by issuer and id whom an administrator linked, and is out everywhere within one request", async () => {
    const scim = await scimAs("entra");
    const { id, token, as, key } = await somebody(scim);
    const socket = new WebSocket(`${server.url.replace("http", "ws")}/api/v1/live`, {
      headers: { authorization: `Bearer ${token}` },
    });
    const opened = await new Promise<"open" | "refused">((resolve) => {
      socket.once("open", () => resolve("open"));
      socket.once("error", () => resolve("refused"));
    });
    const closed = new Promise<number>((resolve) => void socket.once("close", (code) => resolve(code)));
    expect(await problemOf(as.call("session.get", {}))).toBe("done");
    const off = patch({ op: "Replace", path: "active", value: "False" });
    const answer = await scim("PATCH", `/Users/${id}`, headed(off, { "x-request-id": "scim.off" }));
    expect(answer).toMatchObject({ status: 200, body: { active: false } });
    expect(await problemOf(as.call("session.get", {}))).toBe("NOT_AUTHENTICATED");
    expect(await problemOf(key.call("event.list", { query: {} }))).toBe("KEY_INVALID");
    expect([opened, await closed]).toEqual(["open", expect.any(Number)]);
    const entries = await entriesBy("scim.off");
    expect(entries.filter((one) => one.object.id === id)).toMatchObject([
      {
        type: "user.changed",
        before: "active: analyst",
        after: "disabled: analyst",
        details: { sessionsEnded: 1, keysRevoked: 1 },
      },
    ]);
  });

  test("is refused from the answer on, however many of its requests are on their way", async () => {
    const scim = await scimAs("entra");
    const { id, as, key } = await somebody(scim);
    let answered = false;
    const late: string[] = [];
    const asking = Array.from({ length: 50 }, async (_, n) => {
      for (let again = 0; again < 6; again += 1) {
        const isLate = answered;
        const code = await problemOf(n % 2 === 0 ? as.call("session.get", {}) : key.call("event.list", { query: {} }));
        if (isLate) late.push(code);
      }
    });
    await scim("PATCH", `/Users/${id}`, patch({ op: "replace", value: { active: false } }));
    answered = true;
    await Promise.all(asking);
    for (let again = 0; again < 5; again += 1) {
      late.push(await problemOf(as.call("session.get", {})), await problemOf(key.call("event.list", { query: {} })));
    }
    // Refused keys are limited besides; what counts is that none of them gets in.
    const refused = ["NOT_AUTHENTICATED", "KEY_INVALID", "TOO_MANY_REQUESTS"];
    expect(late.filter((code) => !refused.includes(code))).toEqual([]);
    expect(late.length).toBeGreaterThan(9);
  });
});

describe("the protocol", () => {
  let scim: Scim;
  beforeAll(async () => void (scim = await scimAs("okta")));

  test("says what it supports, and its schemas are those of what it answers", async () => {
    const config = await scim("GET", "/ServiceProviderConfig");
    expect(config.body).toMatchObject({
      patch: { supported: true },
      bulk: { supported: false },
      etag: { supported: true },
    });
    const types = await scim("GET", "/ResourceTypes");
    expect((types.body["Resources"] as Json[]).map((one) => one["endpoint"])).toEqual(["/Users", "/Groups"]);
    const schemas = (await scim("GET", "/Schemas")).body["Resources"] as Json[];
    expect(schemas.map((one) => one["id"])).toEqual([USER, GROUP]);
    expect((await scim("GET", `/Schemas/${USER}`)).body).toEqual(schemas[0]);
    expect((await scim("GET", "/Schemas/urn:nothing")).status).toBe(404);
    expect((await scim("GET", "/Bulk")).body).toMatchObject({
      schemas: [expect.stringContaining("Error")],
      status: "404",
    });
    const made = await scim("POST", "/Users", entraUser(fresh("shape"), fresh("00ushape")));
    const known = ((schemas[0]?.["attributes"] as Json[]) ?? []).map((one) => one["name"]);
    for (const name of Object.keys(made.body))
      expect([...known, "schemas", "id", "externalId", "meta"]).toContain(name);
  });

  test("is read by another implementation of the schemas without a complaint", async () => {
    const made = await scim("POST", "/Users", entraUser(fresh("other"), fresh("00uother")));
    const user = new SCIMMY.Schemas.User(made.body, "in");
    expect(user).toMatchObject({ userName: made.body["userName"], active: true });
    const group = await scim("POST", "/Groups", {
      schemas: [GROUP],
      displayName: fresh("read"),
      members: [{ value: made.body["id"] }],
    });
    expect(new SCIMMY.Schemas.Group(group.body, "in")).toMatchObject({
      displayName: group.body["displayName"],
    });
  });

  test("pages, sorts and shows only what was asked for", async () => {
    for (const letter of ["c", "a", "b"]) await scim("POST", "/Users", entraUser(`page.${letter}`, `00page${letter}`));
    const filter = encodeURIComponent('userName sw "page."');
    const page = async (rest: string) => (await scim("GET", `/Users?filter=${filter}&${rest}`)).body;
    const namesOf = (body: Json) => (body["Resources"] as Json[]).map((one) => one["userName"]);
    const sorted = await page("sortBy=userName&startIndex=2&count=1");
    expect([sorted["totalResults"], sorted["startIndex"], sorted["itemsPerPage"], namesOf(sorted)]).toEqual([
      3,
      2,
      1,
      ["page.b"],
    ]);
    expect(namesOf(await page("sortBy=userName&sortOrder=descending"))).toEqual(["page.c", "page.b", "page.a"]);
    expect((await page("count=0"))["Resources"]).toEqual([]);
    expect(await page("startIndex=-5&count=-1")).toMatchObject({ startIndex: 1, itemsPerPage: 0 });
    const [some] = (await page("attributes=userName,name.givenName&count=1"))["Resources"] as Json[];
    expect(Object.keys(some ?? {}).toSorted()).toEqual(["id", "name", "schemas", "userName"]);
    expect(some?.["name"]).toEqual({ givenName: "Lennart" });
    const [less] = (await page("excludedAttributes=emails,groups,id&count=1"))["Resources"] as Json[];
    expect(Object.keys(less ?? {})).toEqual(expect.arrayContaining(["id", "userName"]));
    expect(Object.keys(less ?? {})).not.toContain("emails");
  });

  test("changes only the version that was meant", async () => {
    const made = await scim("POST", "/Users", entraUser(fresh("tag"), fresh("00utag")));
    const place = `/Users/${String(made.body["id"])}`;
    const off = patch({ op: "replace", path: "displayName", value: "x" });
    expect(await scim("PATCH", place, headed(off, { "if-match": 'W/"7"' }))).toMatchObject({
      status: 412,
      body: { status: "412" },
    });
    expect((await scim("PATCH", place, headed(off, { "if-match": "nonsense" }))).status).toBe(412);
    expect(
      (await scim("PATCH", place, headed(off, { "if-match": String(made.headers.get("etag")) }))).headers.get("etag"),
    ).toBe('W/"2"');
    expect((await scim("DELETE", place, headed(undefined, { "if-match": 'W/"1"' }))).status).toBe(412);
    expect((await scim("DELETE", place, headed(undefined, { "if-match": "*" }))).status).toBe(204);
  });

  test.each([
    ["nothing", "", 400, "invalidSyntax"],
    ["no JSON", "{", 400, "invalidSyntax"],
    ["what is nested deep", "[".repeat(100_000), 400, "invalidSyntax"],
    ["no user name", { schemas: [USER], active: true }, 400, "invalidValue"],
    ["a name that no command line takes", { schemas: [USER], userName: "a b" }, 400, "invalidValue"],
    ["a name that is a list", { schemas: [USER], userName: ["a"] }, 400, "invalidValue"],
    ["NUL in a name", { schemas: [USER], userName: "nul", displayName: "a\u0000b" }, 400, "invalidValue"],
    ["a prototype", '{"userName":"proto","__proto__":{"active":true}}', 201, undefined],
    ["two active", '{"userName":"twice","active":true,"ACTIVE":false}', 400, "invalidSyntax"],
    [
      "too many addresses",
      { userName: "many", emails: Array.from({ length: 11 }, () => ({ value: "a@b" })) },
      400,
      "tooMany",
    ],
    ["a megabyte and more", `{"userName":"${"a".repeat(1_100_000)}"}`, 413, undefined],
  ])("answers %s with an error of its own kind", async (_what, body, ...[status, scimType]) => {
    const answer = await scim("POST", "/Users", body);
    expect([answer.status, answer.body["scimType"]]).toEqual([status, scimType]);
    const [schema] = answer.body["schemas"] as string[];
    expect(schema).toBe(status === 201 ? USER : "urn:ietf:params:scim:api:messages:2.0:Error");
  });

  test("refuses a patch of a megabyte in the time it takes to read it", async () => {
    const made = await scim("POST", "/Users", entraUser(fresh("big"), fresh("00ubig")));
    const began = server.cpuSeconds();
    const operations = Array.from({ length: 9_000 }, () => ({
      op: "add",
      path: 'emails[type eq "work"].value',
      value: "a@b.example",
    }));
    const answer = await scim("PATCH", `/Users/${String(made.body["id"])}`, patch(...operations));
    expect([answer.status, answer.body["scimType"]]).toEqual([400, "tooMany"]);
    expect(server.cpuSeconds() - began).toBeLessThan(3);
  });

  test("has every route of it behind the one permission", () => {
    const scim = Object.entries(routes).filter(([id]) => id.startsWith("scim."));
    expect(scim.length).toBeGreaterThan(15);
    for (const [id, route] of scim) expect([id, route.needs]).toEqual([id, "scim:provision"]);
  });
});
