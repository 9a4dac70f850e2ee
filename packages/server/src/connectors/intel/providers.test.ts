import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { abuseIpdb } from "./abuseipdb.ts";
import { feodo } from "./feodo.ts";
import { greyNoise } from "./greynoise.ts";
import { threatFox } from "./threatfox.ts";

type Asked = Readonly<{ method: string; url: string; headers: IncomingMessage["headers"]; body: string }>;
type Answer = (request: Asked, response: ServerResponse) => void;

const ADDRESS = "8.8.4.4";
const KEY = "k".repeat(20);
let server: Server;
let url: string;
let asked: Asked[] = [];
let answer: Answer;

function json(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  return (_request, response) => {
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  };
}

const hangUp: Answer = (_request, response) => void response.destroy();

beforeAll(async () => {
  server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const { method = "", url: path = "", headers } = request;
      const one = { method, url: path, headers, body: Buffer.concat(parts).toString() };
      asked.push(one);
      answer(one, response);
    });
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => void server.close());
beforeEach(() => {
  asked = [];
});
const signal = () => new AbortController().signal;

describe("AbuseIPDB", () => {
  const data = {
    ipAddress: ADDRESS,
    abuseConfidenceScore: 82,
    totalReports: 3,
    reports: [
      { reportedAt: "2026-01-01T00:00:00+00:00", comment: "c4n4ry", categories: [18, 22] },
      { reportedAt: "2026-01-02T00:00:00+00:00", comment: "", categories: [22, 14, 99, "x", 1.5] },
    ],
  };

  test("is asked for one address with the key in a header, and says categories and how sure it is", async () => {
    answer = json(200, { data });
    expect(await abuseIpdb(url, KEY).ask(ADDRESS, signal())).toEqual({
      ok: true,
      answer: { verdict: "malicious", score: 0.82, categories: ["14", "18", "22"] },
    });
    expect(asked).toMatchObject([{ method: "GET", headers: { key: KEY, accept: "application/json" } }]);
    expect(asked[0]?.url).toBe("/api/v2/check?ipAddress=8.8.4.4&maxAgeInDays=90&verbose=");
  });

  test.each([
    [24, "unknown"],
    [25, "suspicious"],
    [75, "malicious"],
  ])("a score of %d is %s", async (abuseConfidenceScore, verdict) => {
    answer = json(200, { data: { ...data, abuseConfidenceScore } });
    expect(await abuseIpdb(url, KEY).ask(ADDRESS, signal())).toMatchObject({ answer: { verdict } });
  });
});

describe("GreyNoise", () => {
  const seen = {
    ip: ADDRESS,
    noise: true,
    riot: false,
    classification: "malicious",
    name: "unknown",
    link: "https://x",
    last_seen: "2026-01-01",
    message: "Success",
  };

  test("is asked without a key where there is none, and 404 is an answer", async () => {
    answer = json(200, seen);
    expect(await greyNoise(url, undefined).ask(ADDRESS, signal())).toEqual({
      ok: true,
      answer: { verdict: "malicious", score: 1, classification: "malicious", noise: true },
    });
    expect(asked[0]).toMatchObject({ url: `/v3/community/${ADDRESS}` });
    expect(asked[0]?.headers).not.toHaveProperty("key");
    answer = json(404, {
      ip: ADDRESS,
      noise: false,
      riot: false,
      message: "IP not observed scanning the internet or contained in RIOT data set.",
    });
    expect(await greyNoise(url, KEY).ask(ADDRESS, signal())).toMatchObject({
      answer: { verdict: "unknown", noise: false },
    });
    expect(asked[1]?.headers).toMatchObject({ key: KEY });
  });

  test("what everybody uses, and harmless scanners, are held against nobody", async () => {
    answer = json(200, { ...seen, noise: false, riot: true });
    expect(await greyNoise(url, KEY).ask(ADDRESS, signal())).toMatchObject({ answer: { verdict: "benign", score: 0 } });
    answer = json(200, { ...seen, classification: "benign" });
    expect(await greyNoise(url, KEY).ask(ADDRESS, signal())).toMatchObject({
      answer: { verdict: "benign", noise: false },
    });
    answer = json(200, { ...seen, classification: "a new word" });
    expect(await greyNoise(url, KEY).ask(ADDRESS, signal())).toEqual({ ok: false, reason: "unreadable" });
  });
});

