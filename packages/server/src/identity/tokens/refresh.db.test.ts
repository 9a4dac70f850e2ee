import type { Result, TokenAnswer } from "@tyr/contract";
import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { fixedClock } from "#platform/clock";
import { openTestDatabase, TEST_ENGINES, type TestDatabase } from "#platform/testing";
import type { IdentityDeps } from "../create-identity.ts";
import { testDeps } from "../testing/test-vault.ts";
import { HERE, need, openTokenWorld, START, type TokenWorld } from "./testing/token-world.ts";

const DAY_MS = 86_400_000;
const said = (result: Result<unknown>): string => (result.ok ? "ok" : result.refusal.code);

describe.each(TEST_ENGINES)("a refresh token on %s", (engine) => {
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

  const facts = async (type: string) => (await database.records()).filter((one) => one.type === type);
  const check = async ({ access_token: token }: TokenAnswer): Promise<string> =>
    said(await world.tokens.check(token, HERE));
  const tokenOf = (answer: TokenAnswer): string => answer.refresh_token ?? "";

  test("counts once and brings another; both access tokens go on counting", async () => {
    const key = await world.ownKey();
    const first = await world.renewable(key);
    clock.advance(60_000);
    const second = need(await world.refresh(key, first.refresh_token));
    expect(tokenOf(second)).toMatch(/^tyr_rft_[\w-]{43}$/);
    expect(tokenOf(second)).not.toBe(first.refresh_token);
    expect([await check(first), await check(second)]).toEqual(["ok", "ok"]);
    expect(await world.tokens.list("everybody")).toMatchObject([{ refreshes: 1, renewable: true }]);
    expect(await facts("token.refreshed")).toMatchObject([
      { before: "refresh 0", after: "refresh 1", outcome: "success" },
    ]);
  });

  test("shown a second time ends all that came from its grant, the newest tokens too, and the log tells once", async () => {
    const key = await world.ownKey();
    const first = await world.renewable(key);
    const second = need(await world.refresh(key, first.refresh_token));
    const third = need(await world.refresh(key, tokenOf(second)));
    expect(said(await world.refresh(key, first.refresh_token))).toBe("GRANT_INVALID");
    expect([await check(first), await check(second), await check(third)]).toEqual(Array(3).fill("TOKEN_INVALID"));
    expect(said(await world.refresh(key, tokenOf(third)))).toBe("GRANT_INVALID");
    expect(said(await world.refresh(key, first.refresh_token))).toBe("GRANT_INVALID");
    expect(await facts("token.reused")).toMatchObject([
      {
        actor: { name: "ada" },
        object: { kind: "token-family" },
        outcome: "refused",
        before: "active",
        after: "ended",
        details: { client: key.id, reason: "used before" },
      },
    ]);
    expect(await world.tokens.list("everybody")).toMatchObject([
      { state: "ended", endedWhy: "a refresh token was used before" },
    ]);
  });

  test("another grant of the same key goes on when one is ended", async () => {
    const key = await world.ownKey();
    const [one, other] = [await world.renewable(key), await world.renewable(key)];
    await world.refresh(key, one.refresh_token);
    await world.refresh(key, one.refresh_token);
    expect([await check(one), await check(other)]).toEqual(["TOKEN_INVALID", "ok"]);
  });

  test("shown by fifty at once gives exactly one of them tokens, and the reuse ends those as well", async () => {
    const key = await world.ownKey();
    const first = await world.renewable(key);
    const servers = [world.tokens, await world.another()];
    const asked = { client: { id: key.id, secret: key.secret }, scope: undefined, ...HERE };
    const answers = await Promise.all(
      Array.from({ length: 50 }, async (_, at) => await servers[at % 2]?.refresh(first.refresh_token, asked)),
    );
    const won = answers.flatMap((one) => (one?.ok === true ? [one.value] : []));
    expect(won).toHaveLength(1);
    expect(await facts("token.refreshed")).toHaveLength(1);
    expect(await facts("token.reused")).toHaveLength(1);
    for (const one of won) expect(await check(one)).toBe("TOKEN_INVALID");
  });

  test("of another client ends its family: whoever shows it has it from somebody", async () => {
    const [key, thief] = [await world.ownKey(), await world.serviceKey()];
    const answer = await world.renewable(key);
    expect(said(await world.refresh(thief, answer.refresh_token))).toBe("GRANT_INVALID");
    expect(await check(answer)).toBe("TOKEN_INVALID");
    expect(await facts("token.reused")).toMatchObject([
      { actor: { id: thief.service }, details: { reason: "shown by another client" } },
    ]);
  });

  test("is nothing without the key: not with a wrong secret, nor after the key got another", async () => {
    const key = await world.ownKey();
    const answer = await world.renewable(key);
    expect(said(await world.refresh({ ...key, secret: "tyr_key_no" }, answer.refresh_token))).toBe("CLIENT_INVALID");
    const body = { overlapSeconds: 0, lifeDays: 90 };
    const { secret } = need(await world.keys.rotate({ id: key.id, body }, world.ada));
    expect(said(await world.refresh(key, answer.refresh_token))).toBe("CLIENT_INVALID");
    expect(said(await world.refresh({ ...key, secret }, answer.refresh_token))).toBe("ok");
  });

  test("is over after seven days without use", async () => {
    const key = await world.ownKey();
    const answer = await world.renewable(key);
    clock.advance(7 * DAY_MS);
    expect(said(await world.refresh(key, answer.refresh_token))).toBe("GRANT_INVALID");
    expect(await facts("token.reused")).toEqual([]);
  });

  test("goes on for thirty days however often it is used, and the last access token ends with it", async () => {
    const key = await world.ownKey();
    let token = (await world.renewable(key)).refresh_token;
    for (let day = 6; day < 30; day += 6) {
      clock.advance(6 * DAY_MS);
      token = tokenOf(need(await world.refresh(key, token)));
    }
    clock.advance(6 * DAY_MS - 60_000);
    const last = need(await world.refresh(key, token));
    expect(last.expires_in).toBe(60);
    clock.advance(60_000);
    expect(said(await world.refresh(key, tokenOf(last)))).toBe("GRANT_INVALID");
    expect(await world.tokens.list("everybody")).toMatchObject([{ state: "expired" }]);
  });

  test("may ask for less, for no more than at first, and a refusal leaves it good", async () => {
    const key = await world.ownKey({ scopes: ["event:read", "incident:read", "audit:read"] });
    const first = await world.renewable(key, "event:read incident:read offline_access");
    expect(said(await world.refresh(key, first.refresh_token, "audit:read"))).toBe("SCOPE_INVALID");
    const less = need(await world.refresh(key, first.refresh_token, "event:read"));
    expect(less.scope).toBe("event:read offline_access");
    const again = need(await world.refresh(key, tokenOf(less)));
    expect(again.scope).toBe("event:read incident:read offline_access");
  });

  test.each([
    "",
    "tyr_rft_",
    "tyr_rft_short",
    `tyr_rft_${"A".repeat(43)}`,
    `tyr_rft_${"A".repeat(43)}\n`,
    "' or 1=1 --",
  ])("that nobody gave is refused: %j", async (token) => {
    const key = await world.ownKey();
    expect(said(await world.refresh(key, token))).toBe("GRANT_INVALID");
  });

  test("is not an access token, and an access token is no refresh token", async () => {
    const key = await world.ownKey();
    const answer = await world.renewable(key);
    expect(said(await world.tokens.check(answer.refresh_token, HERE))).toBe("TOKEN_INVALID");
    expect(said(await world.refresh(key, answer.access_token))).toBe("GRANT_INVALID");
    expect(await check(answer)).toBe("ok");
  });

  test("that could not be logged was not used: token and entry are one transaction", async () => {
    const key = await world.ownKey();
    const answer = await world.renewable(key);
    await database.db.bookkeep("counters", async (tx) => {
      await sql`alter table audit_intake rename to audit_intake_away`.execute(tx);
    });
    await expect(world.refresh(key, answer.refresh_token)).rejects.toThrow(/audit_intake/);
    await database.db.bookkeep("counters", async (tx) => {
      await sql`alter table audit_intake_away rename to audit_intake`.execute(tx);
    });
    expect(said(await world.refresh(key, answer.refresh_token))).toBe("ok");
  });
});
