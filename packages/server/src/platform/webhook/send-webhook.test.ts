import { createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { createServer as createTcpServer, type AddressInfo, type Server } from "node:net";
import { text } from "node:stream/consumers";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { describe, expect, onTestFinished, test } from "vitest";
import { testCertificate } from "../../testing/certificate.ts";
import { sendWebhook, type Resolve, type Sent, type WebhookPlace } from "./send-webhook.ts";

const SECRET = Buffer.alloc(32, 9);
const message = { id: "ntf_1", body: '{"text":"grüß Gott"}' };
const now = new Date("2026-11-02T08:00:00.000Z");

async function listening(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

async function receiver(answer: RequestListener): Promise<number> {
  return await listening(createServer(answer));
}

function place(url: string, reach: WebhookPlace["reach"] = "public"): WebhookPlace {
  return { url: new URL(url), secrets: [SECRET], reach };
}

const leadingTo =
  (...addresses: string[]): Resolve =>
  async () =>
    await Promise.resolve(addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })));

async function send(to: WebhookPlace, more: Readonly<{ resolve?: Resolve; timeoutMs?: number }> = {}): Promise<Sent> {
  return await sendWebhook(to, message, { now, signal: new AbortController().signal, ...more });
}

describe("a webhook", () => {
  test("arrives signed, byte for byte, under its id", async () => {
    const got: { request: IncomingMessage; body: string }[] = [];
    const port = await receiver((request, response) => {
      const take = async (): Promise<void> => {
        got.push({ request, body: await text(request) });
        response.writeHead(204).end();
      };
      void take();
    });
    expect(await send(place(`http://127.0.0.1:${port}/hooks/s3cret?x=1`))).toEqual({ ok: true, status: 204 });
    const [{ request, body } = { request: undefined, body: "" }] = got;
    expect([request?.method, request?.url, body]).toEqual(["POST", "/hooks/s3cret?x=1", message.body]);
    const mac = createHmac("sha256", SECRET).update(`ntf_1.${now.getTime() / 1_000}.${message.body}`);
    expect(request?.headers).toMatchObject({
      "content-type": "application/json",
      "webhook-id": "ntf_1",
      "webhook-timestamp": String(now.getTime() / 1_000),
      "webhook-signature": `v1,${mac.digest("base64")}`,
    });
  });

  test("that is answered by another protocol is refused, and waited for no longer", async () => {
    const head = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    const port = await listening(createTcpServer((socket) => void socket.on("error", () => undefined).end(head)));
    expect(await send(place(`http://127.0.0.1:${port}/`))).toMatchObject({
      ok: false,
      failure: "status_refused",
      status: 101,
    });
  });

  test("whose connection ends without an answer has failed", async () => {
    const port = await listening(createTcpServer((socket) => void socket.on("error", () => undefined).end()));
    expect(await send(place(`http://127.0.0.1:${port}/`))).toMatchObject({ ok: false, failure: "connection_failed" });
  });

  test("follows no redirect: what it points at gets nothing", async () => {
    let asked = 0;
    const other = await receiver((_request, response) => {
      asked += 1;
      response.end();
    });
    const port = await receiver((_request, response) => {
      response.writeHead(307, { location: `http://127.0.0.1:${other}/` }).end();
    });
    const sent = await send(place(`http://127.0.0.1:${port}/`));
    expect([sent, asked]).toEqual([{ ok: false, failure: "redirected", status: 307, isFinal: false }, 0]);
  });

  test.each([
    [400, true],
    [413, true],
    [404, false],
    [410, false],
    [500, false],
  ])(
    "that is answered with %d is refused, for good: %s, and the answer's words are not repeated",
    async (status, isFinal) => {
      const port = await receiver((_request, response) => void response.writeHead(status).end("hunter2"));
      const sent = await send(place(`http://127.0.0.1:${port}/hooks/s3cret`));
      expect(sent).toEqual({ ok: false, failure: "status_refused", status, isFinal });
    },
  );

  test("waits as long as the receiver asks, an hour at most", async () => {
    const headers = ["7", "999999", "Wed, 21 Oct 2026 07:28:00 GMT"];
    const waits: (number | undefined)[] = [];
    for (const header of headers) {
      const port = await receiver((_request, response) => {
        response.writeHead(429, { "retry-after": header }).end();
      });
      const sent = await send(place(`http://127.0.0.1:${port}/`));
      waits.push(sent.ok ? 0 : sent.retryAfterMs);
    }
    expect(waits).toEqual([7_000, 3_600_000, undefined]);
  });

  test("is done with the head of an answer: a body without end holds nobody up", async () => {
    const port = await receiver((_request, response) => {
      response.writeHead(200);
      response.on("error", () => undefined);
      const more = (): void => {
        if (!response.destroyed && response.write("x".repeat(65_536))) setImmediate(more);
      };
      more();
    });
    expect(await send(place(`http://127.0.0.1:${port}/`))).toEqual({ ok: true, status: 200 });
  });

  test("gives up on whoever takes the connection and says nothing, and on a name nobody answers for", async () => {
    const port = await listening(createTcpServer(() => undefined));
    const silent = await send(place(`http://127.0.0.1:${port}/`), { timeoutMs: 50 });
    const hanging = await send(place("https://hooks.example/"), {
      timeoutMs: 50,
      resolve: async () => await new Promise<never>(() => undefined),
    });
    expect([silent, hanging]).toMatchObject([{ failure: "timed_out" }, { failure: "timed_out" }]);
  });

  test("that nobody takes, or whose name is nobody's, says so", async () => {
    const server = createTcpServer();
    const port = await listening(server);
    server.close();
    const unknown: Resolve = async () => {
      throw Object.assign(new Error("getaddrinfo ENOTFOUND s3cret"), { code: "ENOTFOUND" });
    };
    const nobody = await send(place(`http://127.0.0.1:${port}/`));
    const nameless = await send(place("https://hooks.example/"), { resolve: await Promise.resolve(unknown) });
    expect([nobody, nameless]).toEqual([
      { ok: false, failure: "connection_failed", isFinal: false },
      { ok: false, failure: "name_not_found", isFinal: false },
    ]);
  });

  test("believes the certificates this machine believes, for the very name, and no others", async () => {
    const { cert, key } = testCertificate();
    const port = await listening(createTlsServer({ cert, key }, (_request, response) => void response.end()));
    const unknown = await send(place(`https://localhost:${port}/`));
    const before = getCACertificates("default");
    onTestFinished(() => setDefaultCACertificates(before));
    setDefaultCACertificates([...before, cert]);
    const known = await send(place(`https://localhost:${port}/`));
    const misnamed = await send(place(`https://hooks.example:${port}/`, "private"), {
      resolve: leadingTo("127.0.0.1"),
    });
    const untrusted = { ok: false, failure: "tls_failed", isFinal: false };
    expect([unknown, known, misnamed]).toEqual([untrusted, { ok: true, status: 200 }, untrusted]);
  });

  test("ends with the server: its reason is thrown, not taken for the receiver's", async () => {
    const port = await listening(createTcpServer(() => undefined));
    const ending = new AbortController();
    const sending = sendWebhook(place(`http://127.0.0.1:${port}/`), message, { now, signal: ending.signal });
    ending.abort(new Error("stopping"));
    await expect(sending).rejects.toThrow("stopping");
  });
});

