import { createHmac, createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { decodeJwt, decodeProtectedHeader, exportJWK, SignJWT, type JWTPayload } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fixedClock } from "#platform/clock";
import { openTestDatabase, type TestDatabase } from "#platform/testing";
import type { IdentityDeps } from "../create-identity.ts";
import { testDeps } from "../testing/test-vault.ts";
import { HERE, openTokenWorld, START, type TokenWorld } from "./testing/token-world.ts";

/** Text as JOSE writes it; tokens here are made by hand, since libraries refuse to make most of them. */
const b64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
const AT_SECONDS = new Date(START).getTime() / 1_000;

describe("an access token somebody made or changed", () => {
  const clock = fixedClock(START);
  let database: TestDatabase;
  let deps: IdentityDeps;
  let world: TokenWorld;
  /** A good one, and the key it is signed with, as nobody outside has it. */
  let good: string;
  let ours: KeyObject;
  let header: Record<string, unknown>;
  let payload: JWTPayload;
  const strangerPair = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const strangerRsa = generateKeyPairSync("rsa", { modulusLength: 3_072 });

  beforeAll(async () => {
    database = await openTestDatabase("pglite", clock);
    deps = await testDeps(database.db, clock);
    world = await openTokenWorld(database, deps, clock);
    good = (await world.get(await world.ownKey())).access_token;
    header = { ...decodeProtectedHeader(good) };
    payload = decodeJwt(good);
    const place = { table: "token_key", column: "private_key", record: String(header["kid"]) };
    const sealed = await deps.vault.open(database.db.read, place);
    ours = createPrivateKey({ key: Buffer.from(sealed ?? ""), format: "der", type: "pkcs8" });
  });
  afterAll(async () => await database[Symbol.asyncDispose]());

  const check = async (token: string): Promise<string> => {
    const found = await world.tokens.check(token, HERE);
    return found.ok ? "let in" : found.refusal.code;
  };
  type Parts = Readonly<{ header?: Record<string, unknown>; payload?: Record<string, unknown>; key?: KeyObject }>;
  /** Signed for real with our own key unless another is given: what is refused is what the token says. */
  const made = (parts: Parts, dsaEncoding: "ieee-p1363" | "der" = "ieee-p1363"): string => {
    const text = `${b64({ ...header, ...parts.header })}.${b64({ ...payload, ...parts.payload })}`;
    const signature = sign("sha256", Buffer.from(text), { key: parts.key ?? ours, dsaEncoding });
    return `${text}.${signature.toString("base64url")}`;
  };
  const [head, body] = [(): string => good.split(".")[0] ?? "", (): string => good.split(".")[1] ?? ""];

  test("is let in when nothing is wrong with it: what follows is refused for its own reason", async () => {
    expect(await check(good)).toBe("let in");
    expect(await check(made({}))).toBe("let in");
  });

  test.each([
    ["no signature and alg none", () => `${b64({ alg: "none", typ: "at+jwt" })}.${body()}.`],
    ["alg none under our key id", () => `${b64({ ...header, alg: "none" })}.${body()}.`],
    ["alg None in other letters", () => `${b64({ ...header, alg: "nOnE" })}.${body()}.`],
    ["its signature left out", () => `${head()}.${body()}.`],
    ["no third part", () => `${head()}.${body()}`],
    ["a fourth and a fifth part, as an encrypted one has", () => `${good}.AA.AA`],
    ["nothing but dots", () => ".."],
    ["a header that is no JSON", () => `AAAA.${body()}.${good.split(".")[2]}`],
    ["blanks around it", () => ` ${good} `],
    ["more text than any of ours", () => made({ payload: { filler: "a".repeat(8_000) } })],
  ])("with %s is refused", async (_, token) => {
    expect(await check(token())).toBe("TOKEN_INVALID");
  });

  test("signed by HMAC with our public key as its secret is refused, in each form of that key", async () => {
    const { keys } = await world.tokens.publishedKeys();
    const pem = createPublicKey(ours).export({ format: "pem", type: "spki" });
    const der = createPublicKey(ours).export({ format: "der", type: "spki" });
    for (const secret of [pem, der, JSON.stringify(keys[0]), String(keys[0]?.x), ""]) {
      const text = `${b64({ ...header, alg: "HS256" })}.${body()}`;
      const mac = createHmac("sha256", secret).update(text).digest("base64url");
      expect(await check(`${text}.${mac}`)).toBe("TOKEN_INVALID");
    }
  });

  test("that brings its own key is refused: jwk, jku, x5u, x5c and x5t are no place to look", async () => {
    const jwk = await exportJWK(strangerPair.publicKey);
    const brought = [
      { jwk },
      { jku: "https://evil.example/jwks.json" },
      { x5u: "https://evil.example/cert.pem" },
      { x5c: ["MIIB"] },
      { x5t: "AAAA" },
      { jwk, kid: "evil" },
      { crit: ["b64"], b64: false },
      { cty: "JWT" },
    ];
    for (const one of brought) {
      expect([Object.keys(one), await check(made({ header: one, key: strangerPair.privateKey }))]).toEqual([
        Object.keys(one),
        "TOKEN_INVALID",
      ]);
      // Even where our own key signed it: we never write them.
      expect(await check(made({ header: one }))).toBe("TOKEN_INVALID");
    }
  });

  test.each([
    "",
    "evil",
    "../../../../etc/passwd",
    "/dev/null",
    "' or '1'='1",
    "x' union select 'AA' --",
    "%00",
    "\u0000",
    "A".repeat(43),
    "A".repeat(10_000),
    "__proto__",
  ])("with the key id %j is refused, and nothing is looked up by it", async (kid) => {
    expect(await check(made({ header: { kid }, key: strangerPair.privateKey }))).toBe("TOKEN_INVALID");
    expect(await check(made({ header: { kid } }))).toBe("TOKEN_INVALID");
  });

  test.each([[42], [null], [["a"]], [{}], [undefined]])("with %j for a key id is refused", async (kid) => {
    expect(await check(made({ header: { kid } }))).toBe("TOKEN_INVALID");
  });

  test("of another key under our key's id is refused, of either algorithm", async () => {
    expect(await check(made({ key: strangerPair.privateKey }))).toBe("TOKEN_INVALID");
    for (const alg of ["RS256", "PS256", "RS512"]) {
      const text = `${b64({ ...header, alg })}.${body()}`;
      const signature = sign("sha256", Buffer.from(text), strangerRsa.privateKey).toString("base64url");
      expect([alg, await check(`${text}.${signature}`)]).toEqual([alg, "TOKEN_INVALID"]);
    }
  });

  test.each(["RS256", "ES384", "ES512", "EdDSA", "HS512", "es256", "ES256K", ""])(
    "that says %s where its key is one of ES256 is refused",
    async (alg) => {
      expect(await check(made({ header: { alg } }))).toBe("TOKEN_INVALID");
    },
  );

  test("with a signature in DER, cut, padded, zero, doubled or of another token is refused", async () => {
    expect(await check(made({}, "der"))).toBe("TOKEN_INVALID");
    const signature = Buffer.from(good.split(".")[2] ?? "", "base64url");
    const other = made({ payload: { jti: "another" } }).split(".")[2] ?? "";
    const wrong = [
      signature.subarray(0, 63),
      signature.subarray(1),
      signature.subarray(0, 32),
      Buffer.concat([signature, Buffer.alloc(1)]),
      Buffer.concat([signature, signature]),
      Buffer.alloc(64),
      Buffer.alloc(64, 0xff),
      Buffer.from(other, "base64url"),
    ];
    for (const one of wrong)
      expect(await check(`${head()}.${body()}.${one.toString("base64url")}`)).toBe("TOKEN_INVALID");
    for (let at = 0; at < 64; at += 7) {
      const flipped = Buffer.from(signature);
      flipped.writeUInt8(flipped.readUInt8(at) ^ 1, at);
      expect(await check(`${head()}.${body()}.${flipped.toString("base64url")}`)).toBe("TOKEN_INVALID");
    }
  });

  test.each(["JWT", "id+jwt", "logout+jwt", "secevent+jwt", "at", "at+jwt2", "", 7])(
    "of the kind %j is refused: an ID token is no access token",
    async (typ) => {
      expect(await check(made({ header: { typ } }))).toBe("TOKEN_INVALID");
    },
  );

  test("of no kind at all is refused", async () => {
    expect(await check(made({ header: { typ: undefined } }))).toBe("TOKEN_INVALID");
  });

  test.each([
    ["another issuer", { iss: "https://evil.example" }],
    ["our issuer with a slash", { iss: "https://tyr.example.org/" }],
    ["no issuer", { iss: undefined }],
    ["another audience", { aud: "https://other.example/api" }],
    ["the issuer as audience", { aud: "https://tyr.example.org" }],
    ["no audience", { aud: undefined }],
    ["an audience of its client", { aud: "key_0190a3b4-1111-7222-8333-444455556666" }],
    ["several audiences, ours among them", { aud: ["https://tyr.example.org/api", "https://evil.example"] }],
    ["its time over", { exp: AT_SECONDS - 6 }],
    ["no end", { exp: undefined }],
    ["an end that is text", { exp: "never" }],
    ["an end that is no number of ours", { exp: 1e300 }],
    ["a time that has not come", { nbf: AT_SECONDS + 6 }],
    ["no beginning", { nbf: undefined }],
    ["made later than now", { iat: AT_SECONDS + 60 }],
    ["made longer ago than tokens live", { iat: AT_SECONDS - 606 }],
    ["no time of making", { iat: undefined }],
    ["a second more of life than ours have", { exp: AT_SECONDS + 601 }],
    ["a longer life than ours", { iat: AT_SECONDS - 700, exp: AT_SECONDS + 86_400 }],
    ["another subject", { sub: "usr_0190a3b4-1111-7222-8333-444455556666" }],
    ["no subject", { sub: undefined }],
    ["a subject that is no text", { sub: 7 }],
    ["another client", { client_id: "key_0190a3b4-1111-7222-8333-444455556666" }],
    ["no client", { client_id: undefined }],
    ["a family nobody has", { family: "tkf_0190a3b4-1111-7222-8333-444455556666" }],
    ["a family that is no id", { family: "' or true --" }],
    ["no family", { family: undefined }],
    ["no id of its own", { jti: undefined }],
    ["no scope", { scope: undefined }],
    ["a scope that is a list", { scope: ["event:read"] }],
  ])("with %s is refused, though our key signed it", async (_, change) => {
    expect(await check(made({ payload: change }))).toBe("TOKEN_INVALID");
  });

  test.each(["action:approve", "user:write", "event:read user:write action:approve", "*", "offline_access"])(
    "with the scope %j holds nothing its key does not hold, though our key signed it",
    async (scope) => {
      const found = await world.tokens.check(made({ payload: { scope } }), HERE);
      const held = found.ok ? [...found.value.permissions] : [];
      expect(held.filter((one) => one !== "event:read")).toEqual([]);
    },
  );

  test("made by a library with a key of its own is refused", async () => {
    const token = await new SignJWT(payload)
      .setProtectedHeader({ alg: "ES256", typ: "at+jwt", kid: String(header["kid"]) })
      .sign(strangerPair.privateKey);
    expect(await check(token)).toBe("TOKEN_INVALID");
  });

  test("leaves nothing in the log, so that nobody can flood it", async () => {
    const before = (await database.records()).length;
    for (let times = 0; times < 20; times += 1) await check(made({ key: strangerPair.privateKey }));
    expect(await database.records()).toHaveLength(before);
  });
});
