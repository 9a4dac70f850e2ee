import { createHmac } from "node:crypto";
import { generateKeyPair, SignJWT } from "jose";
import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createIdentity, type Identity, type IdentityDeps } from "#identity";
import { systemClock } from "#platform/clock";
import { silentLogger } from "#platform/log";
import { openTestDatabase, TEST_ENGINES, type TestDatabase } from "#platform/testing";
import { testDeps } from "../testing/test-vault.ts";
import { createFederation, type Federation } from "./create-federation.ts";
import type { Provider } from "./provider.ts";
import { HostileIssuer, type Lie } from "./testing/hostile-issuer.ts";

const origin = { address: "192.0.2.7", userAgent: "test", requestId: "r-1" };
const PASSWORD = "the kettle sang at noon";
const by = { actor: { kind: "person", id: "usr_x", name: "ada" }, requestId: "r-2" } as const;

function providerOf(issuer: HostileIssuer, more: Partial<Provider> = {}): Provider {
  return {
    id: "corp",
    name: "Corp",
    issuer: issuer.issuer,
    clientId: "tyr",
    clientSecret: "a-secret-of-some-length",
    scopes: ["openid", "profile"],
    nameClaim: "preferred_username",
    groupsClaim: "groups",
    roles: new Map([
      ["soc", ["analyst"]],
      ["leads", ["approver", "security_manager"]],
      ["admins", ["admin"]],
    ]),
    autoProvision: true,
    acr: [],
    amr: [],
    maxAgeSeconds: 43_200,
    ...more,
  };
}

