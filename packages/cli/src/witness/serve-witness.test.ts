import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { connect, type AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { formatVerifierKey } from "@tyr/ledger";
import { describe, expect, onTestFinished, test } from "vitest";
import { temporaryDirectory } from "../testing/fake-world.ts";
import { makeKey, openKey } from "./key-file.ts";
import { readKnownLogs } from "./known-logs.ts";
import { folderOf } from "./memory.ts";
import { limitRate } from "./rate-limit.ts";
import { BODY_BYTES_MAX, witnessServer } from "./serve-witness.ts";
import { sampleHistory } from "./testing/sample-history.ts";
import { openWitness } from "./witness.ts";

type Exchange = { origin: string; logPublicKeyHex: string; cases: { request: string; status: number; body: string }[] };

type Serve = Readonly<{ perMinute?: number; name?: string }>;

async function serve(
  vkey: string,
  { perMinute = 1000, name = "witness.example/audit" }: Serve = {},
): Promise<{ url: string; port: number; lines: string[] }> {
  const directory = await temporaryDirectory();
  await makeKey(directory, name);
  const cosigner = await openKey({ directory, now: Date.now });
  if (cosigner === undefined) throw new Error("no key");
  const witness = await openWitness({ directory, logs: await readKnownLogs([vkey]), cosigner });
  const lines: string[] = [];
  const server = witnessServer({ witness, perMinute, say: (line) => void lines.push(line), now: Date.now });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, port, lines };
}

async function post(url: string, body: string | Buffer): Promise<Response> {
  return await fetch(`${url}/add-checkpoint`, { method: "POST", body: new Uint8Array(Buffer.from(body)) });
}

describe("a witness over HTTP", () => {
  test("gives the published status and body to each request of the published exchange", async () => {
    const vector = new URL("../../../ledger/vectors/tlog/witness-add-checkpoint.json", import.meta.url);
    const exchange = JSON.parse(await readFile(vector, "utf8")) as Exchange;
    const vkey = formatVerifierKey(exchange.origin, Buffer.from(exchange.logPublicKeyHex, "hex"));
    const { url } = await serve(vkey, { name: "example.com/witness" });
    for (const { request, status, body } of exchange.cases) {
      const answer = await post(url, request);
      expect(answer.status).toBe(status);
      const rule = JSON.parse(body.slice(body.indexOf('"'))) as string;
      expect(await answer.text()).toMatch(body.startsWith("==") ? new RegExp(`^${rule}$`) : new RegExp(rule));
    }
    expect(exchange.cases).toHaveLength(9);
  });

  test("answers with its line, publishes the checkpoint, and says each in its log", async () => {
    const log = await sampleHistory({ origin: "log.example/tyr", length: 9 });
    const { url, lines } = await serve(log.vkey);
    const place = `${url}/${folderOf(log.origin)}/checkpoint`;
    expect((await fetch(place)).status).toBe(404);
    const line = await (await post(url, await log.request(0, 9))).text();
    const answer = await fetch(place);
    expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "text/plain; charset=utf-8"]);
    expect(await answer.text()).toBe((await log.signed(9)) + line);
    const conflict = await post(url, await log.request(3, 9));
    expect([conflict.status, conflict.headers.get("content-type"), await conflict.text()]).toEqual([
      409,
      "text/x.tlog.size",
      "9\n",
    ]);
    expect(lines).toEqual([
      "cosigned log.example/tyr from 0 to 9, asked by 127.0.0.1",
      "refused 127.0.0.1 with 409: we know 9 entries",
    ]);
  });

  test("shows what a stranger sends without letting it act on the terminal", async () => {
    const log = await sampleHistory({ origin: "log.example/tyr", length: 9 });
    const { url, lines } = await serve(log.vkey);
    const hostile = Buffer.from((await log.request(0, 9)).toString().replace("old 0", "old \u001b[2J"));
    expect((await post(url, hostile)).status).toBe(400);
    expect((await post(url, Buffer.from([0xff, 0xfe, 0x0a, 0x0a]))).status).toBe(400);
    // oxlint-disable-next-line no-control-regex -- control characters are what must not be there
    expect(lines.join("\n")).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  });

  test("refuses what is too large before reading it all, with and without a stated length", async () => {
    const log = await sampleHistory({ origin: "log.example/tyr", length: 9 });
    const { url, port } = await serve(log.vkey);
    expect((await post(url, "x".repeat(BODY_BYTES_MAX + 1))).status).toBe(413);
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => undefined);
    const chunk = `${(40_000).toString(16)}\r\n${"x".repeat(40_000)}\r\n`;
    socket.write(`POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}${chunk}`);
    expect((await text(socket)).slice(0, 12)).toBe("HTTP/1.1 413");
  });

  test("knows two addresses and their methods only", async () => {
    const log = await sampleHistory({ origin: "log.example/tyr", length: 9 });
    const { url } = await serve(log.vkey);
    const status = async (path: string, method: string): Promise<number> =>
      (await fetch(`${url}${path}`, { method })).status;
    expect(await status("/", "GET")).toBe(404);
    expect(await status("/../witness.key", "GET")).toBe(404);
    expect(await status("/%2e%2e/witness.key", "GET")).toBe(404);
    expect(await status("/add-checkpoint", "GET")).toBe(405);
    expect(await status(`/${folderOf(log.origin)}/checkpoint`, "DELETE")).toBe(405);
    expect(await status(`/${folderOf("other")}/checkpoint`, "HEAD")).toBe(404);
  });

  test("slows down an address that asks too often", async () => {
    const log = await sampleHistory({ origin: "log.example/tyr", length: 9 });
    const { url } = await serve(log.vkey, { perMinute: 3 });
    const statuses: number[] = [];
    for (let at = 0; at < 5; at += 1) statuses.push((await post(url, "")).status);
    expect(statuses).toEqual([400, 400, 400, 429, 429]);
  });
});

describe("the limit of requests", () => {
  test("lets an address ask again after a while, and counts each for itself and all together", () => {
    const limit = limitRate(6);
    const asked = Array.from({ length: 7 }, () => limit.allows("a", 0));
    expect(asked.filter(Boolean)).toHaveLength(6);
    expect([limit.allows("b", 0), limit.allows("a", 9_999), limit.allows("a", 10_001)]).toEqual([true, false, true]);
    const many = Array.from({ length: 10_000 }, (_, at) => limit.allows(`address ${at}`, 10_001));
    expect(many.filter(Boolean).length).toBeLessThanOrEqual(48);
  });

  test("counts all addresses of one IPv6 network as one, however they are written", () => {
    const limit = limitRate(2);
    expect([limit.allows("2001:db8::1", 0), limit.allows("2001:db8:0:0:ffff::2", 0)]).toEqual([true, true]);
    expect(limit.allows("2001:db8::9", 0)).toBe(false);
    expect([limit.allows("2001:db8:0:1::9", 0), limit.allows("::ffff:192.0.2.1", 0)]).toEqual([true, true]);
  });
});
