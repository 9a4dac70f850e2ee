import { generateKeyPairSync } from "node:crypto";
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from "jose";
import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { fixedClock } from "#platform/clock";
import { openTestDatabase, TEST_ENGINES, type TestDatabase } from "#platform/testing";
import type { IdentityDeps } from "../create-identity.ts";
import { testDeps } from "../testing/test-vault.ts";
import type { Tokens } from "./index.ts";
import { ES256, HERE, need, openTokenWorld, PUBLIC_URL, START, type TokenWorld } from "./testing/token-world.ts";

const MINUTE_MS = 60_000;

describe.each(TEST_ENGINES)("signing keys of access tokens on %s", (engine) => {
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

  const order = (more: { compromised?: boolean } = {}) => ({
    actor: world.ada.caller.actor,
    requestId: "r-7",
    reason: "yearly",
    ...more,
  });
  const kidsOf = async (tokens: Tokens) => (await tokens.publishedKeys()).keys.map(({ kid }) => kid);
  const kidOf = (token: string) => decodeProtectedHeader(token).kid;
  const said = async (token: string, tokens = world.tokens) => {
    const found = await tokens.check(token, HERE);
    return found.ok ? "ok" : found.refusal.code;
  };
  /** Every row of every table, as a dump would write it. */
  const dump = async (): Promise<string> =>
    await database.db.bookkeep("counters", async (tx) => {
      const { rows: tables } = await sql<{ name: string }>`
        select tablename as name from pg_tables where schemaname = 'public'`.execute(tx);
      const texts: string[] = [];
      for (const { name } of tables) {
        const { rows } = await sql<{ row: string }>`select t::text as row from ${sql.table(name)} t`.execute(tx);
        texts.push(...rows.map((one) => one.row));
      }
      return texts.join("\n");
    });
  const rotations = async () =>
    (await database.records())
      .filter(({ type }) => type === "token.key_rotated")
      .map(({ details }) => details["reason"]);

  test("verify for anybody who has the published set, and nothing private is in it", async () => {
    const { access_token } = await world.get(await world.ownKey());
    const set = await world.tokens.publishedKeys();
    for (const key of set.keys)
      expect(Object.keys(key).toSorted()).toEqual(["alg", "crv", "kid", "kty", "use", "x", "y"]);
    const options = { issuer: PUBLIC_URL, audience: `${PUBLIC_URL}/api`, typ: "at+jwt", currentDate: clock.now() };
    const { payload } = await jwtVerify(access_token, createLocalJWKSet(set), { ...options, algorithms: ["ES256"] });
    expect(payload["scope"]).toBe("event:read");
  });

  test("are the same after a restart and on every server of one database, and only the first start makes one", async () => {
    const { access_token } = await world.get(await world.ownKey());
    const others = await Promise.all([world.another(), world.another(), world.another()]);
    for (const one of others) {
      expect(await said(access_token, one)).toBe("ok");
      expect(await kidsOf(one)).toEqual(await kidsOf(world.tokens));
    }
    expect(await rotations()).toEqual(["first start"]);
  });

  test("are one when several servers start for the first time at once", async () => {
    await database.db.bookkeep("counters", async (tx) => {
      await sql`delete from token_key`.execute(tx);
      await sql`delete from sealed_secret where owner_table = 'token_key'`.execute(tx);
    });
    const servers = await Promise.all(Array.from({ length: 4 }, async () => await world.another()));
    const all = await Promise.all(servers.map(kidsOf));
    expect(new Set(all.flat()).size).toBe(1);
  });

  test("follow each other with an overlap: published, then signing, and leaving when no token of theirs is left", async () => {
    const key = await world.ownKey();
    const old = await world.get(key);
    const next = need(await world.tokens.rotateKey(order()));
    expect(next).toMatchObject({ state: "next", publishedUntil: null });
    expect(await kidsOf(world.tokens)).toHaveLength(2);
    clock.advance(9 * MINUTE_MS);
    const last = await world.get(key);
    expect(kidOf(last.access_token)).toBe(kidOf(old.access_token));
    clock.advance(MINUTE_MS);
    const first = await world.get(key);
    expect(kidOf(first.access_token)).toBe(next.kid);
    expect([await said(last.access_token), await said(first.access_token)]).toEqual(["ok", "ok"]);
    expect((await world.tokens.listKeys()).map(({ state }) => state)).toEqual(["leaving", "signing"]);
    clock.advance(11 * MINUTE_MS);
    expect(await kidsOf(world.tokens)).toEqual([next.kid]);
    // What has left is deleted, its sealed half too, at the next rotation.
    await world.tokens.rotateKey(order());
    const sealed = await database.db.read
      .selectFrom("sealed_secret")
      .select("owner_record")
      .where("owner_table", "=", "token_key")
      .execute();
    expect(sealed.map((row) => row.owner_record).toSorted()).toEqual((await kidsOf(world.tokens)).toSorted());
  });

  test("are not rotated again while one waits for its time", async () => {
    need(await world.tokens.rotateKey(order()));
    expect(await world.tokens.rotateKey(order())).toMatchObject({ refusal: { code: "KEY_LIMIT_REACHED" } });
    const answers = await Promise.all([1, 2, 3].map(async () => await world.tokens.rotateKey(order())));
    expect(answers.filter(({ ok }) => ok)).toEqual([]);
    expect(await kidsOf(world.tokens)).toHaveLength(2);
  });

  test("that are compromised end at once, with every token they signed, on every server", async () => {
    const key = await world.ownKey();
    const stolen = await world.get(key);
    const other = await world.another();
    expect(await said(stolen.access_token, other)).toBe("ok");
    const made = need(await world.tokens.rotateKey(order({ compromised: true })));
    expect(made.state).toBe("signing");
    for (const one of [world.tokens, other]) {
      expect(await said(stolen.access_token, one)).toBe("TOKEN_INVALID");
      expect(await kidsOf(one)).toEqual([made.kid]);
    }
    expect(await said((await world.get(key)).access_token, other)).toBe("ok");
    const entry = (await database.records()).findLast(({ type }) => type === "token.key_rotated");
    expect(entry).toMatchObject({
      actor: { name: "ada" },
      before: kidOf(stolen.access_token),
      after: made.kid,
      details: { reason: "yearly", ended: [kidOf(stolen.access_token)] },
    });
  });

  test("are of the algorithm that is configured: RS256 takes over with an overlap, and has 3,072 bits", async () => {
    const key = await world.ownKey();
    const old = await world.get(key);
    const tokens = await world.another({ ...ES256, algorithm: "RS256" });
    expect(await rotations()).toEqual(["first start", "RS256 is configured"]);
    clock.advance(10 * MINUTE_MS);
    const now = need(await tokens.issue({ client: { id: key.id, secret: key.secret }, scope: undefined, ...HERE }));
    expect(decodeProtectedHeader(now.access_token)).toMatchObject({ alg: "RS256", typ: "at+jwt" });
    expect([await said(old.access_token, tokens), await said(now.access_token, tokens)]).toEqual(["ok", "ok"]);
    const rsa = (await tokens.publishedKeys()).keys.find(({ alg }) => alg === "RS256");
    expect(Buffer.from(rsa?.n ?? "", "base64url")).toHaveLength(3_072 / 8);
    const [head, body, signature] = now.access_token.split(".");
    const asEs256 = Buffer.from(JSON.stringify({ alg: "ES256", typ: "at+jwt", kid: rsa?.kid })).toString("base64url");
    expect(head).not.toBe(asEs256);
    expect(await said(`${asEs256}.${body}.${signature}`, tokens)).toBe("TOKEN_INVALID");
  });

  test("that somebody writes into the database verify nothing: only what is sealed under the keyring does", async () => {
    const { access_token } = await world.get(await world.ownKey());
    const [known] = await kidsOf(world.tokens);
    const planted = "A".repeat(43);
    await database.db.bookkeep("counters", async (tx) => {
      await sql`insert into token_key select ${planted}, algorithm, created_at, signs_from from token_key`.execute(tx);
      await sql`insert into sealed_secret select owner_table, owner_column, ${planted}, format, key_name, wrapped_key, sealed
        from sealed_secret where owner_record = ${known}`.execute(tx);
    });
    const fresh = await world.another();
    const [, body, signature] = access_token.split(".");
    const head = Buffer.from(JSON.stringify({ alg: "ES256", typ: "at+jwt", kid: planted })).toString("base64url");
    await expect(fresh.check(`${head}.${body}.${signature}`, HERE)).rejects.toMatchObject({
      code: "SECRET_UNREADABLE",
    });
  });

  test.each([
    ["RSA of 2,048 bits", () => generateKeyPairSync("rsa", { modulusLength: 2_048 }).privateKey],
    ["a curve we do not use", () => generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey],
    ["Ed25519", () => generateKeyPairSync("ed25519").privateKey],
  ])("of %s are refused, whoever sealed them, and it is said why", async (_, make) => {
    const kid = "B".repeat(43);
    await database.db.bookkeep("counters", async (tx) => {
      await sql`delete from token_key`.execute(tx);
      await sql`insert into token_key values (${kid}, 'RS256', now(), '2020-01-01')`.execute(tx);
      const der = make().export({ format: "der", type: "pkcs8" });
      await deps.vault.seal(tx, { table: "token_key", column: "private_key", record: kid }, der);
    });
    const key = await world.ownKey();
    const tokens = await world.another({ ...ES256, algorithm: "RS256" });
    const asked = { client: { id: key.id, secret: key.secret }, scope: undefined, ...HERE };
    await expect(tokens.issue(asked)).rejects.toMatchObject({
      code: "SECRET_UNREADABLE",
      message: expect.stringMatching(/at least 3072 bits/) as string,
    });
    await tokens.rotateKey(order({ compromised: true }));
    expect((await tokens.issue(asked)).ok).toBe(true);
  });

  test("and tokens stand nowhere in a dump: neither private keys, nor access tokens, nor refresh tokens", async () => {
    const key = await world.ownKey();
    const first = await world.renewable(key);
    const second = need(await world.refresh(key, first.refresh_token));
    const [kid = ""] = await kidsOf(world.tokens);
    const sealed = await deps.vault.open(database.db.read, { table: "token_key", column: "private_key", record: kid });
    const text = await dump();
    expect(text).toContain(kid);
    const signatures = [first, second].map(({ access_token }) => access_token.split(".")[2] ?? "");
    const refreshTokens = [first, second].map(({ refresh_token = "" }) => refresh_token.slice("tyr_rft_".length));
    for (const secret of [...signatures, ...refreshTokens, key.secret]) {
      expect(secret.length).toBeGreaterThan(40);
      expect(text).not.toContain(secret);
      expect(text).not.toContain(Buffer.from(secret).toString("hex"));
      expect(text).not.toContain(Buffer.from(secret, "base64url").toString("hex"));
    }
    const der = Buffer.from(sealed ?? "").toString("hex");
    expect(der.length).toBeGreaterThan(200);
    expect(text).not.toContain(der);
    // The 32 bytes of the scalar, wherever they stand in the PKCS #8.
    const scalar = /0420([0-9a-f]{64})/.exec(der)?.[1] ?? "";
    expect(scalar).toHaveLength(64);
    expect(text).not.toContain(scalar);
  });
});
