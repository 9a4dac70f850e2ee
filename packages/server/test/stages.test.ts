import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import type { Client, Detection, Incident, LiveMessage } from "@tyr/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { builtDirectory } from "./built-directory.ts";
import { rejectionOf } from "./sign-decision.ts";
import { addUser, clientOf, PASSWORD, setUp, settled, startServer, type ServerProcess } from "./server-process.ts";

/** One journey per stage, through the doors people and programs use, against the real program. */
const dir = await builtDirectory();
let server: ServerProcess;
let admin: Client;
let key = "";

const day = new Date(Date.now() - 3_600_000);
const at = (second: number) => new Date(day.getTime() + second * 1_000).toISOString().replace("Z", "+00:00");
const failed = (second: number, ip: string, user = "root") =>
  `${at(second)} gate sshd[411]: Failed password for ${user} from ${ip} port 4${String(second).padStart(4, "0")} ssh2`;
const accepted = (second: number, ip: string) =>
  `${at(second)} gate sshd[411]: Accepted password for root from ${ip} port 50222 ssh2`;

async function post(body: string | Uint8Array, headers: Record<string, string> = {}): Promise<Response> {
  return await fetch(`${server.url}/api/v1/events`, {
    method: "POST",
    headers: { "x-tyr-key": key, "content-type": "text/plain", ...headers },
    body: body as NonNullable<RequestInit["body"]>,
  });
}

async function detectionsOf(ip: string): Promise<Detection[]> {
  await settled(admin);
  return (await admin.call("detection.list", { query: { ip, limit: 100 } })).items;
}

async function incidentOf(ip: string): Promise<Incident> {
  await settled(admin);
  const { items } = await admin.call("incident.list", { query: { ip } });
  if (items[0] === undefined) throw new Error(`no incident for ${ip}`);
  return items[0];
}

beforeAll(async () => {
  server = await startServer({ dataDir: dir.path, args: ["--no-sample"] });
  admin = await setUp(server);
  const made = await admin.call("sensor.create", {
    body: { name: "gate", kind: "ssh", location: "rack 4", metadata: { owner: "ops" } },
  });
  key = made.key;
});
afterAll(async () => {
  await server.kill();
  dir[Symbol.dispose]();
});

describe("collect", () => {
  test("one event, an array, NDJSON, plain lines and gzip are all taken, and counted", async () => {
    const json = { "content-type": "application/json" };
    const event = (n: number) => ({ timestamp: at(n), src_ip: "203.0.114.9", event_type: "connection", n });
    expect(await (await post(JSON.stringify(event(1)), json)).json()).toMatchObject({ received: 1, stored: 1 });
    expect(await (await post(JSON.stringify([event(2), event(3)]), json)).json()).toMatchObject({
      received: 2,
      stored: 2,
    });
    expect(
      await (
        await post(`${JSON.stringify(event(4))}\n${JSON.stringify(event(5))}\n`, {
          "content-type": "application/x-ndjson",
        })
      ).json(),
    ).toMatchObject({ received: 2, stored: 2 });
    expect(await (await post(gzipSync(failed(6, "203.0.114.9")), { "content-encoding": "gzip" })).json()).toMatchObject(
      { received: 1, stored: 1 },
    );
    expect(
      await (await post(JSON.stringify(event(7)), { ...json, "x-honeypot-key": key, "x-tyr-key": "" })).json(),
    ).toMatchObject({ stored: 1 });
    const [sensor] = (await admin.call("sensor.list", {})).items;
    expect(sensor).toMatchObject({
      name: "gate",
      location: "rack 4",
      counters: { received: 7, stored: 7, duplicate: 0, rejected: 0 },
    });
    expect(sensor?.lastSeenAt).not.toBeNull();
  });

  test("sending again under the same key writes nothing twice; other content under it is refused", async () => {
    const batch = [failed(10, "203.0.114.10"), failed(11, "203.0.114.10")].join("\n");
    const first = await (await post(batch, { "idempotency-key": "batch-1" })).json();
    expect(await (await post(batch, { "idempotency-key": "batch-1" })).json()).toEqual({
      ...(first as object),
      replayed: true,
    });
    const other = await post(`${batch} `, { "idempotency-key": "batch-1" });
    expect([other.status, ((await other.json()) as { code: string }).code]).toEqual([409, "IDEMPOTENCY_KEY_REUSED"]);
    expect((await admin.call("event.list", { query: { ip: "203.0.114.10" } })).items).toHaveLength(2);
  });

  test("what cannot be understood is kept aside with its reason, and nothing around it is lost", async () => {
    const receipt = await (
      await post(`${failed(20, "203.0.114.20")}\n{"broken": \n${failed(21, "203.0.114.20")}`)
    ).json();
    expect(receipt).toMatchObject({ received: 3, stored: 2, rejected: 1 });
    const { items } = await admin.call("quarantine.list", { query: {} });
    expect(items[0]).toMatchObject({ raw: '{"broken": ' });
    expect(items[0]?.reason.length).toBeGreaterThan(5);
  });

  test("a rotated key stops at once, a deactivated sensor takes nothing", async () => {
    const { sensor, key: old } = await admin.call("sensor.create", { body: { name: "short-lived", kind: "web" } });
    const { key: fresh } = await admin.call("sensor.rotate", { params: { id: sensor.id } });
    const status = async (with_: string) => (await post(failed(30, "203.0.114.30"), { "x-tyr-key": with_ })).status;
    expect([await status(old), await status(fresh)]).toEqual([401, 200]);
    await admin.call("sensor.deactivate", { params: { id: sensor.id } });
    expect(await status(fresh)).toBe(401);
    expect(JSON.stringify(await admin.call("sensor.list", {}))).not.toContain(fresh);
  });
});

