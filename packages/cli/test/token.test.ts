import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { TokenFamily, TokenKey } from "@tyr/contract";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Refuses, startFakeServer, type FakeServer, type Handlers } from "./fake-server.ts";
import { tyrHere } from "./tyr-here.ts";

const uuid = "0190a3b4-1111-7222-8333-444455556666";
const family: TokenFamily = {
  id: `tkf_${uuid}`,
  keyId: `key_${uuid}`,
  keyName: "nightly\u001b[31m export",
  owner: { kind: "automation", id: `svc_${uuid}`, name: "soar" },
  scopes: ["incident:read"],
  state: "active",
  renewable: true,
  refreshes: 3,
  createdAt: "2026-02-01T12:00:00.000Z",
  refreshedAt: "2026-02-01T13:00:00.000Z",
  expiresAt: "2026-03-01T12:00:00.000Z",
  endedAt: null,
  endedWhy: null,
};
const key: TokenKey = {
  kid: "k".repeat(43),
  algorithm: "ES256",
  state: "next",
  createdAt: "2026-02-01T12:00:00.000Z",
  signsFrom: "2026-02-01T12:10:00.000Z",
  publishedUntil: null,
};

let home: string;
let server: FakeServer;
beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), "tyr-token-"));
  server = await startFakeServer();
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await rm(home, { recursive: true, force: true });
});

async function run(argv: readonly string[], handlers: Handlers = {}) {
  Object.assign(server.handlers, handlers);
  return await tyrHere(["token", ...argv], { home, env: { TYR_URL: server.url, TYR_TOKEN: server.token } });
}

test("tokens are listed with what they may do and when they end, and names of keys cannot colour the terminal", async () => {
  const end = await run(["list"], { "token.list": () => ({ items: [family] }) });
  expect([end.code, end.stdout]).toEqual([
    0,
    expect.stringMatching(new RegExp(`${family.id}.*soar.*active.*incident:read`)),
  ]);
  expect(end.stdout).not.toContain("\u001b[31m");
  const none = await run(["all"], { "token.listAll": () => ({ items: [] }) });
  expect([none.code, none.stdout, none.stderr]).toEqual([0, "", expect.stringMatching(/Nobody's key/)]);
});

test("tokens are ended by their id, once it was said twice", async () => {
  const asked = await run(["revoke", family.id, "--no-input"], { "token.revoke": () => family });
  expect([asked.code, server.seen.length]).toEqual([2, 0]);
  const ended = { ...family, state: "ended", endedAt: family.createdAt, endedWhy: "ended by its owner" } as const;
  const done = await run(["revoke", family.id, "--yes"], { "token.revoke": () => ended });
  expect([done.code, done.stdout]).toEqual([0, expect.stringMatching(/ended by its owner/)]);
  const odd = await run(["revoke", "../x", "--yes"]);
  expect([odd.code, odd.stderr]).toEqual([2, expect.stringMatching(/not the id of tokens/)]);
});

test("the signing keys are shown, and another is made with a reason", async () => {
  const shown = await run(["keys"], { "tokenKey.list": () => ({ items: [key] }) });
  expect([shown.code, shown.stdout]).toEqual([0, expect.stringMatching(/ES256.*next/)]);
  const wished: unknown[] = [];
  const handlers: Handlers = {
    "tokenKey.rotate": ({ body }) => {
      wished.push(JSON.parse(body.toString()));
      return key;
    },
  };
  const made = await run(["rotate-key", "--reason", "yearly", "--yes"], handlers);
  expect([made.code, made.stdout.trim(), made.stderr]).toEqual([0, key.kid, expect.stringMatching(/signs from/)]);
  await run(["rotate-key", "--reason", "stolen", "--compromised", "--yes"], handlers);
  expect(wished).toEqual([{ reason: "yearly" }, { reason: "stolen", compromised: true }]);
  expect((await run(["rotate-key", "--yes"], handlers)).code).toBe(2);
});

test("a rotation that has to wait is said as such", async () => {
  const refusal = new Refuses("KEY_LIMIT_REACHED", { detail: "the key k signs from later", limit: 1 });
  const end = await run(["rotate-key", "--reason", "again", "--yes"], {
    "tokenKey.rotate": () => refusal,
  });
  expect([end.code, end.stderr]).toEqual([1, expect.stringMatching(/signs from later/)]);
});
