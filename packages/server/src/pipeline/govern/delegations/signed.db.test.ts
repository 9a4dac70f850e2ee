import { createPublicKey, verify } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { APPROVAL_DOMAIN, type DelegationId, type DelegationWish } from "@tyr/contract";
import { TEST_ENGINES } from "#platform/testing";
import {
  adam,
  ana,
  approve,
  ben,
  codeOf,
  dora,
  must,
  openResponseWorld,
  type Actor,
  type ResponseWorld,
} from "../../respond/testing/response-world.ts";
import { handOver, signerOf, signWith } from "../../respond/testing/sign-as.ts";

const HOUR = 3_600_000;

describe.each(TEST_ENGINES)("handing approving over is signed, on %s", (engine) => {
  let world: ResponseWorld;
  let n = 0;
  beforeAll(async () => void (world = await openResponseWorld(engine)));
  afterAll(async () => await world[Symbol.asyncDispose]());

  const wishTo = (to: Actor, changes: Partial<DelegationWish> = {}): DelegationWish => ({
    to: to.actor.name,
    endsAt: new Date(world.clock.now().getTime() + HOUR).toISOString(),
    reason: "away",
    ...changes,
  });
  const stated = async (wish: DelegationWish, by: Actor) => must(await world.govern.delegations.statement(wish, by));
  const signer = async (by: Actor) => must(await signerOf(world, by));
  const end = async (id: DelegationId, by: Actor) => must(await world.govern.delegations.end({ id, by }));
  const recordsOf = async (id: string) => (await world.test.records()).filter((one) => one.object.id === id);
  const ask = async () => {
    const body = { type: "block_ip" as const, target: `8.71.${(n += 2)}.0/32`, justification: "x" };
    return must(await world.govern.create(body, adam));
  };

  test("a session is not enough: whoever has one hands nothing over without the approver's key", async () => {
    const wish = wishTo(ana);
    expect(codeOf(await world.govern.delegations.create(wish, ben))).toBe("SIGNATURE_REQUIRED");
    const { text, digest, delegation } = await stated(wish, ben);
    const forged = signWith({ ...(await signer(ben)), key: (await signer(ana)).key }, { text, digest });
    expect(codeOf(await world.govern.delegations.create({ ...wish, signature: forged }, ben))).toBe(
      "SIGNATURE_INVALID",
    );
    expect(await recordsOf(delegation)).toMatchObject([
      { type: "delegation.refused", outcome: "refused", details: { code: "SIGNATURE_INVALID" } },
    ]);
    // It was taken, whatever came of it.
    const late = signWith(await signer(ben), { text, digest });
    expect(codeOf(await world.govern.delegations.create({ ...wish, signature: late }, ben))).toBe("SIGNATURE_INVALID");
    const own = { ...(await stated(wish, ben)) };
    const byKeyOfAna = signWith(await signer(ana), own);
    expect(codeOf(await world.govern.delegations.create({ ...wish, signature: byKeyOfAna }, ben))).toBe(
      "SIGNATURE_INVALID",
    );
  });

  test("the entry keeps what a third party checks it by", async () => {
    const { id } = must(await handOver(world, wishTo(ana), ben));
    const [entry] = await recordsOf(id);
    const details = (entry?.details ?? {}) as Readonly<Record<string, string>>;
    const text = details["statement"] ?? "";
    expect(JSON.parse(text)).toMatchObject({
      statement: "delegate",
      installation: "tyr.test/log",
      delegation_id: id,
      to: ana.id,
      roles: ["approver"],
      signer: ben.id,
      reason: "away",
      ends_at: details["ends_at"],
    });
    const key = createPublicKey({
      key: Buffer.from(details["public_key"] ?? "", "base64url"),
      format: "der",
      type: "spki",
    });
    const signature = Buffer.from(details["signature"] ?? "", "base64url");
    expect(verify(null, Buffer.from(`${APPROVAL_DOMAIN}${text}`), key, signature)).toBe(true);
    await end(id, ben);
  });

  test("it counts once, five minutes, for its person, and for exactly what it says", async () => {
    const wish = wishTo(ana);
    const first = await stated(wish, ben);
    const signature = signWith(await signer(ben), first);
    const create = async (changes: Partial<DelegationWish> = {}, by: Actor = ben) =>
      codeOf(await world.govern.delegations.create({ ...wish, ...changes, signature }, by));
    expect(await create({ reason: "forever" })).toBe("APPROVAL_STALE");
    expect(await create()).toBe("SIGNATURE_INVALID");
    const others = signWith(await signer(dora), await stated(wish, dora));
    expect(codeOf(await world.govern.delegations.create({ ...wish, signature: others }, ben))).toBe(
      "SIGNATURE_INVALID",
    );
    const slow = signWith(await signer(ben), await stated(wish, ben));
    world.clock.advance(5 * 60_000);
    expect(codeOf(await world.govern.delegations.create({ ...wish, signature: slow }, ben))).toBe("SIGNATURE_INVALID");
    const more = await stated(wish, { ...ben, roles: ["approver", "security_manager"] });
    const promoted = signWith(await signer(ben), more);
    expect(codeOf(await world.govern.delegations.create({ ...wish, signature: promoted }, ben))).toBe("APPROVAL_STALE");
  });

  test("a row that nobody signed lends nothing", async () => {
    const { id } = must(await handOver(world, wishTo(ana), ben));
    await world.test.db.bookkeep("counters", async (tx) => {
      await tx.updateTable("delegation").set({ statement: null }).where("id", "=", id).execute();
    });
    expect(codeOf(await approve(world, { ...(await ask()), delegation: id }, ana))).toBe("NOT_PERMITTED");
    await end(id, ben);
  });

  test("whoever is given the accounts later stands in for nobody as long as they have them", async () => {
    const { id } = must(await handOver(world, wishTo(ana), ben));
    const asked = await ask();
    const before = world.situation.people;
    world.situation.people = before.map((one) => (one.id === ana.id ? { ...one, roles: ["analyst", "admin"] } : one));
    expect(codeOf(await approve(world, { ...asked, delegation: id }, ana))).toBe("NOT_PERMITTED");
    world.situation.people = before;
    expect(codeOf(await approve(world, { ...asked, delegation: id }, ana))).toBe("ok");
    await end(id, ben);
  });

  test("a key of either that may only read ends none", async () => {
    const { id } = must(await handOver(world, wishTo(ana), ben));
    for (const one of [ben, ana]) {
      const by: Actor = { ...one, permissions: new Set(["action:read"] as const) };
      expect(codeOf(await world.govern.delegations.end({ id, by }))).toBe("NOT_PERMITTED");
    }
    const decides: Actor = { ...ben, permissions: new Set(["action:read", "action:approve"] as const) };
    expect(must(await world.govern.delegations.end({ id, by: decides })).state).toBe("ended");
  });
});
