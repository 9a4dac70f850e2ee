import { setTimeout as sleep } from "node:timers/promises";
import type { Action } from "@tyr/contract";
import { refuse } from "@tyr/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { FastifyInstance } from "fastify";
import { createAuthenticate } from "../src/api/authenticate.ts";
import { blockHandlers } from "../src/api/blocks.ts";
import { sessionCookie } from "../src/api/cookie.ts";
import { fakeServer } from "../src/api/testing/fake-server.ts";
import {
  approve,
  ben,
  cleo,
  dora,
  must,
  openResponseWorld,
  request,
  type ResponseWorld,
} from "../src/pipeline/respond/testing/response-world.ts";
import { missingForLab, openLab, type Lab } from "./enforcement-lab.ts";

/**
 * Debian's own firewall bouncer, real packets: Tyr's API in this process, the bouncer and a service in one network
 * namespace, attackers in another. A TCP connect is the verdict.
 */
const missing = missingForLab();
const TESTS = 7;
if (missing !== undefined) console.warn(`SKIPPED ${TESTS} tests of real enforcement: ${missing}`);

const ATTACKER = "198.51.100.9";
const NEIGHBOUR = "198.51.100.10";
const LONGER = "198.51.100.11";
const ATTACKER_6 = "2001:db8:77::9";
const RANGE = "198.51.100.128/28";
const IN_RANGE = ["198.51.100.128", "198.51.100.135"];
const BESIDE_RANGE = "198.51.100.144";

describe.skipIf(missing !== undefined)("real packets", () => {
  let lab: Lab;
  let world: ResponseWorld;
  let app: FastifyInstance;
  const stops: (() => Promise<void>)[] = [];
  let shortBlock: Action;

  /** Waits for a verdict from an address, and says how long it took. */
  async function until(source: string, verdict: "connected" | "timeout", limitMs: number): Promise<number> {
    const began = Date.now();
    for (;;) {
      const seen = await lab.connectFrom(source);
      if (seen === verdict) return Date.now() - began;
      if (Date.now() - began > limitMs)
        throw new Error(`${source} still gets "${seen}" after ${limitMs} ms\n${lab.output()}\n${await lab.ruleset()}`);
      await sleep(100);
    }
  }

  async function block(target: string, ttlSeconds: number): Promise<Action> {
    const asked = await request(world, target, { ttlSeconds });
    return must(await approve(world, asked, ben));
  }

  beforeAll(async () => {
    const attackers = [ATTACKER, NEIGHBOUR, LONGER, ATTACKER_6, ...IN_RANGE, BESIDE_RANGE];
    lab = await openLab(attackers);
    world = await openResponseWorld("pglite", { clock: "running" });
    const handlers = blockHandlers({ respond: world.respond, clock: world.clock });
    const authenticate = createAuthenticate({
      identity: { authenticate: async () => undefined },
      cookie: sessionCookie(`http://${lab.tyrAddress}`),
      findSensor: async () => undefined,
      findEnforcer: world.respond.findEnforcer,
    });
    const reached = new Proxy(handlers, {
      get: (known, id: string) => Reflect.get(known, id) ?? (async () => refuse("NOT_FOUND", "not in this test")),
    });
    const publicUrl = `http://${lab.tyrAddress}:8970`;
    ({ app } = await fakeServer({
      handlers: reached as never,
      authenticate,
      publicUrl,
      host: lab.tyrAddress,
      clock: world.clock,
    }));
    const apiUrl = await app.listen({ host: lab.tyrAddress, port: 0 });
    for (const room of [world.govern, world.respond]) stops.push(room.start().stop);
    const { key } = must(await world.respond.registerEnforcer({ name: "edge", by: cleo }));
    lab.startBouncer({ apiUrl: `${apiUrl}/`, key });
    const began = Date.now();
    while ((await world.respond.listEnforcers())[0]?.lastPullAt === null) {
      if (Date.now() - began > 30_000) throw new Error(`the bouncer never pulled\n${lab.output()}`);
      await sleep(50);
    }
  });
  afterAll(async () => {
    await lab?.[Symbol.asyncDispose]();
    for (const stop of stops) await stop();
    await app?.close();
    await world?.[Symbol.asyncDispose]();
  });

  test("before anything is approved everybody connects", async () => {
    for (const source of [ATTACKER, NEIGHBOUR, LONGER, ATTACKER_6, ...IN_RANGE])
      expect([source, await lab.connectFrom(source)]).toEqual([source, "connected"]);
  });

  test("approved, the attacker's connections time out within seconds, a neighbour's do not", async () => {
    shortBlock = await block(ATTACKER, 60);
    const tookMs = await until(ATTACKER, "timeout", 15_000);
    expect(await lab.connectFrom(NEIGHBOUR)).toBe("connected");
    console.info(
      `from approval to a dropped packet: ${tookMs} ms, polling every second, noticed by a connect of 1,500 ms`,
    );
    const { blockId } = must(await world.govern.get(shortBlock.id));
    const { enforcement } = must(await world.respond.get(blockId ?? "blk_"));
    expect(enforcement).toMatchObject([{ name: "edge", state: "acknowledged" }]);
  });

  test("a range drops packets from its middle too, and nothing beside it", async () => {
    const range = await block(RANGE, 600);
    for (const source of IN_RANGE) await until(source, "timeout", 15_000);
    expect(await lab.connectFrom(BESIDE_RANGE)).toBe("connected");
    must(await world.respond.revert({ id: range.id, by: dora, reason: "a customer's range" }));
    for (const source of IN_RANGE) await until(source, "connected", 15_000);
  });

  test("an IPv6 attacker is blocked, and works again when somebody reverts", async () => {
    const blocked = await block(ATTACKER_6, 600);
    await until(ATTACKER_6, "timeout", 15_000);
    must(await world.respond.revert({ id: blocked.id, by: dora, reason: "a mistake" }));
    expect(await until(ATTACKER_6, "connected", 15_000)).toBeLessThan(15_000);
  });

  test("a block that is made longer outlives its first time", async () => {
    const first = await block(LONGER, 60);
    await until(LONGER, "timeout", 15_000);
    await block(LONGER, 600);
    const { effectEndsAt } = must(await world.govern.get(first.id));
    const end = new Date(effectEndsAt ?? 0).getTime();
    await sleep(Math.max(0, end + 4_000 - Date.now()));
    expect(must(await world.govern.get(first.id)).state).toBe("reverted");
    expect(await lab.connectFrom(LONGER)).toBe("timeout");
  });

  test("at its time the attacker connects again, without anybody doing anything", async () => {
    await until(ATTACKER, "connected", 90_000);
    const ended = must(await world.govern.get(shortBlock.id));
    expect(Date.now()).toBeGreaterThanOrEqual(new Date(ended.effectEndsAt ?? 0).getTime() - 1_000);
    while (must(await world.govern.get(shortBlock.id)).state !== "reverted") await sleep(100);
  });

  test("the allow-list lifts what is blocked at the firewall, at once", async () => {
    expect(await lab.connectFrom(LONGER)).toBe("timeout");
    must(await world.respond.allow({ value: "198.51.100.8/29", reason: "a partner", expiresAt: null, by: cleo }));
    await until(LONGER, "connected", 15_000);
  });
});
