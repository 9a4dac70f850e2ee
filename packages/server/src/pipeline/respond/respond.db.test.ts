import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Action } from "@tyr/contract";
import { silentLogger } from "#platform/log";
import { createBus } from "#platform/bus";
import { TEST_ENGINES } from "#platform/testing";
import { createRespond, blockedAmong, listBlockTimeline, summariseBlocks } from "./index.ts";
import {
  ana,
  approve,
  ben,
  blockNow,
  callFrom,
  cleo,
  codeOf,
  dora,
  everybody,
  must,
  openResponseWorld,
  request,
  type ResponseWorld,
} from "./testing/response-world.ts";

const HOUR_MS = 3_600_000;

describe.each(TEST_ENGINES)("blocks on %s", (engine) => {
  let world: ResponseWorld;
  beforeAll(async () => void (world = await openResponseWorld(engine)));
  afterAll(async () => await world[Symbol.asyncDispose]());

  const reload = async ({ id }: Action): Promise<Action> => must(await world.govern.get(id));
  const values = async (): Promise<readonly string[]> => (await world.respond.blocks.list()).values;
  const blocksOf = async (value: string) => (await world.respond.list({ value, limit: 500 })).rows;
  const factsOf = async (id: string | null): Promise<readonly string[]> =>
    (await world.test.records()).filter(({ object }) => object.id === id).map(({ type }) => type);
  const allow = async (value: string, expiresAt: Date | null = null) =>
    await world.respond.allow({ value, reason: "a partner", expiresAt, by: cleo });

  test("nothing runs that is not approved", async () => {
    const asked = await request(world, "8.1.0.1");
    await world.respond.execute();
    expect((await reload(asked)).state).toBe("pending");
    expect(await values()).not.toContain("8.1.0.1");
  });

  test("an approved action becomes a block with an end, in one step of the log", async () => {
    const done = await blockNow(world, "8.1.0.2");
    expect(done).toMatchObject({
      state: "executed",
      executedAt: "2026-02-01T12:00:00.000Z",
      effectEndsAt: "2026-02-01T13:00:00.000Z",
      blockId: expect.stringMatching(/^blk_/),
      decision: { outcome: "require_approval", bundleDigest: await world.govern.policyDigest() },
    });
    expect(await values()).toContain("8.1.0.2");
    expect(must(await world.respond.get(done.blockId ?? "blk_"))).toMatchObject({
      scope: "ip",
      value: "8.1.0.2",
      state: "active",
      origin: "tyr",
      actionId: done.id,
    });
    expect((await factsOf(done.id)).slice(-2)).toEqual(["action.executing", "action.executed"]);
    expect(await factsOf(done.blockId)).toEqual(["block.created"]);
  });

  test("fifty workers at once execute an action once", async () => {
    const asked = await request(world, "8.1.0.3");
    must(await approve(world, asked, ben));
    await Promise.all(Array.from({ length: 50 }, async () => await world.respond.execute()));
    expect((await factsOf(asked.id)).filter((type) => type === "action.executing")).toHaveLength(1);
    expect(await blocksOf("8.1.0.3")).toHaveLength(1);
  });

  test("a worker that dies between approval and effect leaves nothing, and the next one does it once", async () => {
    const asked = await request(world, "8.1.0.4");
    must(await approve(world, asked, ben));
    const { execution } = world.govern;
    const shared = { db: world.test.db, clock: world.clock, bus: createBus(world.clock), log: silentLogger };
    for (const dies of ["begin", "finish"] as const) {
      const dying = {
        ...execution,
        [dies]: async () => await Promise.reject(new Error("killed here")),
      };
      const worker = createRespond({ ...shared, execution: dying });
      await expect(worker.execute()).rejects.toThrow("killed here");
      expect((await reload(asked)).state).toBe("approved");
      expect(await blocksOf("8.1.0.4")).toEqual([]);
    }
    const restarted = createRespond({ ...shared, execution });
    await restarted.execute();
    await restarted.execute();
    expect((await reload(asked)).state).toBe("executed");
    expect(await blocksOf("8.1.0.4")).toHaveLength(1);
  });

  test("a block ends at its time, by its row: a process that was away ends it when it is back", async () => {
    const done = await blockNow(world, "8.1.0.5", 60);
    world.clock.advance(59_999);
    await world.respond.expire();
    expect(await values()).toContain("8.1.0.5");
    world.clock.advance(1);
    expect(await values()).not.toContain("8.1.0.5");
    await world.respond.expire();
    expect((await reload(done)).state).toBe("reverted");
    expect(await blocksOf("8.1.0.5")).toMatchObject([{ state: "expired", endedAt: "2026-02-01T12:01:00.000Z" }]);
    expect(await factsOf(done.blockId)).toEqual(["block.created", "block.expired"]);
    expect((await factsOf(done.id)).slice(-2)).toEqual(["action.reverting", "action.reverted"]);
  });

  test("somebody takes a block back early, once", async () => {
    const done = await blockNow(world, "8.1.0.6");
    const reverted = await world.respond.revert({ id: done.id, by: dora, reason: "a customer" });
    expect(must(reverted).state).toBe("reverted");
    expect(await blocksOf("8.1.0.6")).toMatchObject([{ state: "lifted" }]);
    const again = await world.respond.revert({ id: done.id, by: dora, reason: "again" });
    expect(again).toMatchObject({ ok: false, refusal: { code: "ACTION_TRANSITION_REFUSED", facts: { legal: [] } } });
  });

  test("two actions on one address share one block, and lifting one keeps the other", async () => {
    const first = await blockNow(world, "8.1.0.7", 3600);
    const second = await blockNow(world, "8.1.0.7", 7200);
    expect(second.blockId).toBe(first.blockId);
    expect(await blocksOf("8.1.0.7")).toMatchObject([{ expiresAt: second.effectEndsAt }]);
    must(await world.respond.revert({ id: second.id, by: dora, reason: "shorter" }));
    expect(await blocksOf("8.1.0.7")).toMatchObject([{ state: "active", expiresAt: first.effectEndsAt }]);
    world.clock.advance(HOUR_MS);
    await world.respond.expire();
    expect(await blocksOf("8.1.0.7")).toMatchObject([{ state: "expired" }]);
    expect(await factsOf(first.blockId)).toEqual([
      "block.created",
      "block.extended",
      "block.extended",
      "block.expired",
    ]);
  });

  test("two actions approved for one address: the second goes back to the people, the target changed", async () => {
    const first = await request(world, "8.1.0.8");
    const second = await request(world, "8.1.0.8");
    must(await approve(world, first, ben));
    world.clock.advance(1);
    must(await approve(world, second, ben));
    await world.respond.execute();
    expect((await reload(first)).state).toBe("executed");
    const back = await reload(second);
    expect(back).toMatchObject({ state: "pending", approvalsMissing: 1, approvals: [{ counts: false }] });
    expect(back.dryRun?.before).toEqual([expect.stringContaining("8.1.0.8 is blocked until")]);
    must(await approve(world, back, ben));
    await world.respond.execute();
    expect((await reload(second)).state).toBe("executed");
  });

  test("an approver who was disabled since does not count: it waits for another", async () => {
    const asked = await request(world, "8.1.0.9");
    must(await approve(world, asked, ben));
    world.situation.people = everybody.filter(({ id }) => id !== ben.id).map(({ id, roles }) => ({ id, roles }));
    await world.respond.execute();
    expect(await reload(asked)).toMatchObject({
      state: "pending",
      approvalsMissing: 1,
      approvals: [{ counts: false }],
    });
    // A request of theirs that was on its way is refused, and stores nothing.
    expect(codeOf(await approve(world, asked, ben))).toBe("NOT_AUTHENTICATED");
    expect((await reload(asked)).approvals).toHaveLength(1);
    world.situation.people = everybody.map(({ id, roles }) => ({ id, roles }));
    must(await approve(world, asked, cleo));
    await world.respond.execute();
    expect((await reload(asked)).state).toBe("executed");
  });

  test("policy is asked again at execution: in lockdown one approval is no longer enough, and it is kept", async () => {
    const asked = await request(world, "8.1.0.10");
    must(await approve(world, asked, ben));
    await world.setMode("lockdown");
    await world.respond.execute();
    const back = await reload(asked);
    expect(back).toMatchObject({ state: "pending", approvalsMissing: 1, approvals: [{ counts: true }] });
    expect(back.decision?.requirements.map(({ policyId }) => policyId)).toEqual(["lockdown-needs-two"]);
    must(await approve(world, back, cleo));
    await world.respond.execute();
    await world.setMode("normal");
    expect((await reload(asked)).state).toBe("executed");
  });

  test("the deadline holds for what is approved too", async () => {
    const asked = await request(world, "8.1.0.11");
    must(await approve(world, asked, ben));
    world.clock.advance(4 * HOUR_MS);
    await world.respond.execute();
    expect((await reload(asked)).state).toBe("expired");
    expect(await blocksOf("8.1.0.11")).toEqual([]);
  });

  test("the allow-list wins over blocks that exist, wider and narrower, and says so", async () => {
    const narrow = await blockNow(world, "8.2.0.9");
    const wide = await blockNow(world, "8.2.0.0/24");
    const other = await blockNow(world, "8.2.1.9");
    must(await allow("8.2.0.8/29"));
    expect([(await reload(narrow)).state, (await reload(wide)).state]).toEqual(["reverted", "reverted"]);
    expect((await reload(other)).state).toBe("executed");
    expect((await values()).filter((value) => value.startsWith("8.2.0."))).toEqual([]);
    expect((await factsOf(wide.blockId)).at(-1)).toBe("block.lifted");
  });

  test("the allow-list wins over new requests in both directions, also written as mapped IPv6", async () => {
    for (const target of ["8.2.0.9", "8.2.0.0/24", "::ffff:8.2.0.10"]) {
      const asked = { type: "block_ip" as const, target, justification: "x" };
      expect(await world.govern.create(asked, ana)).toMatchObject({
        ok: false,
        refusal: { code: "ACTION_DENIED", facts: { reasons: [{ policyId: "never-allow-listed" }] } },
      });
    }
  });

  test("the allow-list wins over what was approved before it", async () => {
    const asked = await request(world, "8.2.2.9");
    must(await approve(world, asked, ben));
    must(await allow("8.2.2.0/24"));
    await world.respond.execute();
    expect(await reload(asked)).toMatchObject({
      state: "failed",
      failure: expect.stringContaining("allow-list") as string,
    });
  });

  test("an entry of the allow-list ends at its time or when it is removed", async () => {
    must(await allow("8.2.3.1", new Date(world.clock.now().getTime() + HOUR_MS)));
    const entry = must(await allow("8.2.3.2"));
    const ask = async (target: string) =>
      codeOf(await world.govern.create({ type: "block_ip", target, justification: "x" }, ana));
    expect([await ask("8.2.3.1"), await ask("8.2.3.2")]).toEqual(["ACTION_DENIED", "ACTION_DENIED"]);
    world.clock.advance(HOUR_MS + 1);
    expect(codeOf(await world.respond.disallow({ id: entry.id, by: cleo }))).toBe("ok");
    expect(codeOf(await world.respond.disallow({ id: entry.id, by: cleo }))).toBe("NOT_FOUND");
    expect([await ask("8.2.3.1"), await ask("8.2.3.2")]).toEqual(["ok", "ok"]);
    expect(codeOf(await allow("not an address"))).toBe("TARGET_INVALID");
  });

  test("an address of ours is refused, and fails at execution when it became ours after the approval", async () => {
    const { enforcer } = must(await world.respond.registerEnforcer({ name: "pulls-from-8.7", by: cleo }));
    const { call, arrive } = callFrom(enforcer.id, undefined, "::ffff:8.7.0.3");
    must(await world.bouncer.stream({ startup: "true" }, call));
    const later = await request(world, "8.7.0.0/24");
    must(await approve(world, later, ben));
    await arrive();
    world.situation.host = ["127.0.0.1", "fe80::1%eth0", "8.7.1.1"];
    world.situation.operators = ["8.7.2.2", "unknown"];
    await world.respond.execute();
    expect(await reload(later)).toMatchObject({
      state: "failed",
      failure: expect.stringContaining("enforcement point") as string,
    });
    for (const [target, policyId] of [
      ["8.7.1.1", "never-own-host"],
      ["8.7.0.3", "never-enforcement-point"],
      ["::ffff:8.7.2.2", "never-operator"],
      ["8.7.2.0/24", "never-operator"],
    ])
      expect(
        await world.govern.create({ type: "block_ip", target: target ?? "", justification: "x" }, ana),
      ).toMatchObject({
        ok: false,
        refusal: { code: "ACTION_DENIED", facts: { reasons: [{ policyId }] } },
      });
    world.situation.host = [];
    world.situation.operators = [];
    must(await world.respond.endEnforcer({ id: enforcer.id, by: cleo }));
    expect(codeOf(await world.govern.create({ type: "block_ip", target: "8.7.0.3", justification: "x" }, ana))).toBe(
      "ok",
    );
  });

  test.each([
    ["0.0.0.0/0", 16],
    ["::/0", 32],
    ["::ffff:0:0/96", 16],
    ["8.0.0.0/15", 16],
    ["2a00::/31", 32],
    ["10.0.0.0/7", 16],
    ["::/80", 32],
    ["fc00::/7", 8],
  ])("the allow-list cannot switch blocking off: %s is wider than a /%d and lifts nothing", async (value, shortest) => {
    const done = await blockNow(world, "8.6.0.1");
    const refused = { ok: false, refusal: { code: "TARGET_INVALID", facts: { shortest } } };
    expect(await world.respond.previewAllow(value)).toMatchObject(refused);
    expect(await allow(value)).toMatchObject(refused);
    expect((await reload(done)).state).toBe("executed");
    must(await world.respond.revert({ id: done.id, by: dora, reason: "x" }));
  });

  test("an entry that is over before it begins lifts nothing", async () => {
    const done = await blockNow(world, "8.6.1.1");
    for (const over of [new Date("2001-01-01T00:00:00Z"), world.clock.now()])
      expect(codeOf(await allow("8.6.1.0/24", over))).toBe("VALIDATION_FAILED");
    expect((await reload(done)).state).toBe("executed");
    expect((await world.respond.listAllowed()).map(({ value }) => value)).not.toContain("8.6.1.0/24");
  });

  test("one value is on the allow-list once, however it is written, and again after its end", async () => {
    const entry = must(await allow("8.6.2.0/24"));
    const facts = (await world.test.records()).length;
    const again = { ok: false, refusal: { code: "ALLOWED_ALREADY", facts: { id: entry.id } } };
    expect(await allow("8.6.2.9/24")).toMatchObject(again);
    expect(await allow("::ffff:8.6.2.0/120")).toMatchObject(again);
    expect(await world.test.records()).toHaveLength(facts);
    const two = await Promise.all([allow("8.6.3.1"), allow("8.6.3.1")]);
    expect(two.map(codeOf).toSorted()).toEqual(["ALLOWED_ALREADY", "ok"]);
    must(await world.respond.disallow({ id: entry.id, by: cleo }));
    expect(codeOf(await allow("8.6.2.0/24"))).toBe("ok");
  });

  test("before an entry is added, it says which blocks it would lift, and lifts none", async () => {
    const done = await blockNow(world, "8.6.4.1");
    const preview = must(await world.respond.previewAllow("8.6.4.77/24"));
    expect(preview).toEqual({
      value: "8.6.4.0/24",
      addresses: "256",
      lifts: 1,
      blocks: [{ id: done.blockId, value: "8.6.4.1", expiresAt: done.effectEndsAt }],
    });
    expect((await reload(done)).state).toBe("executed");
    expect(must(await world.respond.previewAllow("10.0.0.0/8"))).toMatchObject({ lifts: 0, blocks: [] });
  });

  test("an allow-list entry and an execution at the same time never leave a block that overlaps it", async () => {
    for (let round = 0; round < 8; round++) {
      const target = `8.3.0.${round}`;
      const asked = await request(world, target);
      must(await approve(world, asked, ben));
      await Promise.all([world.respond.execute(), allow(target)]);
      expect(await values()).not.toContain(target);
      expect(["reverted", "failed"]).toContain((await reload(asked)).state);
    }
  });

  test("the incident's timeline tells of its actions and blocks", async () => {
    const incidentId = world.incident({ n: 7, ip: "8.1.0.12", risk: 90 });
    const asked = await request(world, "8.1.0.12", { incidentId });
    must(await approve(world, asked, ben));
    await world.respond.execute();
    const items = await listBlockTimeline(world.test.db.read, incidentId);
    expect(items).toMatchObject([{ kind: "block", title: "Blocked: 8.1.0.12" }]);
    expect(
      await blockedAmong(world.test.db.read, { addresses: ["8.1.0.12", "8.1.0.13"], now: world.clock.now() }),
    ).toEqual(new Set(["8.1.0.12"]));
  });
});

