import type { Permission, Result, TokenAnswer } from "@tyr/contract";
import { decodeJwt, decodeProtectedHeader } from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { fixedClock } from "#platform/clock";
import { openTestDatabase, TEST_ENGINES, type TestDatabase } from "#platform/testing";
import type { IdentityDeps } from "../create-identity.ts";
import { testDeps } from "../testing/test-vault.ts";
import { HERE, need, openTokenWorld, PUBLIC_URL, START, type Made, type TokenWorld } from "./testing/token-world.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const said = (result: Result<unknown>): string => (result.ok ? "ok" : result.refusal.code);

describe.each(TEST_ENGINES)("tokens of API clients on %s", (engine) => {
  const clock = fixedClock(START);
  let database: TestDatabase;
  let deps: IdentityDeps;
  let world: TokenWorld;
  beforeAll(async () => {
    database = await openTestDatabase(engine, clock);
    deps = await testDeps(database.db, clock);
  });
  afterAll(async () => await database[Symbol.asyncDispose]());
  beforeEach(async () => {
    world = await openTokenWorld(database, deps, clock);
  });

  const facts = async (): Promise<string[]> =>
    (await database.records())
      .filter(({ type, object }) => type.startsWith("token.") && object.kind === "token-family")
      .map(({ type, actor, outcome }) => `${type} ${actor.name} ${outcome}`);
  const check = async ({ access_token: token }: TokenAnswer, from = HERE): Promise<string> => {
    const found = await world.tokens.check(token, from);
    return found.ok ? [...found.value.permissions].join(" ") : found.refusal.code;
  };
  const admin = () => ({ actor: world.ada.caller.actor, requestId: "r-9" });

  describe("an access token", () => {
    test("says what RFC 9068 asks for, for ten minutes, and is logged without being written down", async () => {
      const key = await world.serviceKey({ scopes: ["event:read", "incident:read"] });
      const answer = await world.get(key);
      expect(answer).toMatchObject({ token_type: "Bearer", expires_in: 600, scope: "event:read incident:read" });
      expect(answer).not.toHaveProperty("refresh_token");
      const header = decodeProtectedHeader(answer.access_token);
      expect(header).toEqual({ alg: "ES256", typ: "at+jwt", kid: expect.stringMatching(/^[\w-]{43}$/) as string });
      const at = new Date(START).getTime() / 1_000;
      expect(decodeJwt(answer.access_token)).toEqual({
        iss: PUBLIC_URL,
        aud: `${PUBLIC_URL}/api`,
        sub: key.service,
        client_id: key.id,
        scope: "event:read incident:read",
        iat: at,
        nbf: at,
        exp: at + 600,
        jti: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
        family: expect.stringMatching(/^tkf_/) as string,
      });
      expect(await facts()).toEqual(["token.issued svc 1 success"]);
      expect(JSON.stringify(await database.records())).not.toContain(answer.access_token.split(".")[2]);
    });

    test("acts as the service account or the person of its key, with the people behind it", async () => {
      const eve = await world.addUser("eve", ["admin"]);
      const service = await world.serviceKey({}, eve);
      const found = need(await world.tokens.check((await world.get(service)).access_token, HERE));
      expect(found).toMatchObject({
        actor: { kind: "automation", id: service.service },
        keyId: service.id,
        behind: [eve.caller.actor.id],
        roles: [],
      });
      const own = await world.ownKey();
      const mine = need(await world.tokens.check((await world.get(own)).access_token, HERE));
      expect(mine).toMatchObject({ actor: { kind: "person", name: "ada" }, keyId: own.id });
      expect(mine).not.toHaveProperty("provedAt");
      expect(mine).not.toHaveProperty("sessionId");
    });

    test("holds what was asked for, never more than the key, and nothing that asks for a person", async () => {
      const key = await world.ownKey({ scopes: ["event:read", "incident:read"] });
      expect(await check(await world.get(key, "incident:read"))).toBe("incident:read");
      for (const wide of ["audit:read", "event:read action:approve", "user:write", "openid"]) {
        const client = { id: key.id, secret: key.secret };
        expect([wide, said(await world.tokens.issue({ client, scope: wide, ...HERE }))]).toEqual([
          wide,
          "SCOPE_INVALID",
        ]);
      }
      const scopes: Permission[] = ["event:read", "action:approve", "key:own"];
      await database.db.bookkeep("counters", async (tx) => {
        await tx
          .updateTable("api_key")
          .set({ scopes: JSON.stringify(scopes) })
          .where("id", "=", key.id as `key_${string}`)
          .execute();
      });
      expect((await world.get(key)).scope).toBe("event:read");
    });

    test("counts until it is over and not longer, give or take five seconds", async () => {
      const answer = await world.get(await world.ownKey());
      clock.advance(10 * MINUTE_MS + 4_000);
      expect(await check(answer)).toBe("event:read");
      clock.advance(2_000);
      expect(await check(answer)).toBe("TOKEN_INVALID");
    });

    test("is never good for longer than its key", async () => {
      const key = await world.ownKey({ lifeDays: 1 });
      clock.advance(DAY_MS - 2 * MINUTE_MS);
      const answer = await world.renewable(key);
      expect(answer.expires_in).toBe(120);
      const [family] = await world.tokens.list("everybody");
      expect(family?.expiresAt).toBe(new Date(new Date(START).getTime() + DAY_MS).toISOString());
      clock.advance(2 * MINUTE_MS);
      expect(await check(answer)).toBe("TOKEN_INVALID");
      expect(said(await world.refresh(key, answer.refresh_token))).toBe("CLIENT_INVALID");
    });

    test("loses at the next request what its owner lost: roles, networks, the account", async () => {
      const eve = await world.addUser("eve", ["admin"]);
      const key = await world.ownKey({ scopes: ["event:read", "audit:read"], networks: ["192.0.2.0/24"] }, eve);
      const answer = await world.get(key);
      expect(await check(answer)).toBe("event:read audit:read");
      expect(await check(answer, { ...HERE, address: "198.51.100.1" })).toBe("TOKEN_INVALID");
      await world.identity.changeUser(eve.caller.actor.id, { roles: ["viewer"] }, admin());
      expect(await check(answer)).toBe("event:read");
      await world.identity.changeUser(eve.caller.actor.id, { active: false }, admin());
      expect(await check(answer)).toBe("TOKEN_INVALID");
      const disabled = (await database.records()).findLast(({ type }) => type === "user.changed");
      expect(disabled?.details).toMatchObject({ keysRevoked: 1, tokensEnded: 1 });
    });
  });

  describe("whoever asks for tokens", () => {
    test("must be the key they say, with its secret, from its networks", async () => {
      const key = await world.ownKey({ networks: ["192.0.2.0/24"] });
      const other = await world.ownKey();
      const ask = async (client: Made, address = HERE.address) =>
        said(await world.tokens.issue({ client, scope: undefined, address, requestId: "r-5" }));
      expect(await ask(key)).toBe("ok");
      for (const wrong of [
        { id: key.id, secret: other.secret },
        { id: other.id, secret: key.secret },
        { id: key.id, secret: "" },
        { id: "", secret: key.secret },
        { id: key.id, secret: `${key.secret}x` },
      ])
        expect(await ask(wrong)).toBe("CLIENT_INVALID");
      expect(await ask(key, "198.51.100.1")).toBe("CLIENT_INVALID");
      await world.keys.revoke(key.id, world.ada);
      expect(await ask(key)).toBe("CLIENT_INVALID");
    });

    test("has fifty renewable families at most: of one more the oldest ends, and the log says so", async () => {
      const key = await world.ownKey();
      const first = await world.renewable(key);
      for (let count = 1; count < 50; count += 1) {
        clock.advance(1_000);
        await world.renewable(key);
      }
      expect(await check(first)).toBe("event:read");
      await world.renewable(key);
      expect(await check(first)).toBe("TOKEN_INVALID");
      expect((await facts()).filter((one) => one.startsWith("token.revoked"))).toEqual(["token.revoked ada success"]);
      expect((await world.tokens.list("everybody")).filter(({ state }) => state === "active")).toHaveLength(50);
    });
  });

  describe("tokens end", () => {
    const endings: readonly [string, (key: Made & { service: string }) => Promise<unknown>][] = [
      ["when their key is revoked", async (key) => await world.keys.revoke(key.id, world.ada)],
      [
        "when the service account is disabled",
        async ({ service }) => await world.keys.changeService({ id: service, change: { active: false } }, world.ada),
      ],
      [
        "when an administrator ends the family",
        async () => await world.tokens.revoke((await world.tokens.list("everybody"))[0]?.id ?? "", world.ada),
      ],
    ];
    test.each(endings)("%s, the access token at its next request and the refresh token for good", async (_, end) => {
      const key = await world.serviceKey();
      const answer = await world.renewable(key);
      expect(await check(answer)).toBe("event:read");
      await end(key);
      expect(await check(answer)).toBe("TOKEN_INVALID");
      expect(await world.tokens.list("everybody")).toMatchObject([{ state: "ended", endedWhy: /./ }]);
      expect(said(await world.refresh(key, answer.refresh_token))).toMatch(/CLIENT_INVALID|GRANT_INVALID/);
    });

    test("with the owner of their service account, whoever takes it over", async () => {
      const eve = await world.addUser("eve", ["admin"]);
      const key = await world.serviceKey({}, eve);
      const answer = await world.renewable(key);
      await world.identity.changeUser(eve.caller.actor.id, { active: false }, admin());
      expect(await check(answer)).toBe("TOKEN_INVALID");
      const ownerId = world.ada.caller.actor.id as `usr_${string}`;
      await world.keys.changeService({ id: key.service, change: { ownerId } }, world.ada);
      expect(await check(answer)).toBe("TOKEN_INVALID");
      expect(await world.tokens.list("everybody")).toMatchObject([{ state: "ended" }]);
    });

    test("by their client, with either token of the grant, and a stranger's token is not theirs to end", async () => {
      const key = await world.ownKey();
      const other = await world.ownKey();
      for (const which of ["access_token", "refresh_token"] as const) {
        const answer = await world.renewable(key);
        const shown = { client: { id: key.id, secret: key.secret }, ...HERE };
        const stranger = { client: { id: other.id, secret: other.secret }, ...HERE };
        expect(said(await world.tokens.revokeToken(answer[which], stranger))).toBe("GRANT_INVALID");
        expect(await check(answer)).toBe("event:read");
        expect(said(await world.tokens.revokeToken(answer[which], shown))).toBe("ok");
        expect(await check(answer)).toBe("TOKEN_INVALID");
        expect(said(await world.tokens.revokeToken(answer[which], shown))).toBe("ok");
      }
      const nobody = { client: { id: key.id, secret: "tyr_key_wrong" }, ...HERE };
      expect(said(await world.tokens.revokeToken("anything", nobody))).toBe("CLIENT_INVALID");
      expect((await facts()).filter((one) => one.startsWith("token.revoked"))).toHaveLength(2);
    });

    test("for whoever owns them, and not for another person without the permission", async () => {
      const vic = await world.addUser("vic", ["viewer"]);
      const answer = await world.get(await world.ownKey());
      const [family] = await world.tokens.list(world.ada.caller.actor.id as `usr_${string}`);
      expect(await world.tokens.list(vic.caller.actor.id as `usr_${string}`)).toEqual([]);
      expect(said(await world.tokens.revoke(family?.id ?? "", vic))).toBe("NOT_FOUND");
      expect(await check(answer)).toBe("event:read");
      expect(said(await world.tokens.revoke(family?.id ?? "", world.ada))).toBe("ok");
      expect(said(await world.tokens.revoke(family?.id ?? "", world.ada))).toBe("NOT_FOUND");
      expect(await check(answer)).toBe("TOKEN_INVALID");
    });

    test("also those that somebody is just getting: whatever comes first, none is left", async () => {
      for (let round = 0; round < 4; round += 1) {
        const eve = await world.addUser(`eve${round}`, ["admin"]);
        const [own, program] = [await world.ownKey({}, eve), await world.serviceKey({}, eve)];
        const held = [await world.renewable(own), await world.renewable(program)];
        const ask = async ({ id, secret }: Made) =>
          await world.tokens.issue({ client: { id, secret }, scope: "offline_access", ...HERE });
        const disabling = world.identity.changeUser(eve.caller.actor.id, { active: false }, admin());
        const refreshing = [own, program].map(
          async (key, at) => await world.refresh(key, held[at]?.refresh_token ?? ""),
        );
        const answers = await Promise.all([
          ...Array.from({ length: 6 }, async (_, at) => await ask(at % 2 === 0 ? own : program)),
          ...refreshing,
        ]);
        need(await disabling);
        const got = answers.flatMap((one) => (one.ok ? [one.value] : []));
        for (const one of [...held, ...got]) expect(await check(one)).toBe("TOKEN_INVALID");
        const living = (await world.tokens.list("everybody")).filter(({ state }) => state === "active");
        expect(living).toEqual([]);
      }
    });
  });
});
