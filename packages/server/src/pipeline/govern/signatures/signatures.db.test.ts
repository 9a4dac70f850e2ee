import { createPublicKey, verify } from "node:crypto";
import { APPROVAL_DOMAIN, type Action, type StatementKind, type StatementSignature } from "@tyr/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TEST_ENGINES } from "#platform/testing";
// oxlint-disable-next-line no-restricted-imports -- the world of tests stands where app.ts does, above both rooms
import * as w from "../../respond/testing/response-world.ts";
// oxlint-disable-next-line no-restricted-imports -- as above
import { newKeyOf, signerOf, signWith } from "../../respond/testing/sign-as.ts";

const { ana, approve, ben, cleo, codeOf, dora, must, request, signAs, withdraw } = w;
/** PostgreSQL where there is one: races are real there. */
const engine = TEST_ENGINES.includes("postgres") ? "postgres" : "pglite";
const DAY_MS = 86_400_000;

let world: w.ResponseWorld;
let last = 0;
beforeAll(async () => void (world = await w.openResponseWorld(engine)));
afterAll(async () => await world[Symbol.asyncDispose]());

const fresh = async (more: object = {}): Promise<Action> => await request(world, `203.0.112.${(last += 1)}`, more);
const shown = ({ id, requestDigest, dryRun }: Action) => ({ id, requestDigest, dryRunDigest: dryRun?.digest ?? "" });
const sign = async (asked: Action, by = ben, statement: StatementKind = "approve"): Promise<StatementSignature> =>
  must(await signAs(world, by, { ...shown(asked), statement }));
const send = async (asked: Action, signature: StatementSignature | undefined, by = ben) =>
  await world.govern.approve({ ...shown(asked), by, signature });

const entriesOf = async (id: string) => (await world.test.records()).filter((one) => one.object.id === id);
const wishOf = ({ requestDigest, dryRun }: Action) => ({ requestDigest, dryRunDigest: dryRun?.digest ?? "" });

