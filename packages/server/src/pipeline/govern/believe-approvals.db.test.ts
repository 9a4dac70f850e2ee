import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Action } from "@tyr/contract";
import { TEST_ENGINES } from "#platform/testing";
import {
  adam,
  ana,
  approve,
  ben,
  breaker,
  cleo,
  dora,
  handOver,
  must,
  openResponseWorld,
  signAs,
  type ResponseWorld,
} from "../respond/testing/response-world.ts";

const HOUR = 3_600_000;

describe.each(TEST_ENGINES)("approvals are checked again before anything runs, on %s", (engine) => {
  let world: ResponseWorld;
  let n = 0;
  beforeAll(async () => void (world = await openResponseWorld(engine)));
  afterAll(async () => await world[Symbol.asyncDispose]());

  const ask = async (length = 32): Promise<Action> => {
    const body = { type: "block_ip" as const, target: `8.72.${(n += 2)}.0/${length}`, justification: "x" };
    return must(await world.govern.create(body, adam));
  };
  const reload = async ({ id }: Action): Promise<Action> => must(await world.govern.get(id));
  const recordsOf = async ({ id }: Action) => (await world.test.records()).filter((one) => one.object.id === id);
  const disbelieved = async (action: Action) =>
    (await recordsOf(action)).filter(({ type }) => type === "action.approval_disbelieved");
  const approved = async (): Promise<Action> => {
    const asked = await ask();
    expect(must(await approve(world, asked, ben)).state).toBe("approved");
    return asked;
  };
  /** As somebody who holds the database does it. */
  const forge = async (work: Parameters<typeof world.test.db.bookkeep>[1]) =>
    await world.test.db.bookkeep("counters", work);

  test("what was approved and signed runs", async () => {
    const asked = await approved();
    await world.respond.execute();
    expect((await reload(asked)).state).toBe("executed");
    expect(await disbelieved(asked)).toEqual([]);
  });

  test("rows that somebody wrote into the database approve nothing, and the log and the screen say so", async () => {
    const asked = await approved();
    await forge(async (tx) => {
      const row = await tx
        .selectFrom("approval")
        .selectAll()
        .where("action_id", "=", asked.id)
        .executeTakeFirstOrThrow();
      await tx.deleteFrom("approval").where("action_id", "=", asked.id).execute();
      const { signature, actor, ...rest } = row;
      const forged = { ...rest, id: "apr_forged" as typeof row.id, subject_id: dora.id, statement: "x" };
      await tx
        .insertInto("approval")
        .values({ ...forged, actor: JSON.stringify(actor), signature: JSON.stringify(signature) })
        .execute();
    });
    expect((await reload(asked)).approvals).toMatchObject([{ by: { id: ben.id }, counts: true }]);
    await world.respond.execute();
    expect(await reload(asked)).toMatchObject({
      state: "pending",
      approvals: [{ id: "apr_forged", counts: false, disbelieved: "its statement is not the one that was signed" }],
    });
    expect(await disbelieved(asked)).toMatchObject([
      { outcome: "failure", details: { given: "apr_forged", approved_by: dora.id } },
    ]);
    // Whoever is there may still decide.
    expect(must(await approve(world, await reload(asked), ben)).state).toBe("approved");
    await world.respond.execute();
    expect(await reload(asked)).toMatchObject({ state: "executed" });
    expect(await disbelieved(asked)).toHaveLength(1);
  });

  test("an approval that was signed for another action is none of this one", async () => {
    const [other, asked] = [await approved(), await approved()];
    await forge(async (tx) => {
      const { statement, statement_digest, signature, key_id } = await tx
        .selectFrom("approval")
        .selectAll()
        .where("action_id", "=", other.id)
        .executeTakeFirstOrThrow();
      const copied = { statement, statement_digest, signature: JSON.stringify(signature), key_id };
      await tx.updateTable("approval").set(copied).where("action_id", "=", asked.id).execute();
    });
    await world.respond.execute();
    expect(await reload(other)).toMatchObject({ state: "executed" });
    expect(await reload(asked)).toMatchObject({
      state: "pending",
      approvals: [{ disbelieved: "its statement is about another action_id" }],
    });
  });

  test("whoever ends a key by hand, without what follows, ends what it approved all the same", async () => {
    const asked = await approved();
    await forge(async (tx) => {
      await tx
        .updateTable("approval_key")
        .set({ revoked_at: world.clock.now() })
        .where("subject_id", "=", ben.id)
        .execute();
    });
    await world.respond.execute();
    expect(await reload(asked)).toMatchObject({ state: "pending", approvals: [{ disbelieved: "its key was ended" }] });
  });

  test("a delegation that somebody wrote, or made longer, lends nothing", async () => {
    const endsAt = new Date(world.clock.now().getTime() + HOUR).toISOString();
    const { id } = must(await handOver(world, { to: ana.actor.name, endsAt, reason: "away" }, dora));
    const asked = await ask();
    expect(must(await approve(world, { ...asked, delegation: id }, ana)).state).toBe("approved");
    await forge(async (tx) => {
      const longer = new Date(world.clock.now().getTime() + 20 * 24 * HOUR);
      await tx.updateTable("delegation").set({ ends_at: longer }).where("id", "=", id).execute();
    });
    await world.respond.execute();
    expect(await reload(asked)).toMatchObject({
      state: "pending",
      approvals: [{ disbelieved: `the delegation ${id}: its statement is about another ends_at` }],
    });
    must(await world.govern.delegations.end({ id, by: dora }));
  });

  test("a use of break-glass that nobody signed lets nothing run", async () => {
    world.situation.breakers = [cleo.id];
    const asked = must(
      await world.govern.create({ type: "block_ip", target: "8.73.1.1", justification: "x", ttlSeconds: 600 }, ana),
    );
    const by = breaker(cleo);
    const shown = { requestDigest: asked.requestDigest, dryRunDigest: asked.dryRun?.digest ?? "" };
    const said = { ...shown, reason: "it cannot wait" };
    const signature = must(await signAs(world, by, { id: asked.id, statement: "break_glass", ...said }));
    expect(must(await world.govern.breakGlass({ id: asked.id, by, ...said, signature })).state).toBe("approved");
    await forge(async (tx) => {
      const forged = { subject_id: cleo.id, reason: "because" };
      await tx.updateTable("break_glass").set(forged).where("action_id", "=", asked.id).execute();
    });
    await world.respond.execute();
    expect((await reload(asked)).state).toBe("pending");
    expect(await disbelieved(asked)).toMatchObject([{ details: { note: "its statement is about another reason" } }]);
  });
});
