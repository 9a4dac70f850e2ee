import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { ScimClient } from "@tyr/contract";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startFakeServer, type FakeServer, type Handlers } from "./fake-server.ts";
import { tyrHere } from "./tyr-here.ts";

const uuid = "0190a3b4-1111-7222-8333-444455556666";
const client: ScimClient = {
  id: `svc_${uuid}`,
  name: "corp\u001b[31m provisioning",
  active: true,
  owner: { id: `usr_${uuid}`, name: "alice", active: true },
  provider: "corp",
  issuer: "https://login.example.org",
  createdAt: "2026-02-01T12:00:00.000Z",
};

let home: string;
let server: FakeServer;
beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), "tyr-scim-"));
  server = await startFakeServer();
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await rm(home, { recursive: true, force: true });
});

async function run(argv: readonly string[], handlers: Handlers = {}) {
  Object.assign(server.handlers, handlers);
  return await tyrHere(["scim", ...argv], { home, env: { TYR_URL: server.url, TYR_TOKEN: server.token } });
}

test("a client for a provider is made, and its key alone goes to stdout", async () => {
  const made = { client, secret: "tyr_key_secret", baseUrl: "https://tyr.example.org/scim/v2" };
  const argv = ["create", "corp-provisioning", "--provider", "corp", "--network", "192.0.2.0/24", "--days", "30"];
  const end = await run(argv, { "scimClient.create": () => made });
  expect([end.code, end.stdout.trim()]).toEqual([0, "tyr_key_secret"]);
  expect(end.stderr).toContain("https://tyr.example.org/scim/v2");
  expect(JSON.parse(String(server.seen.at(-1)?.body))).toEqual({
    name: "corp-provisioning",
    provider: "corp",
    networks: ["192.0.2.0/24"],
    lifeDays: 30,
  });
});

test("clients are listed with their provider, and end when somebody says so twice", async () => {
  const end = await run(["list"], { "scimClient.list": () => ({ items: [client] }) });
  expect([end.code, end.stdout]).toEqual([0, expect.stringMatching(new RegExp(`${client.id}.*corp.*active.*alice`))]);
  expect(end.stdout).not.toContain("\u001b[31m");
  const unsure = await run(["remove", client.id]);
  expect(unsure.code).not.toBe(0);
  const ended = await run(["remove", client.id, "--yes"], { "scimClient.remove": () => undefined });
  expect([ended.code, ended.stderr]).toEqual([0, expect.stringContaining("keeps their account")]);
});