describe(`approving is a signature (${engine})`, () => {
  test("the log keeps what a third party needs: text, public key and signature, of ids and no names", async () => {
    const asked = await fresh();
    must(await approve(world, asked, ben));
    const entry = (await entriesOf(asked.id)).find(({ type }) => type === "action.approval_recorded");
    const said = (name: string): string => {
      const value = entry?.details[name];
      return typeof value === "string" ? value : "";
    };
    const [statement, key, signature] = [said("statement"), said("public_key"), said("signature")];
    const publicKey = createPublicKey({ key: Buffer.from(key, "base64url"), format: "der", type: "spki" });
    const signed = Buffer.from(`${APPROVAL_DOMAIN}${statement}`);
    expect(verify(null, signed, publicKey, Buffer.from(signature, "base64url"))).toBe(true);
    expect(JSON.parse(statement)).toMatchObject({
      installation: "tyr.test/log",
      statement: "approve",
      action_id: asked.id,
      target: asked.target,
      request_digest: asked.requestDigest,
      dry_run_digest: asked.dryRun?.digest,
      signer: ben.id,
      requirements: [{ approvals: 1 }],
    });
    expect(statement).not.toContain("Ben");
  });

  test("without a signature nobody approves, rejects or withdraws, and the log says who tried", async () => {
    const asked = await fresh();
    const { id } = asked;
    expect(codeOf(await send(asked, undefined))).toBe("SIGNATURE_REQUIRED");
    expect(codeOf(await world.govern.reject({ id, by: ben, reason: "x" }))).toBe("SIGNATURE_REQUIRED");
    must(await approve(world, asked, ben));
    expect(codeOf(await world.govern.withdraw({ id, by: ben }))).toBe("SIGNATURE_REQUIRED");
    const refused = (await entriesOf(id)).filter(({ type }) => type === "action.refused");
    expect(refused.map(({ details }) => [details["move"], details["code"]])).toEqual(
      ["approve", "reject", "withdraw"].map((move) => [move, "SIGNATURE_REQUIRED"]),
    );
    expect(must(await world.govern.get(id)).state).toBe("approved");
  });

  test("a signature counts once, for its person, its action and its purpose", async () => {
    const [asked, other] = [await fresh(), await fresh()];
    const signature = await sign(asked);
    expect(codeOf(await send(other, signature))).toBe("SIGNATURE_INVALID");
    expect(codeOf(await send(asked, signature)), "it was used up by the attempt").toBe("SIGNATURE_INVALID");
    expect(codeOf(await send(asked, await sign(asked, dora)))).toBe("SIGNATURE_INVALID");
    expect(codeOf(await send(asked, await sign(asked, ben, "reject")))).toBe("SIGNATURE_INVALID");
    const good = await sign(asked);
    expect(must(await send(asked, good)).state).toBe("approved");
    expect(must(await withdraw(world, { id: asked.id, by: ben })).state).toBe("pending");
    expect(codeOf(await send(asked, good)), "sent again after it was taken back").toBe("SIGNATURE_INVALID");
  });

  test("what somebody signed and did not send is void once they take their approval back", async () => {
    const asked = await fresh();
    const spare = await sign(asked);
    must(await approve(world, asked, ben));
    must(await withdraw(world, { id: asked.id, by: ben }));
    expect(codeOf(await send(asked, spare))).toBe("SIGNATURE_INVALID");
    expect(must(await world.govern.get(asked.id)).approvals).toEqual([]);
  });

  test("after an edit, with other words or after five minutes it does not count", async () => {
    const asked = await fresh({ ttlSeconds: 3600 });
    const { id, requestDigest } = asked;
    const signature = await sign(asked);
    const edited = must(await world.govern.edit({ id, by: ana, edit: { requestDigest, ttlSeconds: 600 } }));
    const again = edited.state === "pending" ? edited : must(await world.govern.submit({ id, by: ana }));
    expect(codeOf(await send(again, signature))).toBe("APPROVAL_STALE");
    const words = { ...shown(again), by: ben, comment: "something else", signature: await sign(again) };
    expect(codeOf(await world.govern.approve(words))).toBe("APPROVAL_STALE");
    const late = await sign(again);
    world.clock.advance(5 * 60_000);
    expect(codeOf(await send(again, late))).toBe("SIGNATURE_INVALID");
  });

  test("a signature of another text, by another key or under somebody else's key does not count", async () => {
    const asked = await fresh();
    const [stated, mine, doras] = [
      must(await world.govern.statement({ id: asked.id, by: ben, wish: { ...wishOf(asked), statement: "approve" } })),
      must(await signerOf(world, ben)),
      must(await signerOf(world, dora)),
    ];
    const { key: stranger } = newKeyOf(ben.id);
    const forged = [
      signWith(mine, { ...stated, text: stated.text.replace('"approve"', '"reject"') }),
      signWith({ ...mine, key: stranger }, stated),
      signWith(doras, stated),
      signWith({ ...doras, id: mine.id }, stated),
    ];
    for (const signature of forged) {
      const { digest } = must(
        await world.govern.statement({ id: asked.id, by: ben, wish: { ...wishOf(asked), statement: "approve" } }),
      );
      expect(codeOf(await send(asked, { ...signature, statement: digest }))).toBe("SIGNATURE_INVALID");
    }
    expect(must(await world.govern.get(asked.id)).state).toBe("pending");
  });

  test("the same signature sent twenty times at once is one approval", async () => {
    const asked = await fresh();
    const signature = await sign(asked);
    const answers = await Promise.all(Array.from({ length: 20 }, async () => await send(asked, signature)));
    expect(answers.filter(({ ok }) => ok)).toHaveLength(1);
    expect((await entriesOf(asked.id)).filter(({ type }) => type === "action.approval_recorded")).toHaveLength(1);
  });

  test("nobody is handed a statement for what they could not do", async () => {
    const asked = await fresh();
    const wish = { ...wishOf(asked), statement: "approve" as const };
    expect(codeOf(await world.govern.statement({ id: asked.id, by: ana, wish }))).toBe("NOT_PERMITTED");
    const stale = { ...wish, dryRunDigest: "0".repeat(64) };
    expect(codeOf(await world.govern.statement({ id: asked.id, by: ben, wish: stale }))).toBe("APPROVAL_STALE");
    const back = { ...wishOf(asked), statement: "withdraw" as const };
    expect(codeOf(await world.govern.statement({ id: asked.id, by: ben, wish: back }))).toBe("NOT_FOUND");
  });
});

