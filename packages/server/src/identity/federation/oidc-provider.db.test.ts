import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { createIdentity, type Identity } from "#identity";
import { systemClock } from "#platform/clock";
import { silentLogger } from "#platform/log";
import { openTestDatabase, type TestDatabase } from "#platform/testing";
import { testDeps } from "../testing/test-vault.ts";
import { createFederation, type Federation } from "./create-federation.ts";
import { Browser } from "./testing/browser.ts";
import { CLIENT_SECRET, startRealProvider, type RealProvider } from "./testing/real-provider.ts";

const PUBLIC_URL = "https://tyr.example.org";
const CALLBACK = `${PUBLIC_URL}/sso/corp`;
const origin = { address: "192.0.2.7", userAgent: "test", requestId: "r-1" };

type Groups = Map<string, string[]>;

describe("sign-in through oidc-provider", () => {
  const groups: Groups = new Map([["grace", ["soc"]]]);
  let world: TestDatabase;
  let identity: Identity;
  let federation: Federation;
  let provider: RealProvider;
  let issuer = "";

  beforeAll(async () => {
    vi.spyOn(console, "info").mockReturnValue();
    vi.spyOn(console, "warn").mockReturnValue();
    world = await openTestDatabase("pglite", systemClock);
    identity = await createIdentity(await testDeps(world.db, systemClock));
    const places = { callback: CALLBACK, afterLogout: `${PUBLIC_URL}/login` };
    provider = await startRealProvider({ ...places, groupsOf: (login) => groups.get(login) ?? [] });
    issuer = provider.issuer;
    const corp = {
      id: "corp",
      name: "Corp",
      issuer,
      clientId: "tyr",
      clientSecret: CLIENT_SECRET,
      scopes: ["openid", "profile"],
      nameClaim: "preferred_username",
      groupsClaim: "groups",
      roles: new Map([["soc", ["analyst"] as const]]),
      autoProvision: true,
      acr: [],
      amr: [],
      maxAgeSeconds: 43_200,
    };
    const deps = { database: world.db, clock: systemClock, log: silentLogger };
    federation = await createFederation({ ...deps, providers: [corp], publicUrl: PUBLIC_URL });
  });
  afterAll(async () => {
    await provider[Symbol.asyncDispose]();
    await world[Symbol.asyncDispose]();
    vi.restoreAllMocks();
  });

  async function begin() {
    const begun = await federation.begin("corp", false);
    if (!begun.ok) throw new Error(begun.refusal.detail);
    return begun.value;
  }
  const visit = async (url: string, login = "grace"): Promise<string> =>
    await new Browser().visit(url, CALLBACK, { login, password: "any" });
  const finish = async (query: string, seed: string) =>
    await federation.finish({ provider: "corp", query, seed }, origin);

  test("lets somebody in with the roles of their groups, and out at the next sign-in without them", async () => {
    const first = await begin();
    const done = await finish(await visit(first.url), first.seed);
    expect(done).toMatchObject({ ok: true, value: { session: { user: { name: "grace", roles: ["analyst"] } } } });
    const caller = await identity.authenticate(done.ok ? done.value.token : "");
    expect(caller?.permissions.has("incident:write")).toBe(true);
    groups.set("grace", []);
    const second = await begin();
    expect(await finish(await visit(second.url), second.seed)).toMatchObject({ refusal: { code: "SSO_NO_ROLE" } });
    groups.set("grace", ["soc"]);
  });

  test("takes a code once: its replay and its injection elsewhere end nowhere", async () => {
    const victim = await begin();
    const query = await visit(victim.url);
    const code = new URLSearchParams(query).get("code") ?? "";
    const attacker = await begin();
    const own = new URLSearchParams(await visit(attacker.url, "mallory"));
    own.set("code", code);
    expect(await finish(own.toString(), attacker.seed)).toMatchObject({ refusal: { code: "SSO_FAILED" } });
    // The provider does not spend a code on a wrong verifier: it is still good where it belongs, and only there.
    expect((await finish(query, victim.seed)).ok).toBe(true);
    expect(await finish(query, victim.seed)).toMatchObject({ refusal: { code: "SSO_FAILED" } });
  });

  test("is refused by the provider itself without PKCE, or with another redirect address", async () => {
    const { url, seed } = await begin();
    const bare = new URL(url);
    bare.searchParams.delete("code_challenge");
    bare.searchParams.delete("code_challenge_method");
    const query = await visit(bare.href);
    expect(new URLSearchParams(query).get("error")).toBe("invalid_request");
    expect(await finish(query, seed)).toMatchObject({ refusal: { code: "SSO_FAILED" } });
    const elsewhere = new URL(url);
    elsewhere.searchParams.set("redirect_uri", "https://evil.example/sso/corp");
    expect(await visit(elsewhere.href)).toContain("invalid_redirect_uri");
  });

  describe("to prove again who one is", () => {
    async function signedIn(browser: Browser, login = "grace") {
      const begun = await begin();
      const done = await finish(await browser.visit(begun.url, CALLBACK, { login, password: "any" }), begun.seed);
      if (!done.ok) throw new Error(done.refusal.code);
      return done.value.token;
    }
    async function ownOf(token: string) {
      const caller = await identity.authenticate(token);
      if (caller === undefined) throw new Error("not signed in");
      return { caller, requestId: "r-proof" };
    }
    async function beginProof(token: string) {
      const begun = await federation.beginProof("corp", await ownOf(token));
      if (!begun.ok) throw new Error(begun.refusal.code);
      return begun.value;
    }
    const finishProof = async (token: string, query: string, seed: string) =>
      await federation.finishProof({ provider: "corp", query, seed }, await ownOf(token));
    const lastReason = async (): Promise<unknown> => (await world.records()).at(-1)?.details["reason"];

    test("asks for the password there though the browser is signed in there, and renews the session's token", async () => {
      const browser = new Browser();
      const token = await signedIn(browser);
      const { url, seed } = await beginProof(token);
      expect(Object.fromEntries(new URL(url).searchParams)).toMatchObject({ prompt: "login", max_age: "0" });
      // Without giving the password again there is no way back from the provider.
      expect(await browser.visit(url, CALLBACK, {}).catch(String)).not.toContain("code=");
      const query = await browser.visit(url, CALLBACK, { login: "grace", password: "any" });
      const before = (await ownOf(token)).caller;
      const done = await finishProof(token, query, seed);
      expect(done.ok).toBe(true);
      expect(await identity.authenticate(token)).toBeUndefined();
      const { caller } = await ownOf(done.ok ? done.value.token : "");
      expect(caller.sessionId).toBe(before.sessionId);
      expect(caller.provedAt?.getTime()).toBeGreaterThanOrEqual(before.provedAt?.getTime() ?? Infinity);
      const entry = (await world.records()).at(-1);
      expect(entry).toMatchObject({ type: "session.proved", requestId: "r-proof", details: { factor: "sso:corp" } });
      expect(entry?.after).toBe(caller.provedAt?.toISOString());
    });

    test("takes no old sign-in of a browser left alone, whatever is taken out of the address", async () => {
      const browser = new Browser();
      const token = await signedIn(browser);
      const { url, seed } = await beginProof(token);
      const bare = new URL(url);
      bare.searchParams.delete("prompt");
      bare.searchParams.delete("max_age");
      const query = await browser.visit(bare.href, CALLBACK, {});
      expect(query).toContain("code=");
      expect(await finishProof(token, query, seed)).toMatchObject({ refusal: { code: "PROOF_WRONG" } });
      expect((await ownOf(token)).caller.sessionId).toBeDefined();
      expect((await world.records()).at(-1)).toMatchObject({ type: "session.proof_refused", outcome: "refused" });
    });

    test("takes nobody else of the provider, who may well prove it to be themselves", async () => {
      groups.set("heidi", ["soc"]);
      await signedIn(new Browser(), "heidi");
      const token = await signedIn(new Browser());
      const { url, seed } = await beginProof(token);
      const query = await visit(url, "heidi");
      expect(await finishProof(token, query, seed)).toMatchObject({ refusal: { code: "PROOF_WRONG" } });
      expect(await lastReason()).toBe("somebody else at the provider");
    });

    test("is no sign-in, and a sign-in is no proof; neither is one of another session", async () => {
      const [token, other] = [await signedIn(new Browser()), await signedIn(new Browser())];
      const proof = await beginProof(token);
      expect(await finish(await visit(proof.url), proof.seed)).toMatchObject({ refusal: { code: "SSO_FAILED" } });
      const signIn = await begin();
      expect((await finishProof(token, await visit(signIn.url), signIn.seed)).ok).toBe(false);
      const third = await beginProof(other);
      expect((await finishProof(token, await visit(third.url), third.seed)).ok).toBe(false);
      expect(await lastReason()).toBe("begun for something else");
    });
  });

  test("of somebody who said no at the provider is a plain refusal", async () => {
    const { url, seed } = await begin();
    const state = new URL(url).searchParams.get("state") ?? "";
    const query = new URLSearchParams({ error: "access_denied", state, iss: issuer });
    expect(await finish(query.toString(), seed)).toMatchObject({ refusal: { code: "SSO_FAILED" } });
    expect((await world.records()).at(-1)?.details["reason"]).toContain("access_denied");
  });
});