describe("detect", () => {
  test("guessing, then a login, is seen as brute force and as its success, with tags", async () => {
    const ip = "203.0.114.40";
    await post([...Array.from({ length: 30 }, (_, n) => failed(40 + n, ip)), accepted(75, ip)].join("\n"));
    const found = await detectionsOf(ip);
    const techniques = new Set(found.flatMap((one) => one.tags.map((tag) => tag.technique)));
    expect([...techniques]).toEqual(expect.arrayContaining(["T1110", "T1078"]));
    expect(found.some((one) => one.correlation && one.eventCount > 5)).toBe(true);
    for (const one of found) expect(one.eventIds.length).toBeGreaterThan(0);
  });

  test("many names from one address are password spraying; a colleague's typo is nothing", async () => {
    await post(
      Array.from({ length: 40 }, (_, n) => failed(100 + n, "203.0.114.41", `invalid user user${n}`)).join("\n"),
    );
    await post(
      [
        failed(150, "203.0.114.42", "bob"),
        `${at(155)} gate sshd[9]: Accepted publickey for bob from 203.0.114.42 port 1022 ssh2: RSA SHA256:abc`,
      ].join("\n"),
    );
    const spraying = await detectionsOf("203.0.114.41");
    expect(spraying.flatMap((one) => one.tags.map((tag) => tag.subTechnique))).toContain("T1110.003");
    expect(
      (await detectionsOf("203.0.114.42")).filter((one) => one.severity === "high" || one.severity === "critical"),
    ).toEqual([]);
  });

  test("every rule of the pack loads, and says what it found", async () => {
    const { rules, rejected } = await admin.call("rule.list", {});
    expect(rejected).toEqual([]);
    expect(rules.length).toBeGreaterThanOrEqual(25);
    expect(rules.some((rule) => rule.detections > 0)).toBe(true);
  });
});

describe("escalate", () => {
  test("an attacker's detections are one incident whose risk is the sum of listed contributions", async () => {
    const incident = await incidentOf("203.0.114.40");
    expect(incident.key).toContain("203.0.114.40");
    expect(incident.risk.score).toBe(
      Math.min(
        100,
        incident.risk.contributions.reduce((sum, one) => sum + one.points, 0),
      ),
    );
    expect(incident.state).toBe("new");
  });

  test("an incident moves only as its table says, with notes and moves in its timeline", async () => {
    const { id } = await incidentOf("203.0.114.40");
    await expect(admin.call("incident.move", { params: { id }, body: { to: "new" } })).rejects.toMatchObject({
      problem: { code: "INCIDENT_TRANSITION_REFUSED", legal: expect.any(Array) },
    });
    await admin.call("incident.move", { params: { id }, body: { to: "investigating" } });
    await admin.call("incident.note", { params: { id }, body: { text: "<img src=x onerror=alert(1)> seen before" } });
    expect((await admin.call("incident.assign", { params: { id } })).assignee).toMatchObject({ name: "alice" });
    const { items } = await admin.call("incident.timeline", { params: { id }, query: { limit: 500 } });
    expect(new Set(items.map((one) => one.kind))).toEqual(
      expect.objectContaining(new Set(["detection", "note", "move"])),
    );
    expect(items.map((one) => one.at)).toEqual(items.map((one) => one.at).toSorted());
  });
});

