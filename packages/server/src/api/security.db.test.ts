import {
  permissionsOf,
  routes,
  type InputOf,
  type OutputOf,
  type Result,
  type RouteDefinition,
  type RouteId,
  type SecurityAction,
} from "@tyr/contract";
import type { TSchema } from "typebox";
import { Value } from "typebox/value";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { signAs } from "../pipeline/respond/testing/sign-as.ts";
import {
  adam,
  ana,
  approve,
  ben,
  codeOf,
  must,
  openResponseWorld,
  type Actor,
  type ResponseWorld,
} from "../pipeline/respond/testing/response-world.ts";
import type { Call, Handler } from "./handler.ts";
import { securityHandlers } from "./security.ts";

type Route = Extract<RouteId, `security.${string}`>;

describe("the security API over our model", () => {
  let world: ResponseWorld;
  let handlers: ReturnType<typeof securityHandlers>;
  beforeAll(async () => {
    world = await openResponseWorld("pglite");
    handlers = securityHandlers({ ...world, database: world.test.db });
  });
  afterAll(async () => await world[Symbol.asyncDispose]());

  const callBy = ({ actor, roles }: Actor): Call => ({
    caller: { actor, permissions: permissionsOf(roles), roles },
    requestId: "request-1",
    method: "POST",
    address: "127.0.0.1",
    headers: {},
    signal: new AbortController().signal,
    setHeader: () => undefined,
    setStatus: () => undefined,
    afterSent: () => undefined,
  });
  /** What the route answers, which must be what the contract says. */
  async function ask<K extends Route>(id: K, by: Actor, input: object = {}): Promise<Result<OutputOf<K>>> {
    const handler = handlers[id] as unknown as Handler<K>;
    const whole = { params: undefined, query: {}, body: undefined, ...input } as unknown as InputOf<K>;
    const answer = await handler(whole, callBy(by));
    const { response } = routes[id] as RouteDefinition;
    expect(answer.ok ? [...Value.Errors(response as TSchema, answer.value)] : []).toEqual([]);
    return answer;
  }
  const blockOf = async (value: string, more: object = {}) =>
    must(await ask("security.blockCreate", ana, { body: { entity_type: "ip", value, reason: "scans", ...more } }));

  test("a policy is the settings: what is null or left out stays, and notes are cleared", async () => {
    const edit = async (body: object) => must(await ask("security.policyEdit", adam, { body }));
    expect(must(await ask("security.policy", ana))).toMatchObject({ id: 1, max_failed_auth: 10, updated_at: null });
    expect(await edit({ max_failed_auth: 7, notes: "n", auto_elevate: null })).toMatchObject({
      max_failed_auth: 7,
      max_scan_events: 20,
      auto_elevate: false,
      notes: "n",
    });
    expect(await edit({ notes: null, max_failed_auth: null })).toMatchObject({ max_failed_auth: 7, notes: null });
    expect((await world.govern.settings()).maxFailedLoginsPerMinute).toBe(7);
    expect(must(await ask("security.policyPut", adam, { body: { auto_lockdown: true } })).auto_lockdown).toBe(true);
    await edit({ auto_lockdown: false });
  });

  test("a block is an action until somebody approved it, then a block, then lifted", async () => {
    const asked = await blockOf("8.8.8.1");
    expect(asked).toMatchObject({ active: false, state: "pending", value: "8.8.8.1", id: asked.action_id });
    const action = must(await world.govern.get(asked.id as `act_${string}`));
    must(await approve(world, action, ben));
    await world.respond.execute();
    const listed = must(await ask("security.blocks", ana, { query: {} }));
    expect(listed).toMatchObject({
      total: 1,
      active: 1,
      items: [{ value: "8.8.8.1", active: true, action_id: asked.id }],
    });
    const id = listed.items[0]?.id ?? "";
    expect(must(await ask("security.blockDeactivate", adam, { params: { id } }))).toMatchObject({ id, active: false });
    expect(must(await ask("security.blocks", ana, { query: { active_only: "true" } })).items).toEqual([]);
    expect(must(await ask("security.blocks", ana, { query: { active_only: "false" } })).total).toBe(1);
    expect(codeOf(await ask("security.blockDeactivate", adam, { params: { id: "7" } }))).toBe("NOT_FOUND");
  });

  test("what cannot be blocked is refused with what can", async () => {
    const refusal = async (body: object) => await ask("security.blockCreate", ana, { body: { reason: "x", ...body } });
    expect(codeOf(await refusal({ entity_type: "user", value: "root" }))).toBe("VALIDATION_FAILED");
    expect(codeOf(await refusal({ entity_type: "ip", value: "not one" }))).toBe("TARGET_INVALID");
    expect(codeOf(await refusal({ entity_type: "ip", value: "127.0.0.1" }))).toBe("ACTION_DENIED");
    const over = { entity_type: "ip", value: "8.8.8.2", expires_at: "2026-02-01T11:00:00.000Z" };
    expect(codeOf(await refusal(over))).toBe("VALIDATION_FAILED");
    expect((await blockOf("8.8.8.2", { expires_at: "2026-02-01T14:00:00.000Z" })).state).toBe("pending");
    const ours = (await world.govern.list({ target: "8.8.8.2", limit: 1, before: undefined })).rows[0];
    expect(ours?.ttlSeconds).toBe(7_200);
  });

  test("who asks is who is signed in, whatever the request says", async () => {
    const body = { requested_by: "Heimdall", action_type: "set_mode", payload: { mode: "elevated", reason: "scans" } };
    const asked = must(await ask("security.actionCreate", ana, { body }));
    expect(asked).toMatchObject({
      requested_by: `human:${ana.id}`,
      action_type: "set_mode",
      payload: { mode: "elevated", reason: "scans" },
      status: "pending",
    });
  });

  test.each([
    [{ action_type: "update_policy", payload: {} }],
    [{ action_type: "set_mode", payload: null }],
    [{ action_type: "block_entity", payload: { value: "8.8.8.3" } }],
    [{ action_type: "block_entity", payload: { entity_type: "ip", value: { $ne: 1 }, reason: "x" } }],
  ])("%j is refused, saying what would be right", async (body) => {
    expect(codeOf(await ask("security.actionCreate", ana, { body }))).toBe("VALIDATION_FAILED");
  });

  test("approving needs a signature, and says how to come by one", async () => {
    const { id } = await blockOf("8.8.8.4");
    const update = async (body: object) =>
      await ask("security.actionUpdate", ben, { params: { id: id as `act_${string}` }, body });
    expect(await update({ status: "approved", approved_by: "Tyr" })).toMatchObject({
      refusal: {
        code: "SIGNATURE_REQUIRED",
        detail: expect.stringContaining(`/api/v1/actions/${id}/statements`) as string,
      },
    });
    const action = must(await world.govern.get(id as `act_${string}`));
    const shown = { requestDigest: action.requestDigest, dryRunDigest: action.dryRun?.digest ?? "", comment: "seen" };
    const signature = must(await signAs(world, ben, { id: action.id, statement: "approve", ...shown }));
    const approved = must(await update({ status: "approved", resolution_notes: "seen", signature }));
    expect(approved).toMatchObject({ status: "approved", approved_by: `human:${ben.id}`, resolution_notes: "seen" });
    expect(must(await update({ status: "executed" }))).toMatchObject({ status: "approved" });
    await world.respond.execute();
    expect(must(await update({ status: "executed" }))).toMatchObject({ status: "executed" });
    expect(codeOf(await update({ status: "pending" }))).toBe("ACTION_TRANSITION_REFUSED");
  });

  test("a rejected action is never executed, whoever says so", async () => {
    const { id } = await blockOf("8.8.8.5");
    const params = { id: id as `act_${string}` };
    const { requestDigest } = must(await world.govern.get(params.id));
    const wish = { id: params.id, statement: "reject", requestDigest, reason: "a customer" } as const;
    const signature = must(await signAs(world, ben, wish));
    const body = { status: "rejected", resolution_notes: "a customer", signature };
    expect(must(await ask("security.actionPut", ben, { params, body })).status).toBe("rejected");
    const said = await ask("security.actionUpdate", ben, { params, body: { status: "executed" } });
    expect(codeOf(said)).toBe("ACTION_TRANSITION_REFUSED");
    await world.respond.execute();
    expect(must(await ask("security.action", ana, { params })).state).toBe("rejected");
  });

  test("actions are listed newest first, by their four words", async () => {
    const list = async (status?: SecurityAction["status"]) =>
      must(await ask("security.actions", ana, { query: status === undefined ? {} : { status } }));
    const all = await list();
    expect(all.items.map(({ id }) => id)).toEqual(
      all.items
        .map(({ id }) => id)
        .toSorted()
        .toReversed(),
    );
    for (const status of ["pending", "approved", "rejected", "executed"] as const) {
      const { items, pending } = await list(status);
      expect(items.map(({ id }) => id)).toEqual(all.items.filter((one) => one.status === status).map(({ id }) => id));
      expect(pending).toBe(all.items.filter(({ state }) => state === "pending").length);
    }
  });
});
