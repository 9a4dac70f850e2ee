import { mkdir } from "node:fs/promises";
import { createServer } from "node:net";
import path from "node:path";
import { emptyRoot, generateSigningKey, makeCheckpoint, openSigningKey } from "@tyr/ledger";
import type { AuditHead, OutputOf } from "@tyr/contract";
import { describe, expect, test } from "vitest";
import { openApi } from "../api.ts";
import { fakeWorld, temporaryDirectory } from "../testing/fake-world.ts";
import { findingLines } from "./finding.ts";
import { checkDataDirectory, checkIpv6, checkNft, checkNode } from "./machine-checks.ts";
import {
  checkAudit,
  checkClock,
  checkKeys,
  checkMode,
  checkPolicyFolder,
  checkReachable,
  checkSinglePerson,
  checkStatus,
} from "./server-checks.ts";

const now = Date.parse("2026-02-01T12:00:00Z");

describe("the machine", () => {
  test("needs Node 24.12", () => {
    expect(["24.12.0", "24.21.0", "25.0.0", "24.11.9", "20.20.2"].map((version) => checkNode(version).state)).toEqual([
      "ok",
      "ok",
      "ok",
      "problem",
      "problem",
    ]);
  });

  test("is fine with a data directory that is there or can be made, and nothing is written", async () => {
    const directory = await temporaryDirectory();
    await mkdir(path.join(directory, "there"));
    const [there] = await checkDataDirectory(path.join(directory, "there"));
    const [missing] = await checkDataDirectory(path.join(directory, "a", "b"));
    expect([there?.state, missing?.state]).toEqual(["ok", "ok"]);
    expect(missing?.detail).toContain("does not exist yet");
  });

  test("has a problem where a file stands in the way", async () => {
    const [blocked] = await checkDataDirectory("/dev/null/data");
    expect([blocked?.state, blocked?.fix?.includes("TYR_DATA_DIR")]).toEqual(["problem", true]);
  });

  test("is told about a missing nft and about IPv6", async () => {
    const { state } = await checkNft(await fakeWorld({ env: { PATH: "/nonexistent" } }));
    expect(["ok", "warning"]).toContain(state);
    expect(checkIpv6({}).state).toBe("warning");
  });
});

function status(over: Partial<OutputOf<"status.get">> = {}): OutputOf<"status.get"> {
  return {
    version: "1",
    startedAt: "2026-02-01T11:00:00Z",
    now: "2026-02-01T12:00:00Z",
    database: { engine: "pglite", schema: 1, durable: true },
    rules: { loaded: 25, rejected: 0, digest: "d" },
    policy: { digest: "p" },
    pipeline: [{ consumer: "detect", position: "1", head: "1", lag: 0 }],
    correlationLosses: { late: 0, untimed: 0, ungrouped: 0, truncated: 0, evicted: 0, refused: 0, expired: 0 },
    correlationLossesByRule: [],
    imports: [],
    intake: { queuedBytes: 0, queuedBytesMax: 1 },
    memoryBytes: 1,
    ...over,
  };
}