describe("ThreatFox", () => {
  const ioc = (value: string, more: object = {}) => ({
    id: "1",
    ioc: value,
    threat_type: "botnet_cc",
    ioc_type: "ip:port",
    malware: "win.cobalt_strike",
    malware_printable: "Cobalt Strike",
    confidence_level: 75,
    ...more,
  });

  test("is asked by POST, and only what it says of this very address counts, by threat and never by kind", async () => {
    answer = json(200, {
      query_status: "ok",
      data: [
        ioc("8.8.4.4:443"),
        ioc("18.8.4.4:443", { malware_printable: "Other", confidence_level: 100 }),
        ioc("8.8.4.4:80", { threat_type: "something_new" }),
      ],
    });
    expect(await threatFox(url, KEY).ask(ADDRESS, signal())).toEqual({
      ok: true,
      answer: { verdict: "malicious", score: 0.75, threatTypes: ["botnet_cc"], malwareFamilies: ["Cobalt Strike"] },
    });
    expect(asked).toMatchObject([{ method: "POST", url: "/api/v1/", headers: { "auth-key": KEY } }]);
    expect(JSON.parse(asked[0]?.body ?? "")).toEqual({ query: "search_ioc", search_term: ADDRESS });
  });

  test("no result is an answer, and one about others is none against this address", async () => {
    answer = json(200, { query_status: "no_result", data: "Your search did not yield any results" });
    expect(await threatFox(url, KEY).ask(ADDRESS, signal())).toMatchObject({ answer: { verdict: "unknown" } });
    answer = json(200, { query_status: "ok", data: [ioc("8.8.4.40:443")] });
    expect(await threatFox(url, KEY).ask(ADDRESS, signal())).toMatchObject({ answer: { verdict: "unknown" } });
    answer = json(200, { query_status: "illegal_search_term" });
    expect(await threatFox(url, KEY).ask(ADDRESS, signal())).toEqual({ ok: false, reason: "unreadable" });
  });
});

describe("Feodo Tracker", () => {
  test("is fetched whole; what is no address is left out and counted", async () => {
    answer = json(200, [
      { ip_address: "8.8.4.4", port: 443, status: "online", malware: "Emotet", first_seen: "2026-01-01 00:00:00" },
      { ip_address: "not one", malware: "x" },
    ]);
    expect(await feodo(url).fetch(signal())).toEqual({
      ok: true,
      rejected: 1,
      entries: [{ kind: "ip", value: "8.8.4.4", score: 1, threatTypes: ["botnet_cc"], families: ["Emotet"] }],
    });
    expect(asked[0]?.url).toBe("/downloads/ipblocklist.json");
    answer = json(200, "<html>");
    expect(await feodo(url).fetch(signal())).toMatchObject({ ok: false });
  });
});

describe("a provider never breaks anything", () => {
  const all = () => [abuseIpdb(url, KEY), greyNoise(url, KEY), threatFox(url, KEY)];

  test.each([
    ["that its limit is reached", json(429, {}, { "retry-after": "120" }), { reason: "too_many", delayMs: 120_000 }],
    ["that the key is not accepted", json(401, {}), { reason: "refused" }],
    ["an error of its own", json(503, ""), { reason: "unreachable" }],
    ["another page", json(302, "", { location: "http://127.0.0.1:1/" }), { reason: "unreachable" }],
    ["nothing to read", json(200, "<html>"), { reason: "unreadable" }],
    ["a list in place of an object", json(200, [[[]]]), { reason: "unreadable" }],
    ["more than anybody reads", json(200, "x".repeat(3 * 1024 * 1024)), { reason: "unreachable" }],
    ["and hangs up", hangUp, { reason: "unreachable" }],
  ])("when it answers %s", async (_what, given, expected) => {
    answer = given;
    for (const provider of all())
      expect(await provider.ask(ADDRESS, signal())).toMatchObject({ ok: false, ...expected });
  });

  test("when nobody is there, or the question is called off", async () => {
    expect(await greyNoise("http://127.0.0.1:9", KEY).ask(ADDRESS, signal())).toEqual({
      ok: false,
      reason: "unreachable",
    });
    answer = () => undefined;
    const ending = new AbortController();
    const waiting = greyNoise(url, KEY).ask(ADDRESS, ending.signal);
    ending.abort();
    expect(await waiting).toEqual({ ok: false, reason: "unreachable" });
    server.closeAllConnections();
  });
});
