import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NOTIFICATION_KINDS, type NotificationId } from "@tyr/contract";
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createAudit, followEntries, logLength, type Audit } from "#audit";
import { countWaiting, listOwedReviews, nearDeadline } from "#govern";
import { createNotify, type Notify, type NotifyPorts } from "#notify";
import { silentLogger } from "#platform/log";
import { TEST_ENGINES } from "#platform/testing";
import { sendWebhook } from "#platform/webhook";
import {
  adam,
  ana,
  approve,
  ben,
  breaker,
  cleo,
  codeOf,
  everybody,
  must,
  openResponseWorld,
  request,
  signAs,
  type ResponseWorld,
} from "../pipeline/respond/testing/response-world.ts";
import { openReceiver, type Receiver } from "./testing/receiver.ts";

const PUBLIC_URL = "https://tyr.example.org";
const MINUTE = 60_000;
const by = { actor: adam.actor, requestId: "r1" };

describe.each(TEST_ENGINES)("notifications on %s", (engine) => {
  let world: ResponseWorld;
  let audit: Audit;
  let receiver: Receiver;
  let notify: Notify;
  const dataDir = mkdtempSync(join(tmpdir(), "tyr-notify-"));
  const lines: string[] = [];
  const signal = new AbortController().signal;
  let n = 0;
  const target = (): string => `8.6.${Math.floor((n += 1) / 200)}.${(n % 200) + 1}`;

  const ports = (over: Partial<NotifyPorts> = {}): NotifyPorts => ({
    follow: followEntries,
    logLength,
    nearDeadline,
    owedReviews: listOwedReviews,
    waitingNow: async (db) => (await countWaiting(db)).reduce((sum, { waiting }) => sum + waiting, 0),
    async actionNow(id) {
      const found = await world.govern.get(id);
      return found.ok ? { ...found.value, risk: found.value.evidence.risk } : undefined;
    },
    send: async (message, options) =>
      await sendWebhook({ url: receiver.url, secrets: [Buffer.alloc(32, 3)], reach: "public" }, message, options),
    ...over,
  });
  /** As a server that starts: nothing is remembered but what is stored. */
  const open = (over: Partial<NotifyPorts> = {}): Notify =>
    createNotify({
      database: world.test.db,
      clock: world.clock,
      log: pino({ level: "info" }, { write: (line: string) => void lines.push(line) }),
      ports: ports(over),
      about: NOTIFICATION_KINDS,
      publicUrl: PUBLIC_URL,
      host: receiver.url.hostname,
    });
  /** Until there is nothing more to do at once. */
  const run = async (one: Notify = notify): Promise<void> => {
    await audit.settle();
    while (await one.step(signal));
  };
  const later = async (ms: number): Promise<void> => {
    world.clock.advance(ms);
    await run();
  };

  beforeAll(async () => {
    world = await openResponseWorld(engine);
    receiver = await openReceiver();
    audit = await createAudit({ database: world.test.db, clock: world.clock, log: silentLogger, dataDir });
  });
  afterAll(async () => {
    await audit.settle();
    await receiver[Symbol.asyncDispose]();
    await world[Symbol.asyncDispose]();
    rmSync(dataDir, { recursive: true });
  });
  beforeEach(async () => {
    notify = open();
    receiver.answer(200);
    // Whatever a test before left to be told is told, and its minute is over.
    await run();
    await later(20 * MINUTE);
    receiver.arrived.length = 0;
    lines.length = 0;
  });

  test("begin where they are switched on: what happened before is not told", async () => {
    must(await world.govern.cancel({ id: (await request(world, target())).id, by: ana, reason: "before" }));
    await world.test.db.bookkeep("cursor", async (tx) => {
      await tx.deleteFrom("consumer_cursor").where("consumer", "=", "notify").execute();
    });
    await run();
    expect(receiver.arrived).toEqual([]);
    await request(world, target());
    await run();
    expect(receiver.arrived).toHaveLength(1);
  });

  test("tell of one action in its order, each once, signed, with a link to it", async () => {
    const asked = await request(world, target());
    await run();
    must(await approve(world, asked, ben));
    await run();
    await world.respond.execute();
    await run();
    await run(open());
    expect(receiver.texts()).toEqual([
      expect.stringMatching(`^Waits for approval: block \`${asked.target}\`. 1 approval is missing, until `),
      `Approved: block \`${asked.target}\`.`,
      `Executed: block \`${asked.target}\`.`,
    ]);
    for (const { text, signature, tyr } of receiver.arrived) {
      expect(text.endsWith(`\n${PUBLIC_URL}/approvals/${asked.id}`)).toBe(true);
      expect(signature).toMatch(/^v1,[A-Za-z0-9+/]{43}=$/);
      expect(tyr).toMatchObject({ action: { id: asked.id } });
    }
    expect(new Set(receiver.arrived.map(({ id }) => id)).size).toBe(3);
    expect(receiver.arrived[1]?.tyr["statementDigest"]).toMatch(/^[0-9a-f]{64}$/);
    expect(JSON.stringify(receiver.arrived)).not.toMatch(/it attacks us|Ana|Ben/);
  });

  test("are lost by no kill: after the log was read, and after the receiver had it before that was noted", async () => {
    const asked = await request(world, target());
    const dying = open({
      send: async (message, options) => {
        await ports().send(message, options);
        throw new Error("killed");
      },
    });
    await expect(run(dying)).rejects.toThrow("killed");
    expect(receiver.arrived).toHaveLength(1);
    await run(open());
    // Its lease holds: for all anybody knows it is on its way.
    expect(receiver.arrived).toHaveLength(1);
    await later(MINUTE);
    const ids = receiver.arrived.map(({ id }) => id);
    expect([ids.length, new Set(ids).size]).toEqual([2, 1]);
    expect(receiver.arrived[1]?.text).toContain(asked.id);
    const stopping = open({ actionNow: async () => await Promise.reject(new Error("killed")) });
    const second = await request(world, target());
    await expect(run(stopping)).rejects.toThrow("killed");
    await run(open());
    expect(receiver.arrived.map(({ text }) => text.includes(second.id))).toEqual([false, false, true]);
  });

  test("wait for a receiver that is away, and what happened meanwhile is one message", async () => {
    receiver.answer(503);
    await request(world, target());
    await run();
    for (let i = 0; i < 10; i += 1) await request(world, target());
    await run();
    expect(receiver.arrived).toHaveLength(1);
    await later(4_000);
    await later(3_000);
    expect(receiver.arrived).toHaveLength(2);
    expect(await notify.health()).toMatchObject({ gathered: 10, waiting: 1, failure: "status_refused 503" });
    receiver.answer(200);
    await later(2 * MINUTE);
    expect(receiver.texts()[2]).toMatch(/^Waits for approval: /);
    expect(receiver.texts()[3]).toMatch(/^10 things happened since .*: 10 began to wait for approval\. \d+ wait for/);
    expect(receiver.arrived).toHaveLength(4);
    expect(await notify.health()).toMatchObject({ gathered: 0, waiting: 0, failure: null });
    expect(lines.length).toBe(2);
    expect(lines.join("")).not.toMatch(/s3cret|hunter2|127\.0\.0\.1/);
  });

  test("of a hundred proposals in a minute are one with counts, and break-glass is not held up by them", async () => {
    for (let i = 0; i < 100; i += 1) await request(world, target());
    await run();
    expect(receiver.arrived).toEqual([]);
    world.situation.people = [{ id: adam.id, roles: ["approver"] }];
    must(await world.govern.setSinglePerson({ on: true, delayMinutes: 30, reason: "alone", by: adam }));
    await run();
    expect(receiver.texts()).toEqual(["Single-person mode was turned on: one's own approval counts, later."]);
    must(await world.govern.setSinglePerson({ on: false, reason: "done", by: adam }));
    world.situation.people = everybody.map(({ id, roles }) => ({ id, roles }));
    await later(MINUTE);
    expect(receiver.texts().slice(1)).toEqual([
      expect.stringMatching(
        /^100 things happened since .*: 100 began to wait for approval\. 1\d\d wait for approval now\.$/,
      ),
      "Single-person mode ended.",
    ]);
  });

  test("ask nobody for an approval that is not missing any more", async () => {
    const asked = await request(world, target());
    must(await world.govern.cancel({ id: asked.id, by: ana, reason: "never mind" }));
    await run();
    expect(receiver.texts()).toEqual([`Cancelled: block \`${asked.target}\`.`]);
  });

  test("say once that a deadline nears", async () => {
    const asked = await request(world, target());
    await run();
    await later(3.4 * 60 * MINUTE);
    const told = () =>
      receiver.arrived.filter(({ text, tyr }) => tyr["kind"] === "deadline" && text.includes(asked.id));
    expect(told()).toEqual([]);
    await later(7 * MINUTE);
    await later(MINUTE);
    await run(open());
    expect(told()).toHaveLength(1);
  });

  test("that will never be taken are given up and seen, and leave one entry when they are sent again by hand, under the same id", async () => {
    receiver.answer(400);
    await request(world, target());
    await run();
    const id = receiver.arrived[0]?.id as NotificationId;
    expect(await notify.health()).toMatchObject({ waiting: 0, givenUp: 1 });
    expect((await notify.view()).items[0]).toMatchObject({ id, state: "given_up", failure: "status_refused 400" });
    const entries = async () =>
      (await world.test.records()).filter(({ object }) => object.id === id).map(({ type }) => type);
    expect(await entries()).toEqual(["notification.given_up"]);
    receiver.answer(200);
    expect(must(await notify.retry(id, by))).toMatchObject({ state: "waiting", attempts: 0 });
    expect(await entries()).toEqual(["notification.given_up", "notification.retried"]);
    await run();
    expect(receiver.arrived.map((one) => one.id)).toEqual([id, id]);
    expect(codeOf(await notify.retry(id, by))).toBe("NOT_FOUND");
    expect((await notify.view()).items[0]).toMatchObject({ id, state: "delivered", failure: null });
  });

  test("that nobody could try for a day, because no server ran, are given up and not sent late", async () => {
    receiver.answer(503);
    await request(world, target());
    await run();
    world.clock.advance(25 * 60 * MINUTE);
    receiver.answer(200);
    await run(open());
    expect(receiver.arrived).toHaveLength(1);
    expect((await notify.view()).items[0]).toMatchObject({ state: "given_up", failure: "too_old" });
  });

  test("say that break-glass was used, and each day that its review is owed, until it is reviewed", async () => {
    world.situation.breakers = [ana.id];
    const { id, requestDigest, dryRun } = await request(world, target(), { ttlSeconds: 600 });
    const said = { id, requestDigest, dryRunDigest: dryRun?.digest ?? "none", reason: "everything burns" };
    const who = breaker(ana);
    const signature = must(await signAs(world, who, { ...said, statement: "break_glass" }));
    const { breakGlass } = must(await world.govern.breakGlass({ ...said, by: who, signature }));
    const told = () => receiver.texts().filter((text) => /review by somebody else/.test(text));
    await run();
    expect(told()).toEqual([
      expect.stringMatching(/^Break-glass was used, and a review by somebody else is owed: block /),
    ]);
    expect(JSON.stringify(receiver.arrived)).not.toMatch(/everything burns|Ana/);
    await later(24 * 60 * MINUTE);
    await later(MINUTE);
    expect(told().slice(1)).toEqual([
      expect.stringMatching(/^A review by somebody else is owed still: break-glass was used: /),
    ]);
    const given = { verdict: "justified", text: "it did burn" } as const;
    must(await world.govern.reviewBreakGlass({ id: breakGlass?.id ?? "bgl_none", by: cleo, ...given }));
    await later(24 * 60 * MINUTE);
    expect(told()).toHaveLength(2);
  });

  test("can be tried: a test says that it is one, whoever asked stands in the log", async () => {
    const { id } = must(await notify.test(by));
    const [entry] = (await world.test.records()).filter(({ object }) => object.id === id);
    expect(entry).toMatchObject({ type: "notification.tested", actor: { id: adam.id }, after: "waiting" });
    await run();
    expect(receiver.arrived).toMatchObject([
      { id, text: `A test: notifications of Tyr arrive here.\n${PUBLIC_URL}/approvals` },
    ]);
  });

  test("go out once where two servers believe that they lead", async () => {
    await request(world, target());
    await audit.settle();
    const both = [open(), open()];
    await Promise.allSettled(both.flatMap((one) => [one.step(signal), one.step(signal)]));
    await Promise.allSettled(both.map(async (one) => await run(one)));
    expect(receiver.arrived).toHaveLength(1);
  });

  test("are forgotten a week after they were told, those given up after a month", async () => {
    await request(world, target());
    await run();
    world.clock.advance(6 * 86_400_000);
    await run(open());
    expect((await notify.view()).items.some(({ kind }) => kind === "waiting")).toBe(true);
    world.clock.advance(30 * 86_400_000);
    await run(open());
    world.clock.advance(2 * 86_400_000);
    await run(open());
    const { items } = await notify.view();
    expect(items.every(({ madeAt }) => Date.parse(madeAt) > world.clock.now().getTime() - 7 * 86_400_000)).toBe(true);
  });
});