describe("a name", () => {
  test.each([
    ["the metadata of a cloud", ["169.254.169.254"]],
    ["this machine", ["127.0.0.1", "::1"]],
    ["one's own network", ["10.0.0.7"]],
    ["the same, spelled as IPv6", ["::ffff:127.0.0.1"]],
  ])("that leads to %s is not connected to", async (_what, addresses) => {
    let asked = 0;
    const port = await receiver((_request, response) => {
      asked += 1;
      response.end();
    });
    const sent = await send(place(`http://hooks.example:${port}/`), { resolve: leadingTo(...addresses) });
    expect([sent, asked]).toEqual([{ ok: false, failure: "address_refused", isFinal: false }, 0]);
  });

  test("is resolved once: what was checked is what is connected to, whatever it says the next time", async () => {
    const port = await receiver((request, response) => {
      response.writeHead(request.headers.host === `hooks.example:${port}` ? 200 : 500).end();
    });
    let times = 0;
    const rebinding: Resolve = async (host) => {
      times += 1;
      return await leadingTo(times === 1 ? "127.0.0.1" : "169.254.169.254")(host);
    };
    const sent = await send(place(`http://hooks.example:${port}/`, "private"), { resolve: rebinding });
    expect([sent, times]).toEqual([{ ok: true, status: 200 }, 1]);
  });

  test("with forbidden addresses among its own goes to the others only", async () => {
    const port = await receiver((_request, response) => void response.end());
    const resolve = leadingTo("169.254.169.254", "127.0.0.1");
    expect(await send(place(`http://hooks.example:${port}/`, "private"), { resolve })).toMatchObject({ ok: true });
  });

  test("localhost means this machine, and nothing a resolver makes of it", async () => {
    const sent = await send(place("http://localhost:9/"), { resolve: leadingTo("93.184.216.34") });
    expect(sent).toMatchObject({ failure: "address_refused" });
  });
});
