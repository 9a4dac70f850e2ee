import { createHash } from "node:crypto";
import type { Result, SubjectId } from "@tyr/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createIdentity, type Identity, type Own } from "#identity";
import { fixedClock } from "#platform/clock";
import { openTestDatabase, type TestDatabase } from "#platform/testing";
import { testDeps } from "../testing/test-vault.ts";
import { SoftwareAuthenticator, type Deviation } from "./testing/software-authenticator.ts";

const PASSWORD = "the kettle sang at noon";
const PLACE = "https://tyr.example.org";
const from = { address: "192.0.2.7", userAgent: "test", requestId: "r-1" };
const digestOf = (text: string): Buffer => createHash("sha256").update(text).digest();

function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.refusal.detail);
  return result.value;
}

describe("signing a statement with a passkey", () => {
  const clock = fixedClock("2026-11-02T08:00:00.000Z");
  let world: TestDatabase;
  let identity: Identity;
  let ada: Own;
  let bob: Own;

  const ownOf = async (token: string): Promise<Own> => {
    const caller = await identity.authenticate(token);
    if (caller === undefined) throw new Error("not signed in");
    return { caller, requestId: "r-2" };
  };

  beforeAll(async () => {
    world = await openTestDatabase("pglite", clock);
    identity = await createIdentity(await testDeps(world.db, clock));
    const body = { token: identity.setUp.token ?? "", name: "ada", password: PASSWORD };
    ada = await ownOf(valueOf(await identity.setUp.complete(body, from)).token);
    const by = { actor: ada.caller.actor, requestId: "r-3" };
    valueOf(await identity.createUser({ name: "bob", password: PASSWORD, roles: ["viewer"] }, by));
    bob = await ownOf(valueOf(await identity.signIn({ name: "bob", password: PASSWORD }, from)).token);
  });
  afterAll(async () => await world[Symbol.asyncDispose]());

  async function withPasskey(own: Own) {
    const authenticator = new SoftwareAuthenticator(PLACE);
    const begun = valueOf(await identity.passkeys.beginAdd(own));
    const { passkey } = valueOf(await identity.passkeys.add({ ...authenticator.create(begun), name: "Key" }, own));
    return { authenticator, passkey };
  }

  type Shown = Readonly<{ authenticator: SoftwareAuthenticator; text?: string; deviation?: Deviation }>;
  async function sign(own: Own, { authenticator, text = "I approve", deviation = {} }: Shown, as: Own = own) {
    const { signing } = identity.passkeys;
    const request = await signing.ask(own.caller.actor.id, { handle: "h", challenge: digestOf(text) });
    if (request === null) throw new Error("no passkey counts");
    return await world.db.bookkeep(
      "counters",
      async (tx) =>
        await signing.check(tx, {
          proof: authenticator.get(request, deviation),
          subjectId: as.caller.actor.id as SubjectId,
          challenge: digestOf("I approve"),
          requestId: "r-4",
          now: clock.now(),
        }),
    );
  }

  test("asks for the digest of the text and gives the public key that the log has since it was added", async () => {
    expect(
      await identity.passkeys.signing.ask(ada.caller.actor.id, { handle: "h", challenge: digestOf("x") }),
    ).toBeNull();
    const { authenticator, passkey } = await withPasskey(ada);
    const signed = await sign(ada, { authenticator });
    expect(signed).toMatchObject({ ok: true, passkeyId: passkey.id });
    const added = (await world.records()).find(
      ({ type, object }) => type === "passkey.added" && object.id === passkey.id,
    );
    const publicKey = signed.ok ? Buffer.from(signed.publicKey).toString("base64url") : "";
    expect(added?.details["publicKey"]).toBe(publicKey);
  });

  test("what was kept is checked again: the same signature over the same text by the same key, and nothing else", async () => {
    const { authenticator, passkey } = await withPasskey(ada);
    const { signing } = identity.passkeys;
    const id = ada.caller.actor.id;
    const request = await signing.ask(id, { handle: "h", challenge: digestOf("I approve") });
    if (request === null) throw new Error("no passkey counts");
    const known = await signing.find(world.db.read, { id: passkey.id, subjectId: id });
    expect(known).toMatchObject({ endedAt: null, expiresAt: null, createdAt: clock.now() });
    expect(await signing.find(world.db.read, { id: passkey.id, subjectId: bob.caller.actor.id })).toBeUndefined();
    const publicKey = Buffer.from(known?.publicKey ?? []).toString("base64url");
    const { signature, authenticatorData, clientDataJSON } = authenticator.get(request);
    const kept = { publicKey, signature, authenticatorData, clientDataJSON };
    expect(await signing.isSigned(kept, digestOf("I approve"))).toBe(true);
    expect(await signing.isSigned(kept, digestOf("I reject"))).toBe(false);
    const other = await withPasskey(bob);
    const theirs = await signing.find(world.db.read, { id: other.passkey.id, subjectId: bob.caller.actor.id });
    const others = Buffer.from(theirs?.publicKey ?? []).toString("base64url");
    for (const wrong of [
      { publicKey: others },
      { publicKey: "" },
      { signature: "AA" },
      { authenticatorData: null },
      { clientDataJSON: null },
      { clientDataJSON: "AA" },
      authenticator.get(request, { userVerified: false }),
    ])
      expect(await signing.isSigned({ ...kept, ...wrong }, digestOf("I approve"))).toBe(false);
  });

  test("takes no answer to another text, from another page, without its user, or of somebody else", async () => {
    const { authenticator } = await withPasskey(ada);
    const { authenticator: bobs } = await withPasskey(bob);
    const reasons: unknown[] = [];
    for (const shown of [
      { authenticator, text: "I reject" },
      { authenticator, deviation: { origin: "https://evil.example.org" } },
      { authenticator, deviation: { userVerified: false } },
      { authenticator, deviation: { type: "webauthn.create" } },
      { authenticator: bobs },
    ]) {
      const signed = await sign(ada, shown);
      reasons.push(signed.ok ? "ok" : signed.reason);
    }
    expect(reasons).toEqual([
      "another challenge",
      "another origin",
      "no user verification",
      "another kind of answer",
      "unknown passkey",
    ]);
    expect(await sign(bob, { authenticator: bobs }, ada)).toMatchObject({ ok: false, reason: "unknown passkey" });
  });

  test("suspects a copy when the counter goes backwards: it signs nothing more, and its owner's log says so", async () => {
    const { authenticator, passkey } = await withPasskey(bob);
    expect(await sign(bob, { authenticator })).toMatchObject({ ok: true });
    const copy = await sign(bob, { authenticator, deviation: { counter: 1 } });
    expect(copy).toMatchObject({
      ok: false,
      reason: "its counter went backwards",
      suspected: { type: "passkey.suspected", details: { passkey: passkey.id } },
    });
    expect(await sign(bob, { authenticator })).toMatchObject({ ok: false, reason: "a copy is suspected" });
  });
});
