import { setTimeout as sleep } from "node:timers/promises";
import type { Action, Client, Enforcement } from "@tyr/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { missingForLab, openLab, type Lab } from "./enforcement-lab.ts";
import { placeBuiltCluster } from "../src/platform/database/testing/built-cluster.ts";
import { approveAs } from "./sign-decision.ts";
import { addUser, setUp, startServer, temporaryDirectory, type ServerProcess } from "./server-process.ts";

/**
 * Debian's own firewall bouncer, real packets: the whole of Tyr as a process of its own, the bouncer and a service in
 * one network namespace, attackers in another. People ask and approve through the API; a TCP connect is the verdict.
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
/** The shortest block there is: what the tests wait for. */
const SHORT_SECONDS = 60;
/** What a connect that is dropped takes, plus two pulls. */
const VERDICT_LIMIT_MS = 15_000;

describe.skipIf(missing !== undefined)("real packets", () => {
  const dir = temporaryDirectory();
  let lab: Lab;
  let server: ServerProcess;
  let analyst: Client;
  let approver: Client;
  let manager: Client;
  let shortBlock: Action;
  let lengthened: Action;

  /** Waits for a verdict from an address, and says how long it took. */
  async function until(source: string, verdict: "connected" | "timeout", limitMs = VERDICT_LIMIT_MS): Promise<number> {
    const began = Date.now();
    for (;;) {
      const seen = await lab.connectFrom(source);
      if (seen === verdict) return Date.now() - began;
      if (Date.now() - began > limitMs)
        throw new Error(`${source} still gets "${seen}" after ${limitMs} ms\n${lab.output()}\n${await lab.ruleset()}`);
      await sleep(100);
    }
  }

  /** Asked for by one person and approved by another, who says what was shown. */
  async function block(target: string, ttlSeconds: number): Promise<Action> {
    const asked = await analyst.call("action.create", {
      body: { type: "block_ip", target, justification: "it attacks us", ttlSeconds },
    });
    expect(asked).toMatchObject({ state: "pending", decision: { outcome: "require_approval" } });
    return await approveAs(approver, asked);
  }

  async function revert({ id }: Action): Promise<void> {
    await manager.call("action.revert", { params: { id }, body: { reason: "a customer's address" } });
  }

  const read = async ({ id }: Action): Promise<Action> => await analyst.call("action.get", { params: { id } });

  async function enforcementOf(action: Action): Promise<readonly Enforcement[]> {
    const { blockId } = await read(action);
    return (await analyst.call("block.get", { params: { id: blockId ?? "blk_" } })).enforcement;
  }

  async function untilPulled(): Promise<void> {
    const limit = Date.now() + 30_000;
    while ((await manager.call("enforcer.list", {})).items[0]?.lastPullAt === null) {
      if (Date.now() > limit) throw new Error(`the bouncer never pulled\n${lab.output()}`);
      await sleep(50);
    }
  }

  beforeAll(async () => {
    lab = await openLab([ATTACKER, NEIGHBOUR, LONGER, ATTACKER_6, ...IN_RANGE, BESIDE_RANGE]);
    await placeBuiltCluster(dir.path);
    server = await startServer({
      dataDir: dir.path,
      args: ["--no-sample", "--host", lab.tyrAddress, "--allow-cleartext"],
    });
    const admin = await setUp(server);
    analyst = await addUser(admin, server.url, { name: "ana", roles: ["analyst"] });
    approver = await addUser(admin, server.url, { name: "ben", roles: ["approver"] });
    manager = await addUser(admin, server.url, { name: "cleo", roles: ["security_manager"] });
    const { key } = await manager.call("enforcer.create", { body: { name: "edge" } });
    lab.startBouncer({ apiUrl: `${server.url}/`, key });
    await untilPulled();
  });
  afterAll(async () => {
    await lab?.[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
    dir[Symbol.dispose]();
  });

  test("before anything is approved everybody connects", async () => {
    for (const source of [ATTACKER, NEIGHBOUR, LONGER, ATTACKER_6, ...IN_RANGE])
      expect([source, await lab.connectFrom(source)]).toEqual([source, "connected"]);
  });

  test("approved, the attacker's connections time out within seconds, a neighbour's do not", async () => {
    shortBlock = await block(ATTACKER, SHORT_SECONDS);
    const tookMs = await until(ATTACKER, "timeout");
    expect(await lab.connectFrom(NEIGHBOUR)).toBe("connected");
    console.info(
      `from approval to a dropped packet: ${tookMs} ms, polling every second, noticed by a connect of 1,500 ms`,
    );
    expect(await read(shortBlock)).toMatchObject({ state: "executed" });
    expect(await enforcementOf(shortBlock)).toMatchObject([{ name: "edge", state: "acknowledged" }]);
    // Its two lengths overlap what follows, so that their end costs no minute of its own.
    lengthened = await block(LONGER, SHORT_SECONDS);
    await until(LONGER, "timeout");
    await block(LONGER, 600);
  });

  test("a range drops packets from its middle too, and nothing beside it", async () => {
    const range = await block(RANGE, 600);
    for (const source of IN_RANGE) await until(source, "timeout");
    expect(await lab.connectFrom(BESIDE_RANGE)).toBe("connected");
    await revert(range);
    for (const source of IN_RANGE) await until(source, "connected");
  });

  test("an IPv6 attacker is blocked, and works again when somebody reverts", async () => {
    const blocked = await block(ATTACKER_6, 600);
    await until(ATTACKER_6, "timeout");
    await revert(blocked);
    expect(await until(ATTACKER_6, "connected")).toBeLessThan(VERDICT_LIMIT_MS);
  });

  test("at its time the attacker connects again, without anybody doing anything", async () => {
    await until(ATTACKER, "connected", SHORT_SECONDS * 1000 + VERDICT_LIMIT_MS);
    const { effectEndsAt } = await read(shortBlock);
    expect(Date.now()).toBeGreaterThanOrEqual(new Date(effectEndsAt ?? 0).getTime() - 1_000);
    await expect.poll(async () => (await read(shortBlock)).state, { timeout: VERDICT_LIMIT_MS }).toBe("reverted");
    expect(await lab.connectFrom(NEIGHBOUR)).toBe("connected");
  });

  test("a block that is made longer outlives its first time", async () => {
    await expect.poll(async () => (await read(lengthened)).state, { timeout: VERDICT_LIMIT_MS }).toBe("reverted");
    // Three pulls in which the bouncer could have been told to lift it.
    await sleep(3_000);
    expect(await lab.connectFrom(LONGER)).toBe("timeout");
  });

  test("the allow-list lifts what is blocked at the firewall, at once", async () => {
    expect(await lab.connectFrom(LONGER)).toBe("timeout");
    await manager.call("allow.add", { body: { value: "198.51.100.8/29", reason: "a partner" } });
    await until(LONGER, "connected");
  });
});
