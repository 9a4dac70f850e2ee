import { connect, type Socket } from "node:net";
import { once } from "node:events";
import { ok, PERMISSION_NAMES, refuse } from "@tyr/contract";
import type { FastifyInstance } from "fastify";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { silentLogger } from "#platform/log";
import type { Handlers } from "./handler.ts";
import { AS, fakeServer, person, portOf, type FakeServer } from "./testing/fake-server.ts";

const everything = new Set(PERMISSION_NAMES);
const HOST = { host: "127.0.0.1:8970" };
const MIB = 1024 * 1024;

async function listening(options: Parameters<typeof fakeServer>[0] = {}): Promise<FakeServer> {
  const server = await fakeServer(options);
  for (const name of ["ada", "bob", "eve", "kim", "lea"]) server.callers.set(name, person(name, everything));
  await server.app.listen({ host: "127.0.0.1", port: 0 });
  onTestFinished(async () => await server.app.close());
  return server;
}

/** A peer that reads, but never closes by itself. */
async function peer(app: FastifyInstance): Promise<Socket> {
  const socket = connect({ port: portOf(app), host: "127.0.0.1", allowHalfOpen: true });
  socket.on("error", () => undefined).resume();
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  return socket;
}

async function firstBytes(socket: Socket): Promise<string> {
  const [chunk] = (await once(socket, "data")) as [Buffer];
  return chunk.toString();
}

async function connections(app: FastifyInstance): Promise<number> {
  return await new Promise((resolve, reject) =>
    app.server.getConnections((error, count) => (error === null ? resolve(count) : reject(error))),
  );
}

const begin = (caller: string, more: string): string =>
  `POST /api/v1/events HTTP/1.1\r\nhost: 127.0.0.1\r\n${AS}: ${caller}\r\n${more}\r\n\r\n`;

describe("a peer", () => {
  test("that sends garbage and never closes does not keep its connection", async () => {
    const { app } = await listening();
    const peers = await Promise.all(Array.from({ length: 20 }, async () => await peer(app)));
    const answers = peers.map(firstBytes);
    for (const one of peers) one.write("GARBAGE\r\n\r\n");
    for (const answer of await Promise.all(answers)) expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    await expect.poll(async () => await connections(app)).toBe(0);
  });

  test("that never ends its body is cut off, and gives back what it held", async () => {
    const { app } = await listening({ requestTimeoutMs: 300 });
    const socket = await peer(app);
    const answer = firstBytes(socket);
    socket.write(`${begin("ada", "transfer-encoding: chunked")}5\r\nhello\r\n`);
    expect(await answer).toMatch(/^HTTP\/1\.1 408 /);
    await expect.poll(async () => await connections(app)).toBe(0);
  });

  test("that hangs up in the middle of its body is not taken for a database that is away", async () => {
    const said: unknown[] = [];
    const error = (...words: unknown[]): void => void said.push(words);
    const { app } = await listening({ log: { ...silentLogger, error, warn: error } as typeof silentLogger });
    for (const path of ["/api/v1/events", "/api/v1/users"]) {
      const socket = await peer(app);
      socket.write(
        `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n${AS}: ada\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n{`,
      );
      await expect.poll(async () => await connections(app)).toBe(1);
      socket.resetAndDestroy();
      await expect.poll(async () => await connections(app)).toBe(0);
    }
    expect(said).toEqual([]);
  });
});

