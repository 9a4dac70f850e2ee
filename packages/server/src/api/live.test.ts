import { connect } from "node:net";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { LiveData, LiveMessage, Permission } from "@tyr/contract";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { AS, fakeServer, person, portOf, type FakeServer } from "./testing/fake-server.ts";

const VIEWER = new Set<Permission>(["overview:read", "event:read", "incident:read"]);

const INCIDENT: LiveData["incident.changed"] = {
  id: "inc_1",
  title: "Brute force over SSH",
  state: "new",
  severity: "high",
  risk: 70,
  actorIp: "192.0.2.7",
};
const BLOCK: LiveData["block.changed"] = { id: "blk_1", state: "active", value: "192.0.2.7/32" };
const events = (count: number): LiveData["event.stored"] => ({ count, head: String(count) });

type Connection = { socket: WebSocket; messages: LiveMessage[]; closed: Promise<number> };

describe("the live feed", () => {
  let server: FakeServer;
  let base: string;

  beforeEach(async () => {
    server = await fakeServer({ liveCheckEveryMs: 60 });
    server.callers.set("ada", person("ada", VIEWER));
    server.callers.set("bob", person("bob", VIEWER));
    await server.app.listen({ host: "127.0.0.1", port: 0 });
    base = `ws://127.0.0.1:${portOf(server.app)}/api/v1/live`;
  });
  afterEach(async () => await server.app.close());

  function open(query = "", headers: Record<string, string> = { [AS]: "ada/bearer" }): Connection {
    const socket = new WebSocket(`${base}${query}`, { headers });
    const messages: LiveMessage[] = [];
    socket.on("message", (data: Buffer) => void messages.push(JSON.parse(data.toString()) as LiveMessage));
    socket.on("error", () => undefined);
    const closed = new Promise<number>((resolve) => void socket.on("close", (code) => resolve(code)));
    onTestFinished(() => socket.terminate());
    return { socket, messages, closed };
  }

  async function until(condition: () => boolean): Promise<void> {
    for (let turn = 0; turn < 200 && !condition(); turn += 1) await sleep(10);
    expect(condition()).toBe(true);
  }

  async function refusedStatus(headers: Record<string, string>): Promise<number | undefined> {
    const socket = new WebSocket(base, { headers });
    socket.on("error", () => undefined);
    const [, response] = (await once(socket, "unexpected-response")) as [unknown, { statusCode?: number }];
    return response.statusCode;
  }

  test("greets, then tells what changes", async () => {
    const { messages } = open();
    await until(() => messages.length === 1);
    server.publish("incident.changed", INCIDENT);
    await until(() => messages.length === 2);
    expect(messages).toMatchObject([
      { type: "hello", boot: server.bus.boot, seq: 0 },
      { type: "message", seq: 1, topic: "incident.changed", data: INCIDENT },
    ]);
  });

  test("tells nobody what they may not read", async () => {
    const { messages } = open();
    await until(() => messages.length === 1);
    server.publish("block.changed", BLOCK);
    server.publish("event.stored", events(1));
    await until(() => messages.length === 2);
    expect(messages[1]).toMatchObject({ seq: 2, topic: "event.stored" });
  });

  test("gives a reader that comes back what it missed, and says so when it cannot", async () => {
    for (const count of [1, 2, 3]) server.publish("event.stored", events(count));
    server.publish("block.changed", BLOCK);
    const back = open(`?boot=${server.bus.boot}&after=1`);
    await until(() => back.messages.length === 3);
    expect(back.messages.map((message) => message.seq)).toEqual([4, 2, 3]);
    for (let count = 0; count < 2_100; count += 1) server.publish("event.stored", events(count));
    const late = open(`?boot=${server.bus.boot}&after=1`);
    const other = open("?boot=another&after=3");
    await until(() => late.messages.length === 1 && other.messages.length === 1);
    expect(late.messages[0]).toMatchObject({ type: "reset", reason: "too-far-behind", seq: 2_104 });
    expect(other.messages[0]).toMatchObject({ type: "reset", reason: "other-boot" });
  });

  test("tells who listens, and who comes back, to read again when something may have been missed", async () => {
    const { messages } = open();
    await until(() => messages.length === 1);
    server.publish("event.stored", events(1));
    await until(() => messages.length === 2);
    server.bus.lose();
    const back = open(`?boot=${server.bus.boot}&after=1`);
    await until(() => messages.length === 3 && back.messages.length === 1);
    expect(messages[2]).toMatchObject({ type: "reset", reason: "too-far-behind", seq: 2 });
    expect(back.messages[0]).toMatchObject({ type: "reset", reason: "too-far-behind" });
    server.publish("event.stored", events(2));
    await until(() => messages.length === 4);
    expect(messages[3]).toMatchObject({ seq: 3, topic: "event.stored" });
  });

  test("is closed to strangers, to other sites' pages and to people without the permission", async () => {
    expect(await refusedStatus({})).toBe(401);
    expect(await refusedStatus({ [AS]: "ada/cookie", origin: "http://evil.example" })).toBe(403);
    expect(await refusedStatus({ [AS]: "ada/cookie" })).toBe(403);
    server.callers.set("eve", person("eve", new Set()));
    expect(await refusedStatus({ [AS]: "eve/bearer" })).toBe(403);
    const own = open("", { [AS]: "ada/cookie", origin: base.replace("ws:", "http:").replace("/api/v1/live", "") });
    await until(() => own.messages.length === 1);
  });

  test("refuses a plain request and a malformed place", async () => {
    const plain = await server.app.inject({ url: "/api/v1/live", headers: { [AS]: "ada", host: "localhost" } });
    expect(plain.json()).toMatchObject({ code: "VALIDATION_FAILED" });
    expect(await open("?boot=x&after=-1").closed).toBe(1008);
  });

  test("ends with the session, at once when it is ended here and soon when it ran out", async () => {
    const [first, second] = [open(), open("", { [AS]: "bob/bearer" })];
    await until(() => first.messages.length === 1 && second.messages.length === 1);
    server.endSession("ssn_ada");
    expect(await first.closed).toBe(4401);
    server.callers.delete("bob");
    expect(await second.closed).toBe(4401);
  });

  test("follows a change of rights without a new connection", async () => {
    const { messages } = open();
    await until(() => messages.length === 1);
    server.callers.set("ada", person("ada", new Set<Permission>(["overview:read", "block:read"])));
    await sleep(150);
    server.publish("event.stored", events(1));
    server.publish("block.changed", BLOCK);
    await until(() => messages.length === 2);
    expect(messages[1]).toMatchObject({ topic: "block.changed" });
  });

  test("lets a reader go that does not keep up, instead of keeping everything for it", async () => {
    await server.app.close();
    server = await fakeServer();
    server.callers.set("ada", person("ada", VIEWER));
    await server.app.listen({ host: "127.0.0.1", port: 0 });
    base = `ws://127.0.0.1:${portOf(server.app)}/api/v1/live`;
    const { socket, messages, closed } = open();
    await until(() => messages.length === 1);
    socket.pause();
    const [kept] = server.app.websocketServer.clients;
    let most = 0;
    const long = { ...INCIDENT, title: "x".repeat(64 * 1024) };
    for (let turn = 0; turn < 400; turn += 1) {
      server.publish("incident.changed", long);
      most = Math.max(most, kept?.bufferedAmount ?? 0);
      if (turn % 20 === 0) await sleep(1);
    }
    expect(most).toBeGreaterThan(1024 * 1024);
    expect(most).toBeLessThan(1024 * 1024 + 2 * 70_000);
    socket.resume();
    expect(await closed).toBe(4408);
    expect(messages.length).toBeLessThan(400);
  });

  test("drops connections that no longer answer, and does not let one person take all", async () => {
    const port = portOf(server.app);
    const silent = connect(port, "127.0.0.1");
    silent.write(
      `GET /api/v1/live HTTP/1.1\r\nhost: localhost\r\n${AS}: ada/bearer\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`,
    );
    await once(silent, "data");
    silent.on("data", () => undefined);
    await once(silent, "close");
    const many = Array.from({ length: 21 }, () => open());
    const codes = await Promise.race([Promise.all(many.map(async (one) => await one.closed)), sleep(1_000)]);
    expect(codes).toBeUndefined();
    await until(() => many.filter((one) => one.socket.readyState === WebSocket.CLOSED).length === 1);
  });

  test("takes no messages from readers but ends those who send much", async () => {
    const { socket, messages, closed } = open();
    await until(() => messages.length === 1);
    socket.send("hello");
    socket.send("x".repeat(5_000));
    expect(await closed).toBe(1009);
  });

  test("is told when the server stops", async () => {
    const { messages, closed } = open();
    await until(() => messages.length === 1);
    await server.app.close();
    expect(await closed).toBe(1001);
  });
});