describe("the server", () => {
  test("that keeps its promises has no findings", () => {
    expect(checkStatus(status()).every(({ state }) => state === "ok")).toBe(true);
  });

  test("that lets people approve what they asked for is told so, and one that does not has nothing to hear", () => {
    const view = { on: true, delayMinutes: 30, change: null, endsAt: null };
    expect(checkSinglePerson({ singlePerson: view })).toMatchObject([{ state: "warning", name: "approvals" }]);
    expect(checkSinglePerson({ singlePerson: { ...view, on: false } })).toEqual([]);
    expect(checkSinglePerson({})).toEqual([]);
  });

  test("that tells policies it is no production is told so", () => {
    const views = (["production", "development"] as const).map((environment) =>
      checkMode({ environment, mode: "elevated" }),
    );
    expect(views.map(({ state, detail }) => [state, detail])).toEqual([
      ["ok", "policies are told: production, elevated mode"],
      ["warning", "policies are told: development, elevated mode"],
    ]);
  });

  test("whose folder of policies is not what decides is told so", () => {
    const digest = "3f".repeat(32);
    expect(checkPolicyFolder({ folder: { digest, inForce: true } })).toEqual([]);
    expect(checkPolicyFolder({ folder: { digest, inForce: false } })).toMatchObject([{ state: "warning" }]);
    expect(checkPolicyFolder({ folder: { digest: null, inForce: false } })).toMatchObject([
      { state: "warning", detail: "the folder of policies does not load; what was published stays in force" },
    ]);
  });

  test("that acknowledges what is not on disk, is behind, or rejected rules is told so", () => {
    const findings = checkStatus(
      status({
        database: { engine: "postgres", schema: 1, durable: false },
        pipeline: [{ consumer: "detect", position: "1", head: "20001", lag: 20_000 }],
        rules: { loaded: 24, rejected: 1, digest: "d" },
      }),
    );
    expect(findings.map(({ name, state }) => [name, state])).toEqual([
      ["durability", "problem"],
      ["pipeline", "warning"],
      ["rules", "problem"],
    ]);
  });

  test("that stands by for another one says so, and that is no problem", () => {
    const of = (leads: boolean) => checkStatus(status({ stages: { leads, since: "2026-02-01T11:00:00Z" } }));
    expect(of(true).find(({ name }) => name === "stages")).toMatchObject({ state: "ok", detail: "run here" });
    expect(of(false).find(({ name }) => name === "stages")).toMatchObject({
      state: "ok",
      detail: "stand by: another server on this database runs them",
    });
  });

  test("whose notifications do not arrive is told so, and one that tells nobody has nothing to hear", () => {
    const of = (over: object) => {
      const notifications = { gathered: 0, waiting: 0, givenUp: 0, lastDeliveredAt: null, failure: null, ...over };
      return checkStatus(status({ notifications })).find(({ name }) => name === "notifications");
    };
    expect(checkStatus(status()).some(({ name }) => name === "notifications")).toBe(false);
    expect(of({ waiting: 1 })).toMatchObject({ state: "ok" });
    expect(of({ waiting: 1, failure: "timed_out" })).toMatchObject({ state: "warning" });
    expect(of({ givenUp: 2 })).toMatchObject({ state: "problem", detail: "0 on their way, 2 given up" });
  });

  test("whose sensors or firewalls have keys that ended, or soon will, is told which", () => {
    const day = 86_400_000;
    const holder = (name: string, days: number, active = true) => {
      return { name, active, keyEndsAt: new Date(now + days * day).toISOString() };
    };
    const far = [holder("gate", 300), holder("edge", 15), holder("gone", -3, false)];
    expect(checkKeys(far, now)).toMatchObject({ state: "ok" });
    expect(checkKeys([...far, holder("soon", 13)], now)).toMatchObject({
      state: "warning",
      detail: expect.stringContaining("soon ") as string,
    });
    const ended = checkKeys([holder("soon", 13), holder("ended\u202e", 0)], now);
    expect([ended.state, ended.detail.includes("\u202e")]).toEqual(["problem", false]);
    expect(ended.fix).toContain("tyr enforcer rotate");
  });

  test("may differ from our clock by seconds, not by minutes", () => {
    const at = "2026-02-01T12:00:00Z";
    expect([now, now + 10_000, now - 120_000].map((local) => checkClock(at, local).state)).toEqual([
      "ok",
      "warning",
      "problem",
    ]);
  });

  async function head(over: Partial<AuditHead> = {}): Promise<AuditHead> {
    const origin = "log.example/tyr";
    const { skey, vkey } = await generateSigningKey(origin);
    const signer = await openSigningKey(skey);
    if (!signer.ok) throw new Error(signer.refusal.message);
    const checkpoint = await makeCheckpoint({ origin, size: 0, root: emptyRoot() }, signer.value);
    return { origin, vkey, size: 0, root: "", checkpoint, checkpointAt: "2026-02-01T11:59:59Z", waiting: 0, ...over };
  }

  test("that signs its log is believed only as far as the signature goes", async () => {
    expect((await checkAudit(await head(), now)).state).toBe("ok");
    const { vkey } = await generateSigningKey("log.example/tyr");
    expect((await checkAudit(await head({ vkey }), now)).detail).toContain("does not verify");
    expect((await checkAudit(await head({ vkey: "nonsense" }), now)).state).toBe("problem");
    expect((await checkAudit(await head({ size: -1 }), now)).detail).toContain("its checkpoint speaks of 0");
  });

  test("that stopped signing is told so: nothing for two hours, or entries that wait", async () => {
    expect((await checkAudit(await head({ checkpointAt: "2026-02-01T09:00:00Z" }), now)).state).toBe("problem");
    expect((await checkAudit(await head({ checkpointAt: "2026-02-01T11:58:00Z", waiting: 3 }), now)).state).toBe(
      "problem",
    );
    expect((await checkAudit(await head({ checkpointAt: "2026-02-01T11:58:00Z" }), now)).state).toBe("ok");
  });
});

describe("the port", () => {
  const configuration = (url: string) => ({ url: { value: url, origin: "--url" }, token: undefined, userFile: {} });

  test("that is free on this machine is a warning with the command that starts Tyr", async () => {
    const api = openApi(configuration("http://127.0.0.1:1"), await fakeWorld(), { warn: () => undefined });
    expect(await checkReachable(api, new URL("http://127.0.0.1:1"))).toMatchObject({
      state: "warning",
      fix: "Start it: tyr up",
    });
  });

  test("that something else has is a problem", async () => {
    const server = createServer((socket) => socket.on("error", () => undefined).end("SSH-2.0-OpenSSH_9.2\r\n"));
    const listening = Promise.withResolvers<number>();
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      listening.resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
    const url = `http://127.0.0.1:${await listening.promise}`;
    const api = openApi(configuration(url), await fakeWorld({ fetch }), { warn: () => undefined });
    expect(await checkReachable(api, new URL(url))).toMatchObject({ state: "problem", name: "port" });
    server.close();
  });

  test("that answers something else over HTTP is a problem too", async () => {
    const world = await fakeWorld({ fetch: () => Promise.resolve(Response.json({ hello: "world" })) });
    const api = openApi(configuration("http://127.0.0.1:1"), world, { warn: () => undefined });
    expect((await checkReachable(api, new URL("http://127.0.0.1:1"))).detail).not.toContain("ready");
  });
});

test("each finding stands in its group with its fix on the next line, and a fix only where there is something to fix", () => {
  const lines = findingLines(
    [
      { group: "server", name: "rules", state: "problem", detail: "1 rejected\u001B[2J", fix: "look" },
      { group: "machine", name: "Node", state: "ok", detail: "24", fix: "unused" },
    ],
    (_, text) => text,
  );
  expect(lines).toEqual(["machine", "  ✓ Node: 24", "server", "  ✕ rules: 1 rejected\\x1b[2J", "      fix: look"]);
});
