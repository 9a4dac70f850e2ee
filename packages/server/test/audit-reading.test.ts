import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Client } from "@tyr/contract";
import { afterAll, beforeAll, expect, test } from "vitest";
import { builtDirectory } from "./built-directory.ts";
import { makeUser, PASSWORD, setUp, startServer, type ServerProcess } from "./server-process.ts";

const execute = promisify(execFile);
const verifier = fileURLToPath(new URL("../../ledger/verify-independent/verify.ts", import.meta.url));
const dir = await builtDirectory();
const EVENTS = "/api/v1/security/audit/events";
let server: ServerProcess;
let admin: Client;

beforeAll(async () => {
  server = await startServer({ dataDir: dir.path, args: ["--no-sample"] });
  admin = await setUp(server);
});
afterAll(async () => {
  await server.kill();
  dir[Symbol.dispose]();
});

async function tokenOf(name: string, password: string): Promise<Response> {
  const body = JSON.stringify({ name, password, token: true });
  const headers = { "content-type": "application/json" };
  return await fetch(`${server.url}/api/v1/session`, { method: "POST", headers, body });
}

async function untilInTree(type: string): Promise<void> {
  await expect
    .poll(async () => (await admin.call("audit.events", { query: { type } })).items.length, { timeout: 20_000 })
    .toBeGreaterThan(0);
}

test("what was done is found by who did it, its request and its outcome, and counted", async () => {
  const made = await admin.call("user.create", { body: { name: "eve", roles: ["viewer"], password: PASSWORD } });
  for (let guess = 0; guess < 2; guess += 1) await tokenOf("eve", "wrong wrong wrong wrong");
  await untilInTree("session.refused");
  const [created] = (await admin.call("audit.events", { query: { objectId: made.id, type: "user.created" } })).items;
  expect(created).toMatchObject({ class: "authorization", outcome: "success", actor: { kind: "person" } });
  const byRequest = await admin.call("audit.events", { query: { correlationId: created?.requestId ?? "" } });
  expect(byRequest.items.map(({ id }) => id)).toContain(created?.id);
  const refused = await admin.call("audit.events", { query: { outcome: "refused", eventType: "authentication" } });
  expect(refused.items.length).toBeGreaterThan(0);
  const day = await admin.call("audit.metrics", { query: { timeframe: "day" } });
  expect(day.byType.find(({ name }) => name === "user.created")).toEqual({ name: "user.created", entries: 1 });
  expect(day.byOutcome.map(({ name }) => name)).toEqual(expect.arrayContaining(["success", "refused"]));
});

test("the proof of an entry verifies with a program that shares nothing with this one", async () => {
  await untilInTree("user.created");
  const [entry] = (await admin.call("audit.events", { query: { type: "user.created" } })).items;
  expect(entry).toBeDefined();
  const { vkey } = await admin.call("audit.head", {});
  const file = join(dir.path, "one.tlog-proof");
  await expect
    .poll(async () => await admin.call("audit.proof", { params: { id: entry?.id ?? "aud_" } }).catch(() => ""), {
      timeout: 20_000,
    })
    .toContain("c2sp.org/tlog-proof@v1");
  const text = await admin.call("audit.proof", { params: { id: entry?.id ?? "aud_" } });
  writeFileSync(file, text);
  const { stdout } = await execute(process.execPath, [verifier, "--proof", file, "--key", vkey]);
  const shown = JSON.parse(stdout) as { ok: boolean; index: number; entry: string };
  expect([shown.ok, shown.index, JSON.parse(shown.entry)]).toMatchObject([true, entry?.index, { id: entry?.id }]);
  writeFileSync(
    file,
    text.replace(/index (\d+)/, (_, index: string) => `index ${Number(index) + 1}`),
  );
  await expect(execute(process.execPath, [verifier, "--proof", file, "--key", vkey])).rejects.toMatchObject({
    code: 1,
  });
});

test("questions beyond their limits, cursors of nobody and people without the permission are refused", async () => {
  await makeUser(admin, server.url, { name: "viv", roles: ["viewer"] });
  const given = (await (await tokenOf("viv", PASSWORD)).json()) as { token?: string };
  const { token } = await admin.call("session.login", { body: { name: "alice", password: PASSWORD, token: true } });
  const status = async (query: string, bearer: string | undefined): Promise<number> =>
    (
      await fetch(`${server.url}${EVENTS}?${query}`, {
        headers: bearer === undefined ? {} : { authorization: `Bearer ${bearer}` },
      })
    ).status;
  const wrong = [
    "limit=0",
    "limit=1001",
    "limit=x",
    "after=w:1",
    "after=-1",
    "since=now",
    "text=%00",
    "text=",
    "outcome=maybe",
    "eventType=__proto__",
    "utcOffsetMinutes=9999",
  ];
  for (const query of wrong) expect([query, await status(query, token)]).toEqual([query, 400]);
  for (const query of [
    "limit=1000",
    "text=%27%3B--",
    "text=%F0%9F%98%80",
    "after=0",
    "anomaliesOnly=true&eventType=security_event",
  ])
    expect([query, await status(query, token)]).toEqual([query, 200]);
  expect([await status("", undefined), await status("", "nonsense"), await status("", given.token)]).toEqual([
    401, 401, 403,
  ]);
});
