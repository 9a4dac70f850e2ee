import { randomUUID } from "node:crypto";
import type { Deeds } from "./audit-deeds.ts";
import { PASSWORD, fromElsewhere, given, nobody, signIn, totpCode, type Person, type World } from "./audit-world.ts";

async function withTotp(world: World) {
  const person = await world.person("viewer");
  const { secret } = await person.client.call("account.enrolTotp", {});
  const { codes } = await person.client.call("account.confirmTotp", { body: { code: totpCode(secret) } });
  return { person, secret, codes };
}

const keyBody = (name: string) => ({ name, scopes: ["incident:read" as const], lifeDays: 1 });

async function apiKey(by: Person, name: string) {
  return await by.client.call("key.create", { body: keyBody(name) });
}

async function serviceAccount(world: World) {
  const by = await world.admin();
  return { by, made: await by.client.call("serviceAccount.create", { body: { name: world.fresh("service") } }) };
}

/** Up to where the browser comes back from the other system. */
async function beginThere({ server, issuer, fresh }: World, sub: string, by?: Person) {
  issuer.person = { sub, preferred_username: fresh("eve"), groups: ["soc"] };
  const begun = await fetch(`${server.url}/api/v1/sso/corp/${by === undefined ? "begin" : "begin-proof"}`, {
    method: "POST",
    headers: { ...by?.headers, "content-type": "application/json", ...fromElsewhere() },
    body: "{}",
  });
  const { url } = (await begun.json()) as { url: string };
  return { query: issuer.authorize(url), cookie: (begun.headers.getSetCookie()[0] ?? "").split(";")[0] ?? "" };
}

async function signInThere(world: World, sub: string): Promise<void> {
  const { query, cookie } = await beginThere(world, sub);
  const done = await fetch(`${world.server.url}/api/v1/sso/corp/finish`, {
    method: "POST",
    headers: { "content-type": "application/json", cookie, ...fromElsewhere() },
    body: JSON.stringify({ query }),
  });
  if (!done.ok) throw new Error(await done.text());
}