describe.each(TEST_ENGINES)("sign-in through another system on %s", (engine) => {
  let world: TestDatabase;
  let deps: IdentityDeps;
  let identity: Identity;
  const corp = new HostileIssuer();
  const other = new HostileIssuer();

  beforeAll(async () => {
    world = await openTestDatabase(engine, systemClock);
    deps = await testDeps(world.db, systemClock);
    await Promise.all([corp.start(), other.start()]);
  });
  afterAll(async () => {
    await Promise.all([corp.stop(), other.stop()]);
    await world[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    await world.db.bookkeep("counters", async (tx) => {
      for (const table of ["federated_identity", "federation_flow", "session", "subject", "audit_intake"])
        await sql.raw(`delete from ${table}`).execute(tx);
    });
    identity = await createIdentity(deps);
    corp.person = { sub: "eve-1", preferred_username: "eve", groups: ["soc"] };
    other.person = { sub: "eve-1", preferred_username: "eve", groups: ["admins"] };
  });

  const federate = async (...providers: readonly Provider[]): Promise<Federation> =>
    await createFederation({
      database: world.db,
      clock: systemClock,
      log: silentLogger,
      providers,
      publicUrl: "https://tyr.example.org",
    });

  async function begin(federation: Federation, id = "corp", again = false) {
    const begun = await federation.begin(id, again);
    if (!begun.ok) throw new Error(begun.refusal.code);
    return begun.value;
  }

  /** The whole way of one person, with one lie told on it. */
  async function signIn(federation: Federation, lie: Lie = {}) {
    const { url, seed } = await begin(federation);
    return await federation.finish({ provider: "corp", query: corp.authorize(url, lie), seed }, origin);
  }

  const codeOf = async (done: ReturnType<typeof signIn>): Promise<string> => {
    const result = await done;
    return result.ok ? `signed in as ${result.value.session.user.roles.join()}` : result.refusal.code;
  };
  const lastReason = async (): Promise<unknown> => (await world.records()).at(-1)?.details["reason"];

  describe("that tells the truth", () => {
    test("makes an account with the roles of the groups, and logs who vouched", async () => {
      const federation = await federate(providerOf(corp));
      await world.db.bookkeep("counters", async (tx) => void (await sql`delete from audit_intake`.execute(tx)));
      const done = await signIn(federation);
      expect(done).toMatchObject({ ok: true, value: { session: { user: { name: "eve", roles: ["analyst"] } } } });
      const caller = await identity.authenticate(done.ok ? done.value.token : "");
      expect(caller).toMatchObject({ actor: { kind: "person", name: "eve" }, roles: ["analyst"] });
      const records = await world.records();
      expect(records.map((one) => `${one.type} by ${one.actor.id.slice(0, 8)}`)).toEqual([
        "user.created by sso:corp",
        "identity.linked by sso:corp",
        `session.created by ${caller?.actor.id.slice(0, 8)}`,
      ]);
      expect(records.at(-1)?.details).toMatchObject({ factor: "sso:corp" });
      expect(JSON.stringify(records)).not.toContain("opaque");
    });

    test("asks with S256, state, nonce and an exact redirect URI, and tells no secret to the browser's address", async () => {
      const federation = await federate(providerOf(corp));
      const { url, seed } = await begin(federation);
      const asked = new URL(url).searchParams;
      expect(Object.fromEntries(asked)).toMatchObject({
        response_type: "code",
        code_challenge_method: "S256",
        redirect_uri: "https://tyr.example.org/sso/corp",
        scope: "openid profile",
        max_age: "43200",
      });
      for (const name of ["state", "nonce", "code_challenge"]) expect(asked.get(name)).toMatch(/^[\w-]{43}$/);
      expect(url).not.toContain(seed);
      const again = new URL((await begin(federation)).url).searchParams;
      for (const name of ["state", "nonce", "code_challenge"]) expect(again.get(name)).not.toBe(asked.get(name));
    });

    test("finds the same account again, and a group that was taken away takes its roles along at the next sign-in", async () => {
      const federation = await federate(providerOf(corp));
      corp.person = { ...corp.person, groups: ["soc", "leads"] };
      expect(await codeOf(signIn(federation))).toBe("signed in as analyst,approver,security_manager");
      corp.person = { ...corp.person, groups: ["soc"] };
      const first = await signIn(federation);
      expect(first).toMatchObject({ ok: true, value: { session: { user: { roles: ["analyst"] } } } });
      expect((await world.records()).at(-2)).toMatchObject({
        type: "user.changed",
        before: "active: analyst, approver, security_manager",
        after: "active: analyst",
      });
      corp.person = { ...corp.person, groups: [] };
      expect(await codeOf(signIn(federation))).toBe("SSO_NO_ROLE");
      expect(await identity.listUsers()).toHaveLength(1);
    });

    test("keeps a name only for the person: renaming at the provider changes nobody here", async () => {
      const federation = await federate(providerOf(corp));
      await signIn(federation);
      corp.person = { ...corp.person, preferred_username: "renamed" };
      expect(await signIn(federation)).toMatchObject({ value: { session: { user: { name: "eve" } } } });
    });

    test("says how old the proof is: what the provider remembers from this morning is no fresh proof", async () => {
      const federation = await federate(providerOf(corp));
      const auth_time = Math.floor(Date.now() / 1_000) - 3_600;
      const done = await signIn(federation, { claims: { auth_time } });
      const caller = await identity.authenticate(done.ok ? done.value.token : "");
      expect(caller?.provedAt?.getTime()).toBe(auth_time * 1_000);
    });

    test("asked to prove it again takes no old proof", async () => {
      const federation = await federate(providerOf(corp));
      const { url, seed } = await begin(federation, "corp", true);
      expect(Object.fromEntries(new URL(url).searchParams)).toMatchObject({ prompt: "login", max_age: "0" });
      const query = corp.authorize(url, { claims: { auth_time: Math.floor(Date.now() / 1_000) - 600 } });
      expect(await codeOf(federation.finish({ provider: "corp", query, seed }, origin))).toBe("SSO_FAILED");
    });

    test("goes on with new keys when the provider rotated them", async () => {
      const federation = await federate(providerOf(corp));
      expect(await codeOf(signIn(federation))).toBe("signed in as analyst");
      const old = corp.signing;
      await corp.rotate();
      const restarted = await federate(providerOf(corp));
      expect(await codeOf(signIn(restarted))).toBe("signed in as analyst");
      const withOld = async (payload: Record<string, unknown>) =>
        await new SignJWT(payload).setProtectedHeader({ alg: "ES256", kid: old.kid }).sign(old.key.privateKey);
      expect(await codeOf(signIn(restarted, { sign: withOld }))).toBe("SSO_FAILED");
    });
  });

  describe("that lies", () => {
    const ago = (seconds: number): number => Math.floor(Date.now() / 1_000) - seconds;
    const lies: readonly [string, () => Lie][] = [
      ["a wrong nonce", () => ({ claims: { nonce: "x".repeat(43) } })],
      ["no nonce", () => ({ without: ["nonce"] })],
      ["another issuer", () => ({ claims: { iss: "https://evil.example" } })],
      ["another audience", () => ({ claims: { aud: "another-client" } })],
      ["a foreign audience besides ours", () => ({ claims: { aud: ["tyr", "another-client"] } })],
      ["another authorised party", () => ({ claims: { azp: "another-client" } })],
      ["an expired token", () => ({ claims: { iat: ago(500), exp: ago(120) } })],
      ["a token of tomorrow", () => ({ claims: { iat: ago(-86_400), exp: ago(-90_000) } })],
      ["a token of an hour ago that still runs", () => ({ claims: { iat: ago(3_600) } })],
      ["no expiry", () => ({ without: ["exp"] })],
      ["no subject", () => ({ without: ["sub"] })],
      ["an empty subject", () => ({ claims: { sub: "" } })],
      ["a subject that is no text", () => ({ claims: { sub: 7 } })],
      ["no time of signing in", () => ({ without: ["auth_time"] })],
      ["a sign-in of last week", () => ({ claims: { auth_time: ago(7 * 86_400) } })],
      ["no signature", () => ({ sign: async (payload, issuer) => issuer.unsigned(payload) })],
      [
        "a signature taken off",
        () => ({ sign: async (payload, issuer) => (await issuer.sign(payload)).replace(/[^.]+$/, "") }),
      ],
      [
        "claims exchanged under a good signature",
        () => ({
          sign: async (payload, issuer) => {
            const [head, , end] = (await issuer.sign(payload)).split(".");
            const forged = Buffer.from(JSON.stringify({ ...payload, groups: ["admins"] })).toString("base64url");
            return `${head}.${forged}.${end}`;
          },
        }),
      ],
      [
        "the client's secret as an HMAC key",
        () => ({
          sign: async (payload) =>
            await new SignJWT(payload)
              .setProtectedHeader({ alg: "HS256" })
              .sign(new TextEncoder().encode("a-secret-of-some-length")),
        }),
      ],
      [
        "a key of its own in the header",
        () => ({
          sign: async (payload) => {
            const { privateKey } = await generateKeyPair("ES256");
            return await new SignJWT(payload)
              .setProtectedHeader({ alg: "ES256", jku: "https://evil.example/keys", kid: corp.signing.kid })
              .sign(privateKey);
          },
        }),
      ],
      ["no issuer in the redirect", () => ({ redirect: { iss: undefined } })],
      ["another issuer in the redirect", () => ({ redirect: { iss: "https://evil.example" } })],
      ["a wrong state", () => ({ redirect: { state: "x".repeat(43) } })],
      ["no state", () => ({ redirect: { state: undefined } })],
      ["an invented code", () => ({ redirect: { code: "invented" } })],
      ["no code", () => ({ redirect: { code: undefined } })],
      ["a refusal", () => ({ redirect: { code: undefined, error: "access_denied" } })],
      ["a token in the redirect instead of a code", () => ({ redirect: { code: undefined, id_token: "a.b.c" } })],
    ];

    test.each(lies)("with %s lets nobody in, and the log says why", async (_name, lie) => {
      const federation = await federate(providerOf(corp));
      expect(await codeOf(signIn(federation, lie()))).toBe("SSO_FAILED");
      expect(await identity.listUsers()).toEqual([]);
      const last = (await world.records()).at(-1);
      expect(last).toMatchObject({ type: "session.refused", outcome: "refused", details: { provider: "corp" } });
      expect(last?.details["reason"]).toMatch(/^[\w .,-]{3,200}$/);
      const sessions = await world.db.read.selectFrom("session").select("id").execute();
      expect(sessions).toEqual([]);
    });
  });

  describe("that is used by an attacker", () => {
    test("refuses an answer the second time, also while the first is on its way", async () => {
      const federation = await federate(providerOf(corp));
      const { url, seed } = await begin(federation);
      const answer = { provider: "corp", query: corp.authorize(url), seed };
      const all = await Promise.all(
        Array.from({ length: 6 }, async () => await codeOf(federation.finish(answer, origin))),
      );
      expect(all.toSorted()).toEqual([...Array<string>(5).fill("SSO_FAILED"), "signed in as analyst"]);
      expect(await codeOf(federation.finish(answer, origin))).toBe("SSO_FAILED");
    });

    test("refuses an answer brought to another browser, or to one that began nothing", async () => {
      const federation = await federate(providerOf(corp));
      const attacker = await begin(federation);
      const victim = await begin(federation);
      const query = corp.authorize(attacker.url);
      for (const seed of [victim.seed, undefined, "", "x".repeat(43)])
        expect([seed, await codeOf(federation.finish({ provider: "corp", query, seed }, origin))]).toEqual([
          seed,
          "SSO_FAILED",
        ]);
    });

    test("refuses a code that was stolen and injected into the attacker's own sign-in", async () => {
      const federation = await federate(providerOf(corp));
      const victim = await begin(federation);
      const stolen = new URLSearchParams(corp.authorize(victim.url)).get("code") ?? "";
      const attacker = await begin(federation);
      const query = new URLSearchParams(corp.authorize(attacker.url));
      query.set("code", stolen);
      const answer = { provider: "corp", query: query.toString(), seed: attacker.seed };
      expect(await codeOf(federation.finish(answer, origin))).toBe("SSO_FAILED");
      expect(await lastReason()).toContain("invalid_grant");
    });

    test("refuses the answer of one provider at another, also when that one calls itself the first", async () => {
      const federation = await federate(providerOf(corp), providerOf(other, { id: "other" }));
      const { url, seed } = await begin(federation);
      const query = other.authorize(url, { redirect: { iss: corp.issuer } });
      expect(await codeOf(federation.finish({ provider: "other", query, seed }, origin))).toBe("SSO_FAILED");
      expect(await lastReason()).toBe("an answer of another provider");
      const second = await begin(federation);
      const mixed = other.authorize(second.url);
      expect(await codeOf(federation.finish({ provider: "corp", query: mixed, seed: second.seed }, origin))).toBe(
        "SSO_FAILED",
      );
    });

    test("keeps two people apart whom two providers call the same", async () => {
      const federation = await federate(providerOf(corp), providerOf(other, { id: "other" }));
      expect(await codeOf(signIn(federation))).toBe("signed in as analyst");
      const { url, seed } = await begin(federation, "other");
      const done = await federation.finish({ provider: "other", query: other.authorize(url), seed }, origin);
      expect(done).toMatchObject({ refusal: { code: "SSO_NAME_UNUSABLE" } });
      expect(await identity.listUsers()).toMatchObject([{ name: "eve", roles: ["analyst"] }]);
    });

    test("never takes a local account over by its name", async () => {
      const token = identity.setUp.token ?? "";
      await identity.setUp.complete({ token, name: "eve", password: PASSWORD }, origin);
      const federation = await federate(providerOf(corp));
      expect(await codeOf(signIn(federation))).toBe("SSO_NAME_UNUSABLE");
      for (const preferred_username of ["EVE", "Ève", "eve\u0000", "", "<script>", ["eve"], 7, undefined]) {
        corp.person = {
          sub: `eve-${String(preferred_username)}`.replaceAll("\u0000", "0"),
          preferred_username,
          groups: ["soc"],
        };
        expect([preferred_username, await codeOf(signIn(federation))]).toEqual([
          preferred_username,
          "SSO_NAME_UNUSABLE",
        ]);
      }
    });

    test("stops at the time limit of a sign-in on its way", async () => {
      const federation = await federate(providerOf(corp));
      const { url, seed } = await begin(federation);
      await world.db.bookkeep("counters", async (tx) => {
        await tx
          .updateTable("federation_flow")
          .set({ expires_at: new Date(Date.now() - 1) })
          .execute();
      });
      const answer = { provider: "corp", query: corp.authorize(url), seed };
      expect(await codeOf(federation.finish(answer, origin))).toBe("SSO_FAILED");
    });
  });

  describe("of somebody", () => {
    async function addLocal(): Promise<string> {
      const done = await identity.setUp.complete(
        { token: identity.setUp.token ?? "", name: "ada", password: PASSWORD },
        origin,
      );
      if (!done.ok) throw new Error(done.refusal.code);
      return done.value.session.user.id;
    }
    const linked = { autoProvision: false, groupsClaim: undefined, roles: new Map() };

    test("nobody linked is refused by default, and let in as who an administrator says", async () => {
      const federation = await federate(providerOf(corp, linked));
      const userId = await addLocal();
      expect(await codeOf(signIn(federation))).toBe("SSO_UNKNOWN_USER");
      const wanted = { userId, provider: "corp", subject: "eve-1" };
      expect(await federation.link(wanted, by)).toMatchObject({ ok: true });
      expect(await federation.link(wanted, by)).toMatchObject({ refusal: { code: "NAME_TAKEN" } });
      const done = await signIn(federation);
      expect(done).toMatchObject({ value: { session: { user: { name: "ada", roles: ["admin", "approver"] } } } });
      expect(await federation.links(userId)).toMatchObject([{ provider: "corp", subject: "eve-1" }]);
      // Ending the link ends what it opened.
      expect(await federation.unlink({ userId, provider: "corp" }, by)).toEqual({ ok: true, value: undefined });
      expect(await identity.authenticate(done.ok ? done.value.token : "")).toBeUndefined();
      expect(await codeOf(signIn(federation))).toBe("SSO_UNKNOWN_USER");
      expect(await federation.unlink({ userId, provider: "corp" }, by)).toMatchObject({
        refusal: { code: "NOT_FOUND" },
      });
    });

    test("disabled here is refused, whatever the provider says", async () => {
      const federation = await federate(providerOf(corp));
      await addLocal();
      const done = await signIn(federation);
      const id = done.ok ? done.value.session.user.id : "";
      await identity.changeUser(id, { active: false }, by);
      expect(await identity.authenticate(done.ok ? done.value.token : "")).toBeUndefined();
      expect(await codeOf(signIn(federation))).toBe("SSO_FAILED");
      expect(await lastReason()).toBe("disabled");
    });

    test.each([
      ["a claim that is missing", undefined],
      ["a claim of another shape", { admins: true }],
      ["a claim that only looks like a group", "admins "],
      ["a group named like a property", ["__proto__", "constructor", "toString"]],
      ["a list in a list", [["admins"]]],
      ["an unmapped group", ["everybody"]],
    ])("with %s gets no role and no account", async (_name, groups) => {
      const federation = await federate(providerOf(corp));
      corp.person = { sub: "eve-1", preferred_username: "eve", ...(groups === undefined ? {} : { groups }) };
      expect(await codeOf(signIn(federation))).toBe("SSO_NO_ROLE");
      expect(await identity.listUsers()).toEqual([]);
    });

    test("the last administrator keeps the role: groups that take it are refused", async () => {
      const federation = await federate(providerOf(corp));
      corp.person = { ...corp.person, groups: ["admins"] };
      expect(await codeOf(signIn(federation))).toBe("signed in as admin");
      corp.person = { ...corp.person, groups: ["soc"] };
      expect(await codeOf(signIn(federation))).toBe("LAST_ADMINISTRATOR");
      expect(await identity.listUsers()).toMatchObject([{ roles: ["admin"] }]);
    });

    test("who signed in there too weakly is refused: acr and amr are looked at", async () => {
      const strict = await federate(providerOf(corp, { acr: ["phr"], amr: ["hwk", "user"] }));
      const strong = { acr: "phr", amr: ["user", "hwk", "pwd"] };
      for (const claims of [{}, { ...strong, acr: "pwd" }, { ...strong, amr: ["hwk"] }, { ...strong, amr: "hwk user" }])
        expect([claims, await codeOf(signIn(strict, { claims }))]).toEqual([claims, "SSO_FAILED"]);
      expect(await codeOf(signIn(strict, { claims: strong }))).toBe("signed in as analyst");
    });

    test("signing out is told where the provider ends its own session, and others are told nothing", async () => {
      const federation = await federate(providerOf(corp));
      const done = await signIn(federation);
      const caller = await identity.authenticate(done.ok ? done.value.token : "");
      if (caller === undefined) throw new Error("not signed in");
      const url = new URL((await federation.endSessionUrl({ caller, requestId: "r" })) ?? "");
      expect(`${url.origin}${url.pathname}`).toBe(`${corp.issuer}/end`);
      expect(url.searchParams.get("post_logout_redirect_uri")).toBe("https://tyr.example.org/login");
      const { sessionId: _, ...local } = caller;
      expect(await federation.endSessionUrl({ caller: local, requestId: "r" })).toBeNull();
    });
  });

  describe("a provider that says that a session there ended", () => {
    const ended = async (federation: Federation, token: string): Promise<string> => {
      const done = await federation.endedThere({ provider: "corp", token }, "r-9");
      return done.ok ? "taken" : done.refusal.code;
    };
    async function signedIn(federation: Federation): Promise<() => Promise<boolean>> {
      const done = await signIn(federation, { claims: { sid: "there-1" } });
      const token = done.ok ? done.value.token : "";
      return async () => (await identity.authenticate(token)) !== undefined;
    }

    test.each([{ sid: "there-1" }, { sub: "eve-1" }, { sub: "eve-1", sid: "there-1" }])(
      "ends the one here within one request, and it is logged: %j",
      async (claims) => {
        const federation = await federate(providerOf(corp));
        const isIn = await signedIn(federation);
        expect(await isIn()).toBe(true);
        expect(await ended(federation, await corp.logoutToken(claims))).toBe("taken");
        expect(await isIn()).toBe(false);
        expect((await world.records()).at(-1)).toMatchObject({ type: "session.ended", actor: { id: "sso:corp" } });
      },
    );

    test("ends nobody else's, and nothing that began after it spoke", async () => {
      const federation = await federate(providerOf(corp));
      const isIn = await signedIn(federation);
      const before = Math.floor(Date.now() / 1_000) - 60;
      for (const claims of [
        { sub: "other" },
        { sid: "there-2" },
        { sub: "eve-1", sid: "there-2" },
        { sub: "eve-1", iat: before },
      ])
        expect([claims, await ended(federation, await corp.logoutToken(claims))]).toEqual([claims, "taken"]);
      expect(await isIn()).toBe(true);
    });

    test("is not believed when its token is wrong in any way", async () => {
      const federation = await federate(providerOf(corp));
      const isIn = await signedIn(federation);
      const who = { sub: "eve-1" };
      const now = Math.floor(Date.now() / 1_000);
      const idToken = await corp.sign({ ...who, iss: corp.issuer, aud: "tyr", iat: now, exp: now + 60, jti: "1" });
      const wrong = [
        "",
        "a.b.c",
        "x".repeat(20_000),
        idToken,
        corp.unsigned({ ...who, iss: corp.issuer, aud: "tyr", iat: now }),
        await corp.logoutToken(who, "JWT"),
        await corp.logoutToken(who, "logout+jwt", { kid: corp.signing.kid, key: await generateKeyPair("ES256") }),
        await other.logoutToken({ ...who, iss: corp.issuer }),
        await corp.logoutToken({ ...who, iss: "https://evil.example" }),
        await corp.logoutToken({ ...who, aud: "another-client" }),
        await corp.logoutToken({ ...who, nonce: "n" }),
        await corp.logoutToken({ ...who, events: {} }),
        await corp.logoutToken({ ...who, events: { "http://schemas.openid.net/event/backchannel-logout": "yes" } }),
        await corp.logoutToken({ ...who, iat: now - 3_600 }),
        await corp.logoutToken({ ...who, iat: now + 3_600 }),
        await corp.logoutToken({}),
        await corp.logoutToken({ sub: "" }),
      ];
      for (const token of wrong) expect([token, await ended(federation, token)]).toEqual([token, "VALIDATION_FAILED"]);
      expect(await isIn()).toBe(true);
    });
  });

  describe("to prove again who one is", () => {
    async function ownOf(done: Awaited<ReturnType<typeof signIn>>) {
      const caller = await identity.authenticate(done.ok ? done.value.token : "");
      if (caller === undefined) throw new Error("not signed in");
      return { caller, requestId: "r-3" };
    }
    async function prove(federation: Federation, own: Awaited<ReturnType<typeof ownOf>>, lie: Lie) {
      const begun = await federation.beginProof("corp", own);
      if (!begun.ok) throw new Error(begun.refusal.code);
      const { url, seed } = begun.value;
      return await federation.finishProof({ provider: "corp", query: corp.authorize(url, lie), seed }, own);
    }

    test("takes only a proof of now: no old one, none without a time, none in the future", async () => {
      const federation = await federate(providerOf(corp));
      const own = await ownOf(await signIn(federation));
      const now = Math.floor(Date.now() / 1_000);
      const lies: readonly (readonly [Lie, RegExp])[] = [
        [{ claims: { auth_time: now - 45 } }, /^proved before it was asked for$/],
        [{ claims: { auth_time: now - 3_600 } }, /./],
        [{ claims: { auth_time: now + 3_600 } }, /^proved in the future$/],
        [{ without: ["auth_time"] }, /./],
        [{ claims: { auth_time: String(now) } }, /./],
        [{ claims: { nonce: "another" } }, /./],
        [{ claims: { sub: "eve-2" } }, /^somebody else at the provider$/],
      ];
      for (const [lie, why] of lies) {
        expect([lie, await prove(federation, own, lie)]).toMatchObject([lie, { refusal: { code: "PROOF_WRONG" } }]);
        expect(await lastReason()).toMatch(why);
      }
      expect((await prove(federation, own, {})).ok).toBe(true);
    });

    test("keeps to the strength that is asked of sign-ins, and logs how it was proved", async () => {
      const strong = { acr: "urn:mfa", amr: ["pwd", "otp"] };
      corp.person = { ...corp.person, ...strong };
      const federation = await federate(providerOf(corp, { acr: ["urn:mfa"], amr: ["otp"] }));
      const own = await ownOf(await signIn(federation));
      expect((await world.records()).at(-1)?.details).toMatchObject(strong);
      const weak = await prove(federation, own, { claims: { acr: "urn:password", amr: ["pwd"] } });
      expect(weak).toMatchObject({ refusal: { code: "PROOF_WRONG" } });
      expect((await prove(federation, own, {})).ok).toBe(true);
      expect((await world.records()).at(-1)).toMatchObject({ type: "session.proved", details: strong });
    });

    test("counts once, and not for a session or an account that ended meanwhile", async () => {
      const federation = await federate(providerOf(corp));
      const own = await ownOf(await signIn(federation));
      const begun = await federation.beginProof("corp", own);
      const { url, seed } = begun.ok ? begun.value : { url: "", seed: "" };
      const query = corp.authorize(url);
      await identity.signOut(own);
      const late = await federation.finishProof({ provider: "corp", query, seed }, own);
      expect(late).toMatchObject({ refusal: { code: "NOT_AUTHENTICATED" } });
    });

    test("at another provider leaves the session to the one that opened it: what ends there ends here", async () => {
      const federation = await federate(providerOf(corp), providerOf(other, { id: "other" }));
      const own = await ownOf(await signIn(federation, { claims: { sid: "there-1" } }));
      other.person = { ...other.person, sub: "eve-9" };
      await federation.link({ userId: own.caller.actor.id, provider: "other", subject: "eve-9" }, by);
      const begun = await federation.beginProof("other", own);
      const { url, seed } = begun.ok ? begun.value : { url: "", seed: "" };
      const proved = await federation.finishProof({ provider: "other", query: other.authorize(url), seed }, own);
      const token = proved.ok ? proved.value.token : "";
      expect(await identity.authenticate(token)).toBeDefined();
      await federation.endedThere({ provider: "corp", token: await corp.logoutToken({ sid: "there-1" }) }, "r-9");
      expect(await identity.authenticate(token)).toBeUndefined();
    });

    test("is offered by providers that know the person, and by no other", async () => {
      const federation = await federate(providerOf(corp), providerOf(other, { id: "other" }));
      const own = await ownOf(await signIn(federation));
      expect(await federation.beginProof("other", own)).toMatchObject({ refusal: { code: "NOT_FOUND" } });
    });

    test("one's own link ends, but not the only way in", async () => {
      const federation = await federate(providerOf(corp), providerOf(other, { id: "other" }));
      const done = await signIn(federation);
      const own = await ownOf(done);
      expect(await federation.unlinkOwn("corp", own)).toMatchObject({ refusal: { code: "SECOND_FACTOR_STATE" } });
      const userId = own.caller.actor.id;
      await federation.link({ userId, provider: "other", subject: "eve-9" }, by);
      const second = await signIn(federation);
      const both = await Promise.all(["corp", "other"].map(async (id) => await federation.unlinkOwn(id, own)));
      expect(both.filter((one) => one.ok)).toHaveLength(1);
      expect(await federation.links(userId)).toHaveLength(1);
      expect(await identity.authenticate(second.ok ? second.value.token : "")).toBeUndefined();
      expect(await identity.authenticate(done.ok ? done.value.token : "")).toBeDefined();
    });

    test("whoever proved it by password may end the last link", async () => {
      const federation = await federate(providerOf(corp));
      const made = await identity.createUser({ name: "ivy", password: PASSWORD, roles: ["analyst"] }, by);
      const userId = made.ok ? made.value.id : "";
      await federation.link({ userId, provider: "corp", subject: "ivy-1" }, by);
      const own = await ownOf(await identity.signIn({ name: "ivy", password: PASSWORD }, origin));
      expect((await federation.unlinkOwn("corp", own)).ok).toBe(true);
      expect(await federation.links(userId)).toEqual([]);
    });
  });

  test("a provider that is away is said to be, and unknown ones are not there", async () => {
    const gone = await new HostileIssuer().start();
    const federation = await federate(providerOf(gone));
    await gone.stop();
    expect(await federation.begin("corp", false)).toMatchObject({ refusal: { code: "SSO_UNAVAILABLE" } });
    expect(await federation.begin("nobody", false)).toMatchObject({ refusal: { code: "NOT_FOUND" } });
  });

  test("the database holds nothing that could end a sign-in on its way", async () => {
    const federation = await federate(providerOf(corp));
    const { url, seed } = await begin(federation);
    const rows = JSON.stringify(await world.db.read.selectFrom("federation_flow").selectAll().execute());
    const verifier = createHmac("sha256", seed).update("tyr-sso:verifier").digest("base64url");
    for (const secret of [seed, verifier, new URL(url).searchParams.get("nonce") ?? "-"])
      expect(rows).not.toContain(secret);
  });

  test("a change of the settings is logged once", async () => {
    await federate(providerOf(corp, { name: "One" }));
    await federate(providerOf(corp, { name: "One" }));
    await federate(providerOf(corp, { name: "One", clientSecret: "another-secret-altogether" }));
    const records = (await world.records()).filter((one) => one.type === "sso.configured");
    expect(records).toHaveLength(2);
    expect(JSON.stringify(records)).not.toContain("secret-");
  });
});