describe("govern and respond", () => {
  test("a proposal for a risky attacker waits; a person rejects it and it never runs", async () => {
    await incidentOf("203.0.114.40");
    const { items } = await admin.call("action.list", { query: { target: "203.0.114.40" } });
    const action = items[0];
    expect(action).toMatchObject({ state: "pending", requester: { kind: "automation" } });
    if (action === undefined) throw new Error("nothing waits");
    const unsigned = admin.call("action.reject", { params: { id: action.id }, body: { reason: "our own scanner" } });
    await expect(unsigned).rejects.toMatchObject({ problem: { code: "SIGNATURE_REQUIRED" } });
    const body = await rejectionOf(admin, action, "our own scanner");
    const rejected = await admin.call("action.reject", { params: { id: action.id }, body });
    expect(rejected.state).toBe("rejected");
    await expect(
      admin.call("action.cancel", { params: { id: rejected.id }, body: { reason: "late" } }),
    ).rejects.toMatchObject({ problem: { code: "ACTION_TRANSITION_REFUSED" } });
  });

  test.each(["127.0.0.1", "0.0.0.0", "224.0.0.5", "::1", "ff02::1", "::ffff:127.0.0.1", "169.254.1.1", "0.0.0.0/0"])(
    "%s is never blocked",
    async (target) => {
      const asked = admin.call("action.create", { body: { type: "block_ip", target, justification: "hostile" } });
      await expect(asked).rejects.toMatchObject({ problem: { code: "ACTION_DENIED" } });
    },
  );

  test.each([
    "203.0.114.07",
    "203.0.114.7; flush ruleset",
    "fe80::1%eth0",
    "203.0.114.0/255.255.255.0",
    "example.org",
    "",
  ])("%j is no target", async (target) => {
    const asked = admin.call("action.create", { body: { type: "block_ip", target, justification: "hostile" } });
    await expect(asked).rejects.toMatchObject({
      status: expect.toSatisfy((status: number) => status === 422 || status === 400),
    });
  });

  test("the allow-list wins: what it holds cannot be blocked, also inside a wider prefix", async () => {
    const carol = await addUser(admin, server.url, { name: "carol", roles: ["security_manager"] });
    await carol.call("allow.add", { body: { value: "203.0.114.60", reason: "a partner" } });
    for (const target of ["203.0.114.60", "203.0.114.0/26"]) {
      const asked = carol.call("action.create", { body: { type: "block_ip", target, justification: "hostile" } });
      await expect(asked).rejects.toMatchObject({ problem: { code: "ACTION_DENIED" } });
    }
  });
});

describe("identity", () => {
  test("a viewer sees and changes nothing; a disabled user is out within one request", async () => {
    const vik = await addUser(admin, server.url, { name: "vik", roles: ["viewer"] });
    expect((await vik.call("overview.get", {})).incidents.open).toBeGreaterThan(0);
    await expect(vik.call("sensor.create", { body: { name: "mine", kind: "web" } })).rejects.toMatchObject({
      problem: { code: "NOT_PERMITTED", permission: "sensor:write" },
    });
    const { items } = await admin.call("user.list", {});
    const id = items.find((user) => user.name === "vik")?.id ?? "usr_";
    await admin.call("user.change", { params: { id }, body: { active: false } });
    await expect(vik.call("overview.get", {})).rejects.toMatchObject({ status: 401 });
    await expect(
      clientOf(server.url).call("session.login", { body: { name: "vik", password: PASSWORD } }),
    ).rejects.toMatchObject({ problem: { code: "LOGIN_FAILED" } });
  });

  test("a state change from another site is refused, whatever cookie it carries", async () => {
    const login = await fetch(`${server.url}/api/v1/session`, {
      method: "POST",
      headers: { "content-type": "application/json", "sec-fetch-site": "same-origin" },
      body: JSON.stringify({ name: "alice", password: PASSWORD }),
    });
    const cookie = login.headers.get("set-cookie")?.split(";")[0] ?? "";
    expect(login.headers.get("set-cookie")).toMatch(/HttpOnly/i);
    const attack = await fetch(`${server.url}/api/v1/sensors`, {
      method: "POST",
      headers: { "content-type": "application/json", cookie, "sec-fetch-site": "cross-site" },
      body: JSON.stringify({ name: "evil", kind: "web" }),
    });
    expect(((await attack.json()) as { code: string }).code).toBe("CROSS_SITE_REQUEST");
  });
});

describe("live", () => {
  test("a client that comes back gets what it missed, in order", async () => {
    const { token = "" } = await clientOf(server.url).call("session.login", {
      body: { name: "alice", password: PASSWORD, token: true },
    });
    const listen = (query: string) => {
      const messages: LiveMessage[] = [];
      const socket = new WebSocket(`${server.url.replace("http", "ws")}/api/v1/live${query}`, {
        headers: { authorization: `Bearer ${token}` },
      });
      socket.on("message", (data: Buffer) => void messages.push(JSON.parse(data.toString()) as LiveMessage));
      return { messages, socket };
    };
    const first = listen("");
    await expect.poll(() => first.messages[0]).toMatchObject({ type: "hello" });
    const hello = first.messages[0];
    if (hello?.type !== "hello") throw new Error("no hello");
    first.socket.close();
    await post(failed(300, "203.0.114.90"));
    await sleep(200);
    const second = listen(`?boot=${hello.boot}&after=${hello.seq}`);
    await expect
      .poll(() => second.messages.some((message) => message.type === "message" && message.topic === "event.stored"))
      .toBe(true);
    const seqs = second.messages.flatMap((message) => (message.type === "message" ? [message.seq] : []));
    expect(seqs[0]).toBe(hello.seq + 1);
    expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
    second.socket.close();
    const lost = listen("?boot=other&after=3");
    await expect.poll(() => lost.messages.some((message) => message.type === "reset")).toBe(true);
    lost.socket.close();
  });
});

test("the contract describes itself", async () => {
  const document = (await (await fetch(`${server.url}/openapi.json`)).json()) as { openapi: string; paths: object };
  expect(document.openapi).toBe("3.1.0");
  expect(Object.keys(document.paths).length).toBeGreaterThan(40);
});