describe.each(TEST_ENGINES)("enforcement points on %s", (engine) => {
  let world: ResponseWorld;
  beforeAll(async () => void (world = await openResponseWorld(engine)));
  afterAll(async () => await world[Symbol.asyncDispose]());

  const register = async (name: string) => must(await world.respond.registerEnforcer({ name, by: cleo }));
  type Filter = Readonly<{ scopes?: string; origins?: string; scenarios_containing?: string }>;
  type Asking = Readonly<{ userAgent?: string | undefined; filter?: Filter }>;
  const pull = async (id: `enf_${string}`, startup = false, { userAgent, filter = {} }: Asking = {}) => {
    const { call, arrive } = callFrom(id, userAgent);
    const answer = must(await world.bouncer.stream({ startup: String(startup), ...filter }, call));
    const texts = (list: typeof answer.new) => (list ?? []).map(({ scope, value }) => `${scope} ${value}`);
    return { answer, added: texts(answer.new), removed: texts(answer.deleted), arrive };
  };
  const settled = async (id: `enf_${string}`, startup = false, userAgent?: string) => {
    const pulled = await pull(id, startup, { userAgent });
    await pulled.arrive();
    return pulled;
  };

  test("a key is shown once, kept as a hash, and ends when its enforcement point does", async () => {
    const { enforcer, key } = await register("edge");
    expect(key).toMatch(/^tyr_enf_[\w-]{43}$/);
    expect(enforcer.keyHint).toBe(`…${key.slice(-4)}`);
    expect(JSON.stringify(await world.test.records())).not.toContain(key);
    expect(JSON.stringify(await world.respond.listEnforcers())).not.toContain(key);
    const caller = await world.respond.findEnforcer(key);
    expect(caller).toMatchObject({ actor: { kind: "enforcer", name: "edge" }, enforcerId: enforcer.id, roles: [] });
    expect([...(caller?.permissions ?? [])]).toEqual(["block:enforce"]);
    expect(await world.respond.findEnforcer(`${key}x`)).toBeUndefined();
    expect(codeOf(await world.respond.registerEnforcer({ name: "edge", by: cleo }))).toBe("NAME_TAKEN");
    expect(must(await world.respond.endEnforcer({ id: enforcer.id, by: cleo })).active).toBe(false);
    expect(await world.respond.findEnforcer(key)).toBeUndefined();
  });

  test("a key ends by itself when its days are over; a rotation ends it at once and makes one that counts as long", async () => {
    const wanted = { name: "ending", keyLifeDays: 30, by: cleo };
    const { enforcer, key } = must(await world.respond.registerEnforcer(wanted));
    const day = 86_400_000;
    expect(Date.parse(enforcer.keyEndsAt) - world.clock.now().getTime()).toBe(30 * day);
    const rotated = must(await world.respond.rotateEnforcer({ id: enforcer.id, by: cleo }));
    expect(await world.respond.findEnforcer(key)).toBeUndefined();
    expect(JSON.stringify(await world.test.records())).not.toContain(rotated.key);
    const before = world.clock.now();
    try {
      world.clock.set(new Date(before.getTime() + 30 * day - 1).toISOString());
      expect(await world.respond.findEnforcer(rotated.key)).toMatchObject({ enforcerId: enforcer.id });
      world.clock.set(new Date(before.getTime() + 30 * day).toISOString());
      expect(await world.respond.findEnforcer(rotated.key)).toBeUndefined();
    } finally {
      world.clock.set(before.toISOString());
    }
    must(await world.respond.endEnforcer({ id: enforcer.id, by: cleo }));
    expect(codeOf(await world.respond.rotateEnforcer({ id: enforcer.id, by: cleo }))).toBe("NOT_FOUND");
  });

  test("a bouncer gets null where nothing is", async () => {
    const { enforcer } = await register("empty");
    expect((await settled(enforcer.id, true)).answer).toEqual({ new: null, deleted: null });
    expect((await settled(enforcer.id)).answer).toEqual({ new: null, deleted: null });
  });

  test("a bouncer gets all at start-up, then what changed, in CrowdSec's shape", async () => {
    const { enforcer } = await register("edge-2");
    const done = await blockNow(world, "8.1.1.1", 3661);
    const first = await settled(enforcer.id, true);
    expect(first.answer.new).toEqual([
      {
        id: expect.any(Number) as number,
        uuid: done.blockId?.slice(4),
        origin: "tyr",
        type: "ban",
        scope: "Ip",
        value: "8.1.1.1",
        duration: "1h1m1s",
        scenario: "tyr/block_ip",
      },
    ]);
    expect((await settled(enforcer.id)).answer).toEqual({ new: null, deleted: null });
    must(await world.respond.revert({ id: done.id, by: dora, reason: "x" }));
    const last = await settled(enforcer.id);
    expect(last.removed).toEqual(["Ip 8.1.1.1"]);
    expect(last.answer.deleted?.[0]?.id).toBe(first.answer.new?.[0]?.id);
  });

  test("a response that did not arrive is sent again, and acknowledges nothing", async () => {
    const { enforcer } = await register("edge-3");
    await settled(enforcer.id, true);
    const done = await blockNow(world, "8.1.1.2");
    const state = async () => {
      const { enforcement } = must(await world.respond.get(done.blockId ?? "blk_"));
      return enforcement.find(({ enforcerId }) => enforcerId === enforcer.id)?.state;
    };
    const lost = await pull(enforcer.id);
    expect(lost.added).toEqual(["Ip 8.1.1.2"]);
    expect(await state()).toBe("requested");
    const again = await pull(enforcer.id);
    expect(again.added).toEqual(["Ip 8.1.1.2"]);
    await again.arrive();
    expect(await state()).toBe("acknowledged");
    expect((await settled(enforcer.id)).added).toEqual([]);
    world.clock.advance(2 * 60_000 + 1);
    expect(await state()).toBe("stale");
  });

  const standingOf = async (block: Action, id: string) => {
    const { enforcement } = must(await world.respond.get(block.blockId ?? "blk_"));
    return enforcement.find(({ enforcerId }) => enforcerId === id);
  };

  test.each<[Filter, string]>([
    [{ origins: "crowdsec" }, "other-origins"],
    [{ scopes: "range" }, "only-ranges"],
    [{ scenarios_containing: "ssh" }, "other-scenarios"],
  ])("a pull that asks with %j has not received a block that its filter left out", async (filter, name) => {
    const { enforcer } = await register(name);
    const done = await blockNow(world, "8.1.6.1");
    const filtered = await pull(enforcer.id, true, { filter });
    expect(filtered.added.filter((one) => one.startsWith("Ip "))).toEqual([]);
    await filtered.arrive();
    expect(await standingOf(done, enforcer.id)).toMatchObject({
      state: "not_expressible",
      at: null,
      detail: expect.stringContaining("asks with a filter that leaves blocks like this one out") as string,
    });
    const { active, unacknowledged } = await summariseBlocks(world.test.db.read, world.clock.now());
    expect(unacknowledged).toBeGreaterThan(0);
    expect(unacknowledged).toBeLessThanOrEqual(active);
    const asked = await request(world, "8.1.6.2");
    expect(asked.dryRun?.warnings.join()).toContain("ask with a filter that leaves this out and will not be told");
    // Asked without the filter, a difference since the last pull would leave it out for good: it gets everything.
    const plain = await settled(enforcer.id);
    expect(plain.added).toContain("Ip 8.1.6.1");
    expect(await standingOf(done, enforcer.id)).toMatchObject({ state: "acknowledged", detail: "received this block" });
    must(await world.respond.revert({ id: done.id, by: dora, reason: "x" }));
    must(await world.respond.endEnforcer({ id: enforcer.id, by: cleo }));
  });

  test("a pull whose filter keeps the block received it, and a single question receives nothing", async () => {
    const { enforcer } = await register("own-filter");
    const done = await blockNow(world, "8.1.6.3");
    const question = callFrom(enforcer.id, "curl/8");
    must(await world.bouncer.decisions({ ip: "8.8.8.8" }, question.call));
    await question.arrive();
    expect((await standingOf(done, enforcer.id))?.state).toBe("requested");
    await (await pull(enforcer.id, true, { filter: { origins: "tyr,cscli", scopes: "ip" } })).arrive();
    expect((await standingOf(done, enforcer.id))?.state).toBe("acknowledged");
  });

  test("a range left out for one client is not received because another client pulls with its key", async () => {
    const { enforcer } = await register("changing");
    const asked = await request(world, "8.5.0.0/16");
    must(await approve(world, asked, ben));
    must(await approve(world, asked, cleo));
    await world.respond.execute();
    const range = must(await world.govern.get(asked.id));
    await settled(enforcer.id, true);
    const next = await pull(enforcer.id, false, { userAgent: "crowdsec-express-bouncer/1.0" });
    expect((await standingOf(range, enforcer.id))?.state).toBe("not_expressible");
    expect(next.added).toContain("Range 8.5.0.0/16");
    await next.arrive();
    expect((await standingOf(range, enforcer.id))?.state).toBe("acknowledged");
    must(await world.respond.revert({ id: range.id, by: dora, reason: "x" }));
  });

  test("what changed between two pulls and back again is told as it is now", async () => {
    const { enforcer } = await register("edge-4");
    await settled(enforcer.id, true);
    const done = await blockNow(world, "8.1.1.3");
    must(await world.respond.revert({ id: done.id, by: dora, reason: "x" }));
    expect(await settled(enforcer.id)).toMatchObject({ added: [], removed: ["Ip 8.1.1.3"] });
  });

  test("a block that lasts longer now is taken away and given again: clients ignore what they have", async () => {
    const { enforcer } = await register("edge-5");
    await blockNow(world, "8.1.1.4", 3600);
    await settled(enforcer.id, true);
    await blockNow(world, "8.1.1.4", 7200);
    const changed = await settled(enforcer.id);
    expect(changed).toMatchObject({ added: ["Ip 8.1.1.4"], removed: ["Ip 8.1.1.4"] });
    expect(changed.answer.new?.[0]?.duration).toBe("2h0m0s");
  });

  test("a range reaches a firewall bouncer as its addresses, others as a range", async () => {
    const { enforcer } = await register("edge-6");
    const { enforcer: other } = await register("web-proxy");
    await settled(enforcer.id, true);
    await settled(other.id, true, "crowdsec-express-bouncer/1.0");
    await blockNow(world, "8.1.2.0/30");
    const told = await settled(enforcer.id);
    expect(told.added).toEqual(["Ip 8.1.2.0", "Ip 8.1.2.1", "Ip 8.1.2.2", "Ip 8.1.2.3"]);
    expect(new Set(told.answer.new?.map(({ id }) => id)).size).toBe(4);
    expect((await settled(other.id, false, "crowdsec-express-bouncer/1.0")).added).toEqual(["Range 8.1.2.0/30"]);
  });

  test("an address stays blocked while a range still covers it, and a range's end keeps an address of its own", async () => {
    const { enforcer } = await register("edge-7");
    await settled(enforcer.id, true);
    const range = await blockNow(world, "8.1.3.0/30", 7200);
    const address = await blockNow(world, "8.1.3.1", 3600);
    await settled(enforcer.id);
    must(await world.respond.revert({ id: address.id, by: dora, reason: "x" }));
    // Given again with the range's time: nothing of it is lost.
    expect((await settled(enforcer.id)).added).toEqual(["Ip 8.1.3.1"]);
    const again = await blockNow(world, "8.1.3.1", 3600);
    await settled(enforcer.id);
    must(await world.respond.revert({ id: range.id, by: dora, reason: "x" }));
    const end = await settled(enforcer.id);
    expect(end.removed).toEqual(["Ip 8.1.3.0", "Ip 8.1.3.1", "Ip 8.1.3.2", "Ip 8.1.3.3"]);
    expect(end.added).toEqual(["Ip 8.1.3.1"]);
    expect(end.answer.new?.[0]?.duration).toBe("1h0m0s");
    must(await world.respond.revert({ id: again.id, by: dora, reason: "x" }));
  });

  test("a range too wide for a client is not told to it, and shown as not expressible before and after approval", async () => {
    const { enforcer } = await register("edge-8");
    await settled(enforcer.id, true);
    const asked = await request(world, "8.4.0.0/16");
    expect(asked.dryRun?.warnings.at(-1)).toContain("cannot express this range and will not be told");
    must(await approve(world, asked, ben));
    must(await approve(world, asked, cleo));
    await world.respond.execute();
    expect((await settled(enforcer.id)).added).toEqual([]);
    const { blockId } = must(await world.govern.get(asked.id));
    const { enforcement } = must(await world.respond.get(blockId ?? "blk_"));
    expect(enforcement.find(({ enforcerId }) => enforcerId === enforcer.id)?.state).toBe("not_expressible");
    expect(must(await world.bouncer.decisions({ ip: "8.4.77.1" }, callFrom(enforcer.id).call))).toMatchObject([
      { scope: "Range", value: "8.4.0.0/16" },
    ]);
  });

  test("questions for single addresses are answered with what covers them, by the filters of the API", async () => {
    const { enforcer } = await register("edge-9");
    await blockNow(world, "8.1.5.0/24");
    await blockNow(world, "8.1.5.9");
    const ask = async (query: Parameters<typeof world.bouncer.decisions>[0]) =>
      (must(await world.bouncer.decisions(query, callFrom(enforcer.id).call)) ?? []).map(({ value }) => value);
    expect(await ask({ ip: "8.1.5.9" })).toEqual(["8.1.5.0/24", "8.1.5.9"]);
    expect(await ask({ ip: "::ffff:8.1.5.9" })).toEqual(["8.1.5.0/24", "8.1.5.9"]);
    expect(await ask({ range: "8.1.5.0/25" })).toEqual(["8.1.5.0/24"]);
    expect(await ask({ range: "8.1.5.0/24", contains: "false" })).toEqual(["8.1.5.0/24", "8.1.5.9"]);
    expect(await ask({ scope: "range", value: "8.1.5.0/24" })).toEqual(["8.1.5.0/24"]);
    expect(await ask({ ip: "8.1.5.9", scope: "IP" })).toEqual(["8.1.5.9"]);
    expect(await ask({ ip: "8.1.5.9", origins: "lists" })).toEqual([]);
    expect(await ask({ ip: "8.1.5.9", scenarios_not_containing: "tyr" })).toEqual([]);
    expect(await ask({ ip: "8.1.5.9", type: "captcha" })).toEqual([]);
    const nothing = await world.bouncer.decisions({ ip: "1.1.1.1" }, callFrom(enforcer.id).call);
    expect(nothing).toEqual({ ok: true, value: null });
    expect(codeOf(await world.bouncer.decisions({ ip: "nonsense" }, callFrom(enforcer.id).call))).toBe(
      "TARGET_INVALID",
    );
  });

  test("the figures of the overview are counted", async () => {
    const { enforcer } = await register("late");
    const before = await summariseBlocks(world.test.db.read, world.clock.now());
    expect(before.unacknowledged).toBe(before.active);
    expect(before.active).toBe((await world.respond.list({ state: "active", limit: 500 })).rows.length);
    await settled(enforcer.id, true);
    expect((await summariseBlocks(world.test.db.read, world.clock.now())).enforcersSeen).toBeGreaterThan(0);
  });
});