describe(`keys of one's own (${engine})`, () => {
  test("are registered by who holds them, once, for a year at most", async () => {
    const keys = world.govern.approvalKeys;
    const { body } = newKeyOf(cleo.id);
    expect(codeOf(await keys.add(body, dora)), "a proof of somebody else").toBe("SIGNATURE_INVALID");
    const added = must(await keys.add(body, cleo));
    expect((await keys.list(cleo)).find(({ id }) => id === added.id)?.lastApprovedAt).toBeNull();
    expect(Date.parse(added.expiresAt) - Date.parse(added.createdAt)).toBe(365 * DAY_MS);
    expect(codeOf(await keys.add(body, cleo))).toBe("NAME_TAKEN");
  });

  test("of low order, under which any signature fits, are refused", async () => {
    const identity = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), Buffer.alloc(32)]);
    identity[12] = 1;
    const body = {
      name: "weak",
      publicKey: identity.toString("base64url"),
      proof: Buffer.alloc(64).toString("base64url"),
    };
    expect(codeOf(await world.govern.approvalKeys.add(body, cleo))).toBe("SIGNATURE_INVALID");
  });

  test("end: what one approved and has not run counts no more, and it signs nothing again", async () => {
    const asked = await fresh();
    must(await approve(world, asked, dora));
    const { id } = must(await signerOf(world, dora));
    const listed = (await world.govern.approvalKeys.list(dora)).find((one) => one.id === id);
    expect(listed?.lastApprovedAt).toBe(must(await world.govern.get(asked.id)).approvals[0]?.at);
    const signature = await sign(await fresh(), dora);
    expect(must(await world.govern.approvalKeys.revoke(id, dora)).state).toBe("revoked");
    const now = must(await world.govern.get(asked.id));
    expect([now.approvals, now.approvalsMissing >= 0]).toEqual([[], true]);
    await world.respond.execute();
    expect(must(await world.govern.get(asked.id)).state).toBe("pending");
    expect(codeOf(await send(asked, signature, dora))).toBe("SIGNATURE_INVALID");
    expect(codeOf(await world.govern.approvalKeys.revoke(id, ben))).toBe("NOT_FOUND");
    const entry = (await entriesOf(id)).find(({ type }) => type === "approval_key.revoked");
    expect(entry?.details["decisionsVoided"]).toBe(1);
  });

  test("of another room, such as a passkey that is removed, take what they approved with them", async () => {
    const asked = await fresh();
    must(await approve(world, asked, dora));
    const { id: keyId } = must(await signerOf(world, dora));
    const end = { subjectId: dora.id, actor: dora.actor, requestId: null, now: world.clock.now() };
    type Ended = Awaited<ReturnType<NonNullable<typeof world.govern.standing.endKey>>>;
    const ended = await world.test.db.audited(
      (one: Ended | undefined) => one?.facts ?? [],
      async (tx) => await world.govern.standing.endKey?.(tx, { ...end, keyId }),
    );
    expect(ended?.count).toBe(1);
    expect(must(await world.govern.get(asked.id))).toMatchObject({ approvals: [] });
    expect((await entriesOf(asked.id)).at(-1)).toMatchObject({
      type: "action.approval_withdrawn",
      details: { approved_by: dora.id },
    });
  });

  test("whose time is over sign nothing", async () => {
    const { body, key } = newKeyOf(cleo.id);
    const { id } = must(await world.govern.approvalKeys.add({ ...body, lifeDays: 1 }, cleo));
    world.clock.advance(2 * DAY_MS);
    const asked = await fresh();
    const wish = { ...wishOf(asked), statement: "approve" as const };
    const stated = must(await world.govern.statement({ id: asked.id, by: cleo, wish }));
    expect(stated.keys.map((one) => one.id)).not.toContain(id);
    expect(codeOf(await send(asked, signWith({ key, id }, stated), cleo))).toBe("SIGNATURE_INVALID");
  });

  test("end with the account", async () => {
    const { body } = newKeyOf(dora.id);
    const { id } = must(await world.govern.approvalKeys.add(body, dora));
    const now = world.clock.now();
    const end = { subjectId: dora.id, actor: cleo.actor, requestId: null, now };
    const object = { kind: "subject", id: dora.id };
    const fact = { type: "user.changed", actor: cleo.actor, object, before: "active", after: "disabled" } as const;
    await world.test.db.audited(fact, async (tx) => void (await world.govern.standing.end(tx, end)));
    const all = await world.govern.approvalKeys.list(dora);
    expect(all.find((one) => one.id === id)?.state).toBe("revoked");
  });
});