describe("bodies on their way in", () => {
  async function slow(app: FastifyInstance, caller: string, more: string): Promise<Socket> {
    const socket = await peer(app);
    socket.write(begin(caller, more));
    return socket;
  }
  const send = async ({ app }: FakeServer, caller: string, bytes = 10) =>
    await app.inject({
      method: "POST",
      url: "/api/v1/events",
      headers: { ...HOST, [AS]: caller },
      payload: Buffer.alloc(bytes, 0x0a),
    });

  test("cost what came in, not what was announced: idle senders keep nobody out", async () => {
    const server = await listening();
    for (let at = 0; at < 20; at += 1) {
      const isChunked = at % 2 === 0;
      const socket = await slow(
        server.app,
        "eve",
        isChunked ? "transfer-encoding: chunked" : "content-length: 8000000",
      );
      socket.write(isChunked ? "5\r\nhello\r\n" : "hello");
    }
    await expect.poll(async () => await connections(server.app)).toBe(20);
    expect((await send(server, "ada")).json()).toMatchObject({ detail: "reached" });
    expect((await send(server, "eve")).json()).toMatchObject({ detail: "reached" });
  });

  test("of one sender take a quarter of the room at most, and give it back", async () => {
    const waiting = Promise.withResolvers<void>();
    let arrived = 0;
    const handlers: Partial<Handlers> = {
      "event.send": async () => {
        arrived += 1;
        await waiting.promise;
        return refuse("NOT_FOUND", "reached");
      },
    };
    const server = await listening({ handlers });
    const held = [send(server, "eve", 8 * MIB), send(server, "eve", 8 * MIB)];
    await vi.waitUntil(() => arrived === 2);
    const refused = await send(server, "eve");
    expect(refused.json()).toMatchObject({ code: "INTAKE_OVERLOADED" });
    expect(refused.headers["retry-after"]).toBe("1");
    const others = ["ada", "bob", "kim"].flatMap((name) => [send(server, name, 8 * MIB), send(server, name, 8 * MIB)]);
    await vi.waitUntil(() => arrived === 8);
    expect((await send(server, "lea")).json()).toMatchObject({ code: "INTAKE_OVERLOADED" });
    waiting.resolve();
    await Promise.all([...held, ...others]);
    expect((await send(server, "eve")).json()).toMatchObject({ detail: "reached" });
  });

  test("of strangers are forms: what is larger is refused before it takes room from others", async () => {
    const server = await listening();
    const form = (from: string, more: string): string =>
      `POST /oauth/token HTTP/1.1\r\nhost: 127.0.0.1\r\nx-forwarded-for: ${from}\r\ncontent-type: application/x-www-form-urlencoded\r\n${more}\r\n\r\n`;
    const large = await peer(server.app);
    const refused = firstBytes(large);
    large.write(form("198.51.100.1", "content-length: 32769"));
    expect(await refused).toMatch(/^HTTP\/1\.1 413 /);
    const growing = await peer(server.app);
    const outgrown = firstBytes(growing);
    growing.write(form("198.51.100.1", "transfer-encoding: chunked"));
    growing.write(`9000\r\n${"a".repeat(0x9000)}\r\n`);
    expect(await outgrown).toMatch(/^HTTP\/1\.1 413 /);
  });

  test("that outgrow the limit without having said so are refused with the limit, and answered", async () => {
    const server = await listening();
    const socket = await slow(server.app, "ada", "transfer-encoding: chunked");
    const answer = firstBytes(socket);
    const chunk = Buffer.alloc(MIB, 0x0a);
    for (let at = 0; at < 9; at += 1) {
      socket.write("100000\r\n");
      socket.write(chunk);
      socket.write("\r\n");
    }
    expect(await answer).toMatch(/^HTTP\/1\.1 413 /);
  });
});

describe("an odd path", () => {
  test.each([
    "//x",
    "//evil.example/",
    "/api//v1/session",
    "/assets/../x",
    "/%00",
    "/index.html%00.js",
    "/..%5c..%5cetc%5cpasswd",
    "/%2e%2e/%2e%2e/etc/passwd",
    "/assets/..%2f..%2fx",
    "/%zz",
  ])("%s is a plain refusal, and no breakage of ours", async (url) => {
    const error = vi.fn();
    const server = await fakeServer({ log: { ...silentLogger, error } as unknown as typeof silentLogger });
    onTestFinished(async () => await server.app.close());
    for (const accept of ["text/html", "*/*"]) {
      const response = await server.app.inject({ url, headers: { ...HOST, accept } });
      expect([url, response.statusCode < 500]).toEqual([url, true]);
      expect(response.body).not.toContain("Forbidden");
    }
    expect(error).not.toHaveBeenCalled();
  });
});

describe("an upgrade", () => {
  const handshake = (path: string): string =>
    `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: Upgrade\r\nupgrade: WebSocket\r\n` +
    `sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n`;

  test.each([
    ["/", "", 200],
    ["/health/live", "", 200],
    ["/api/v1/live", "", 401],
    ["/api/v1/live?after=1", "", 401],
    ["/api/v1/live", `${AS}: ada/bearer\r\n`, 101],
    ["/api/v1/events/x", `${AS}: ada/bearer\r\n`, 400],
  ])("of %s with %j is answered with %i", async (path, more, status) => {
    const handlers: Partial<Handlers> = { "health.live": async () => ok({ live: true }) };
    const { app } = await listening({ handlers });
    const socket = await peer(app);
    const answer = firstBytes(socket);
    socket.write(`${handshake(path)}${more}\r\n`);
    expect((await answer).slice(0, 12)).toBe(`HTTP/1.1 ${status}`);
  });

  test.each([
    [{ origin: "http://127.0.0.1:8970" }, true],
    [{ origin: "http://127.0.0.1:8970", "sec-fetch-site": "same-origin" }, true],
    [{ origin: "http://127.0.0.1:8970", "sec-fetch-site": "cross-site" }, false],
    [{ origin: "http://127.0.0.1:8970", "sec-fetch-site": "none" }, false],
    [{ origin: "http://evil.example", "sec-fetch-site": "same-origin" }, false],
    [{ "sec-fetch-site": "same-origin" }, false],
    [{ origin: "null" }, false],
    [{}, false],
  ])("carried by the cookie with %j is let in: %j", async (headers, isLetIn) => {
    const { app } = await listening();
    const lines = Object.entries({ ...headers, [AS]: "ada/cookie" }).map(([name, value]) => `${name}: ${value}\r\n`);
    const socket = await peer(app);
    const answer = firstBytes(socket);
    socket.write(`${handshake("/api/v1/live")}${lines.join("")}\r\n`);
    expect((await answer).startsWith("HTTP/1.1 101")).toBe(isLetIn);
  });
});