/** Identity, keys, secrets, privacy and the log itself. */
export const trustDeeds: Deeds = {
  "setup.complete": async ({ server }) => ({
    by: nobody,
    input: { body: { token: server.setupToken ?? "", name: "alice", password: PASSWORD } },
    did: "setup.completed",
    actor: { kind: "person", id: (answer) => answer.user.id },
    object: { kind: "subject", id: (answer) => answer.user.id },
    before: null,
    after: given,
    besides: ["session.created"],
  }),
  "session.login": async (world) => {
    const { name, subject } = await world.person("viewer");
    return {
      by: nobody,
      input: { body: { name, password: PASSWORD } },
      did: "session.created",
      actor: { kind: "person", id: subject },
      object: { kind: "session", id: () => "*" },
      before: null,
      after: "open",
    };
  },
  "session.logout": async (world) => ({
    by: await world.person("viewer"),
    input: {},
    did: "session.ended",
    object: { kind: "session", id: "*" },
    before: "open",
    after: "signed out",
  }),
  "session.end": async (world) => {
    const by = await world.person("viewer");
    await signIn(world.server.url, by.name);
    const { items } = await by.client.call("session.list", {});
    const id = items.find((one) => !one.current)?.id ?? "ssn_";
    return {
      by,
      input: { params: { id } },
      did: "session.ended",
      object: { kind: "session", id },
      before: "open",
      after: "ended",
    };
  },
  "session.endOthers": async (world) => {
    const by = await world.person("viewer");
    await signIn(world.server.url, by.name);
    return {
      by,
      input: {},
      did: "session.ended",
      object: { kind: "session", id: "*" },
      before: "open",
      after: "ended",
    };
  },
  "session.stepUp": async (world) => ({
    by: await world.person("viewer"),
    input: { body: { password: PASSWORD } },
    did: "session.proved",
    object: { kind: "session", id: "*" },
    before: given,
    after: given,
  }),
  "user.create": async (world) => ({
    by: await world.admin(),
    input: { body: { name: world.fresh("person"), password: PASSWORD, roles: ["viewer"] } },
    did: "user.created",
    object: { kind: "subject", id: (answer) => answer.id },
    before: null,
    after: given,
  }),
  "user.change": async (world) => {
    const { subject: id } = await world.person("viewer");
    return {
      by: await world.admin(),
      input: { params: { id }, body: { roles: ["analyst"] } },
      did: "user.changed",
      object: { kind: "subject", id },
      before: given,
      after: given,
    };
  },
  "user.endSessions": async (world) => {
    const { subject: id } = await world.person("viewer");
    const by = await world.admin();
    return {
      by,
      input: { params: { id } },
      did: "session.ended",
      object: { kind: "session", id: "*" },
      before: "open",
      after: "ended by an administrator",
    };
  },
  "user.resetSignIn": async (world) => {
    const { subject: id } = await world.person("viewer");
    return {
      by: await world.admin(),
      input: { params: { id }, body: { password: "a first password again" } },
      did: "user.sign_in_reset",
      object: { kind: "subject", id },
      before: "password",
      after: "first password",
    };
  },
  "account.changePassword": async (world) => {
    const by = await world.person("viewer");
    const body = { current: PASSWORD, password: "another kettle sang at one" };
    return {
      by,
      input: { body },
      did: "password.changed",
      object: { kind: "subject", id: by.subject },
      before: "in force",
      after: "replaced",
    };
  },
  "account.enrolTotp": async (world) => {
    const by = await world.person("viewer");
    return {
      by,
      input: {},
      did: "totp.enrolled",
      object: { kind: "subject", id: by.subject },
      before: null,
      after: "unconfirmed",
    };
  },
  "account.confirmTotp": async (world) => {
    const by = await world.person("viewer");
    const { secret } = await by.client.call("account.enrolTotp", {});
    const body = { code: totpCode(secret) };
    return {
      by,
      input: { body },
      did: "totp.confirmed",
      object: { kind: "subject", id: by.subject },
      before: "unconfirmed",
      after: "in force",
    };
  },
  "account.removeTotp": async (world) => {
    const { person: by } = await withTotp(world);
    return {
      by,
      input: {},
      did: "totp.removed",
      object: { kind: "subject", id: by.subject },
      before: "in force",
      after: null,
    };
  },
  "account.renewRecoveryCodes": async (world) => {
    const { person: by } = await withTotp(world);
    return {
      by,
      input: {},
      did: "recovery.renewed",
      object: { kind: "subject", id: by.subject },
      before: "10 left",
      after: "10 left",
    };
  },
  "sso.ended": async (world) => {
    const sub = randomUUID();
    await signInThere(world, sub);
    const token = await world.issuer.logoutToken({ sub });
    return {
      by: nobody,
      headers: { "content-type": "application/x-www-form-urlencoded" },
      input: {
        params: { provider: "corp" },
        body: Buffer.from(new URLSearchParams({ logout_token: token }).toString()),
      },
      did: "session.ended",
      actor: { kind: "system", id: "*" },
      object: { kind: "session", id: "*" },
      before: "open",
      after: "ended by the provider",
    };
  },
  "sso.finish": async (world) => {
    const { query, cookie } = await beginThere(world, "eve-1");
    return {
      by: nobody,
      headers: { cookie },
      input: { params: { provider: "corp" }, body: { query } },
      did: "session.created",
      actor: { kind: "person", id: (answer) => answer.user.id },
      object: { kind: "session", id: "*" },
      before: null,
      after: "open",
      besides: ["user.created", "identity.linked"],
    };
  },
  "sso.finishProof": async (world) => {
    const sub = randomUUID();
    const by = await world.person("viewer");
    const link = { provider: "corp", subject: sub };
    await (await world.admin()).client.call("sso.link", { params: { id: by.subject }, body: link });
    const { query, cookie } = await beginThere(world, sub, by);
    return {
      by,
      headers: { cookie },
      input: { params: { provider: "corp" }, body: { query } },
      did: "session.proved",
      object: { kind: "session", id: "*" },
      before: given,
      after: given,
    };
  },
  "sso.unlinkOwn": async (world) => {
    const by = await world.person("viewer");
    const link = { provider: "corp", subject: randomUUID() };
    await (await world.admin()).client.call("sso.link", { params: { id: by.subject }, body: link });
    return {
      by,
      input: { params: { provider: "corp" } },
      did: "identity.unlinked",
      object: { kind: "subject", id: by.subject },
      before: "linked",
      after: null,
    };
  },
  "sso.logout": async (world) => ({
    by: await world.person("viewer"),
    input: {},
    did: "session.ended",
    object: { kind: "session", id: "*" },
    before: "open",
    after: "signed out",
  }),
  "sso.link": async (world) => {
    const { subject: id } = await world.person("viewer");
    const body = { provider: "corp", subject: randomUUID() };
    const by = await world.admin();
    return {
      by,
      input: { params: { id }, body },
      did: "identity.linked",
      object: { kind: "subject", id },
      before: null,
      after: "linked",
    };
  },
  "sso.unlink": async (world) => {
    const { subject: id } = await world.person("viewer");
    const by = await world.admin();
    const body = { provider: "corp", subject: randomUUID() };
    await by.client.call("sso.link", { params: { id }, body });
    return {
      by,
      input: { params: { id, provider: "corp" } },
      did: "identity.unlinked",
      object: { kind: "subject", id },
      before: "linked",
      after: null,
    };
  },
  "key.create": async (world) => ({
    by: await world.person("analyst"),
    input: { body: keyBody(world.fresh("key")) },
    did: "key.created",
    object: { kind: "key", id: (answer) => answer.key.id },
    before: null,
    after: "active",
  }),
  "key.rotate": async (world) => {
    const by = await world.person("analyst");
    const { key } = await apiKey(by, world.fresh("key"));
    const body = { overlapSeconds: 0, lifeDays: 2 };
    return {
      by,
      input: { params: { id: key.id }, body },
      did: "key.rotated",
      object: { kind: "key", id: key.id },
      before: given,
      after: given,
    };
  },
  "key.revoke": async (world) => {
    const by = await world.person("analyst");
    const { key } = await apiKey(by, world.fresh("key"));
    return {
      by,
      input: { params: { id: key.id } },
      did: "key.revoked",
      object: { kind: "key", id: key.id },
      before: "usable",
      after: "revoked",
    };
  },
  "serviceAccount.create": async (world) => ({
    by: await world.admin(),
    input: { body: { name: world.fresh("service") } },
    did: "service.created",
    object: { kind: "service", id: (answer) => answer.id },
    before: null,
    after: given,
  }),
  "serviceAccount.change": async (world) => {
    const { by, made } = await serviceAccount(world);
    const input = { params: { id: made.id }, body: { active: false } };
    return { by, input, did: "service.changed", object: { kind: "service", id: made.id }, before: given, after: given };
  },
  "serviceAccount.createKey": async (world) => {
    const { by, made } = await serviceAccount(world);
    const input = { params: { id: made.id }, body: keyBody(world.fresh("key")) };
    return {
      by,
      input,
      did: "key.created",
      object: { kind: "key", id: (answer) => answer.key.id },
      before: null,
      after: "active",
    };
  },
  "secret.rotate": async (world) => ({
    by: await world.admin(),
    input: { body: { reason: "somebody left" } },
    did: "secret.key_activated",
    object: { kind: "secret-key", id: (answer) => answer.name },
    before: null,
    after: "in force",
  }),
  "privacy.disclose": async (world) => {
    const by = await world.admin();
    const { items } = await by.client.call("audit.list", { query: { limit: 1 } });
    const entries = items.map((one) => one.id);
    return {
      by,
      input: { body: { entries, reason: "asked for" } },
      did: "audit.disclosed",
      object: { kind: "audit-log", id: "*" },
      before: null,
      after: "disclosed",
    };
  },
  "privacy.erase": async (world) => {
    const { subject } = await world.person("viewer");
    const admin = await world.admin();
    await admin.client.call("user.change", { params: { id: subject }, body: { active: false } });
    const body = { subject, reason: "asked to be forgotten" };
    return {
      by: await world.person("compliance_officer"),
      input: { body },
      did: "subject.erased",
      object: { kind: "subject", id: subject },
      before: "known",
      after: null,
    };
  },
  "privacy.hold": async (world) => {
    const { subject } = await world.person("viewer");
    const body = { subject, reason: "a court asks" };
    return {
      by: await world.person("compliance_officer"),
      input: { body },
      did: "hold.placed",
      object: { kind: "subject", id: subject },
      before: null,
      after: "in force",
    };
  },
  "privacy.release": async (world) => {
    const { subject } = await world.person("viewer");
    const by = await world.person("compliance_officer");
    const hold = await by.client.call("privacy.hold", { body: { subject, reason: "a court asks" } });
    const input = { params: { id: hold.id }, body: { reason: "the court is done" } };
    return {
      by,
      input,
      did: "hold.lifted",
      object: { kind: "subject", id: subject },
      before: "in force",
      after: "lifted",
    };
  },
  "audit.verify": async (world) => ({
    by: await world.admin(),
    input: {},
    did: "audit.verified",
    object: { kind: "audit-log", id: "*" },
    before: null,
    after: "verified",
  }),
  "audit.rotateKey": async (world) => ({
    by: await world.admin(),
    input: { body: { reason: "once a year", overlapDays: 1 } },
    did: "audit.key_rotated",
    object: { kind: "audit-log", id: "*" },
    before: given,
    after: given,
  }),
};
