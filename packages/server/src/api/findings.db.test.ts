import { fileURLToPath } from "node:url";
import {
  DetectionPage,
  Incident,
  IncidentPage,
  isId,
  RuleList,
  Timeline,
  TimelineItem,
  type IncidentId,
  type InputOf,
  type Result,
} from "@tyr/contract";
import type { TSchema } from "typebox";
import { Value } from "typebox/value";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createCollect } from "#collect";
import { createDetect, loadRulePack } from "#detect";
import { createEscalate, createIncidentDesk } from "#escalate";
import { createBus } from "#platform/bus";
import { systemClock } from "#platform/clock";
import { silentLogger } from "#platform/log";
import { openTestDatabase, type TestDatabase } from "#platform/testing";
import { detectionHandlers } from "./detections.ts";
import type { Call } from "./handler.ts";
import { incidentHandlers } from "./incidents.ts";

const rules = loadRulePack(fileURLToPath(new URL("../../../../rules", import.meta.url)));
const actor = { kind: "person", id: "usr_1", name: "alice" } as const;
const by = { actor, requestId: null };
const call: Call = {
  caller: { actor, permissions: new Set(), roles: ["analyst"] },
  requestId: "request-1",
  method: "GET",
  address: "127.0.0.1",
  headers: {},
  signal: new AbortController().signal,
  setHeader: () => undefined,
  setStatus: () => undefined,
  afterSent: () => undefined,
};
const none = { params: undefined, query: undefined, body: undefined };
const IP = "203.0.113.7";

/** The value of an answer, which must be what the contract says. */
function answered<T>(schema: TSchema, result: Result<T>): T {
  if (!result.ok) throw new Error(result.refusal.detail);
  const errors = [...Value.Errors(schema, result.value)].map(
    ({ instancePath, message }) => `${instancePath} ${message}`,
  );
  expect(errors).toEqual([]);
  return result.value;
}

describe("what was found, as it is answered", () => {
  let world: TestDatabase;
  let detections: ReturnType<typeof detectionHandlers>;
  let incidents: ReturnType<typeof incidentHandlers>;
  let incidentId: IncidentId;

  beforeAll(async () => {
    world = await openTestDatabase();
    const deps = { database: world.db, clock: systemClock, bus: createBus(systemClock), log: silentLogger };
    const lines = Array.from({ length: 30 }, (_, index) => {
      const ip = index % 3 === 0 ? "203.0.113.8" : IP;
      return `Feb  1 10:00:${String(index).padStart(2, "0")} gate sshd[9]: Failed password for invalid user u${index} from ${ip} port 1 ssh2`;
    });
    const paths = ["/.env", "/.git/config", "/backup.sql", "/a/.env", "/b/.env", "/c/.env"];
    const requests = paths.map(
      (path, index) => `${IP} - - [01/Feb/2026:10:01:0${index} +0000] "GET ${path} HTTP/1.1" 404 9 "-" "-"`,
    );
    const collect = createCollect({ ...deps, intakeBytesMax: 1_000_000 });
    const created = await collect.sensors.create({ name: "gate", kind: "ssh" }, by);
    if (!created.ok) throw new Error(created.refusal.detail);
    const body = Buffer.from([...lines, ...requests].join("\n"));
    await collect.intake({ sensor: created.value.sensor, by, body, year: 2026 });
    const detect = createDetect({ ...deps, rules });
    const escalate = createEscalate(deps);
    const isBehind = async () => (await detect.progress()).lag + (await escalate.progress()).lag > 0;
    while (await isBehind()) await new Promise((resolve) => void setTimeout(resolve, 10));
    await Promise.all([collect.stop(), detect.stop(), escalate.stop()]);
    detections = detectionHandlers({ database: world.db, rules: () => rules });
    incidents = incidentHandlers({ database: world.db, desk: createIncidentDesk(deps), timelineSources: [] });
    const page = answered(IncidentPage, await incidents["incident.list"]({ ...none, query: { ip: IP } }, call));
    if (page.items[0] === undefined) throw new Error("no incident");
    incidentId = page.items[0].id;
  });
  afterAll(async () => await world[Symbol.asyncDispose]());

  const listed = async (query: InputOf<"detection.list">["query"]) =>
    answered(DetectionPage, await detections["detection.list"]({ ...none, query }, call));

  test("detections come newest first, page by page, each with its incident", async () => {
    const all = await listed({});
    expect(all.items.length).toBeGreaterThan(8);
    expect(all.items.every(({ incidentId: id }) => id !== null && isId("incident", id))).toBe(true);
    const ids: string[] = [];
    let after: string | undefined;
    do {
      const page = await listed({ limit: 4, ...(after === undefined ? {} : { after }) });
      ids.push(...page.items.map(({ id }) => id));
      after = page.next ?? undefined;
    } while (after !== undefined);
    expect(ids).toEqual(all.items.map(({ id }) => id));
  });

  test("an incident's detections can be narrowed and paged like all others", async () => {
    const all = await listed({ ip: IP });
    const own = await listed({ incident: incidentId });
    expect(own.items).toEqual(all.items);
    const narrow = await listed({ incident: incidentId, technique: "T1552", limit: 2 });
    const wanted = all.items.filter(({ tags }) => tags.some(({ technique }) => technique === "T1552"));
    expect(narrow.items).toEqual(wanted.slice(0, 2));
    expect((await listed({ incident: incidentId, technique: "T1552", after: narrow.next ?? "" })).items).toEqual(
      wanted.slice(2),
    );
    expect((await listed({ incident: incidentId, ip: "203.0.113.8" })).items).toEqual([]);
  });

  test("a place in a list that is none is refused", async () => {
    const refused = { ok: false, refusal: { code: "VALIDATION_FAILED" } };
    const after = "../etc";
    expect(await detections["detection.list"]({ ...none, query: { after } }, call)).toMatchObject(refused);
    expect(await incidents["incident.list"]({ ...none, query: { after } }, call)).toMatchObject(refused);
    const timeline = { ...none, params: { id: incidentId }, query: { after } };
    expect(await incidents["incident.timeline"](timeline, call)).toMatchObject(refused);
  });

  test("what does not exist is not found", async () => {
    const refused = { ok: false, refusal: { code: "NOT_FOUND" } };
    const id = "inc_00000000-0000-7000-8000-000000000000";
    const params = { id: "det_00000000-0000-5000-8000-000000000000" } as const;
    expect(await detections["detection.get"]({ ...none, params }, call)).toMatchObject(refused);
    expect(await incidents["incident.get"]({ ...none, params: { id } }, call)).toMatchObject(refused);
    expect(await incidents["incident.timeline"]({ ...none, params: { id }, query: {} }, call)).toMatchObject(refused);
    const move = { ...none, params: { id }, body: { to: "closed" } } as const;
    expect(await incidents["incident.move"](move, call)).toMatchObject(refused);
  });

  test("the pack is listed with what each rule found", async () => {
    const { rules: views, packDigest, rejected } = answered(RuleList, await detections["rule.list"](none, call));
    expect([views.length, packDigest, rejected]).toEqual([rules.rules.size, rules.digest, []]);
    const total = views.reduce((sum, view) => sum + view.detections, 0);
    expect(total).toBe((await listed({ limit: 500 })).items.length);
    expect(views.find(({ detections: found }) => found > 0)?.lastDetectionAt).toMatch(/^2026-02-01T10:0/);
  });

  test("an incident shows its listed risk and its legal moves, and moves", async () => {
    const read = async () =>
      answered(Incident, await incidents["incident.get"]({ ...none, params: { id: incidentId } }, call));
    const incident = await read();
    const sum = incident.risk.contributions.reduce((total, { points }) => total + points, 0);
    expect(incident.risk.score).toBe(Math.min(100, sum));
    expect(incident.legalMoves).toEqual(["investigating", "closed"]);
    const params = { id: incidentId };
    const moved = await incidents["incident.move"]({ ...none, params, body: { to: "investigating" } }, call);
    expect(answered(Incident, moved).state).toBe("investigating");
    const noted = await incidents["incident.note"]({ ...none, params, body: { text: "seen before" } }, call);
    expect(answered(TimelineItem, noted)).toMatchObject({ kind: "note", text: "seen before", actor });
    expect(answered(Incident, await incidents["incident.assign"]({ ...none, params }, call)).assignee).toEqual(actor);
    expect(await read()).toMatchObject({ state: "investigating", assignee: actor });
  });

  test("its timeline goes on where the page before ended", async () => {
    const page = async (query: InputOf<"incident.timeline">["query"]) =>
      answered(Timeline, await incidents["incident.timeline"]({ ...none, params: { id: incidentId }, query }, call));
    const all = await page({ limit: 500 });
    const first = await page({ limit: 5 });
    const second = await page({ limit: 5, after: first.next ?? "" });
    expect([...first.items, ...second.items]).toEqual(all.items.slice(0, 10));
  });
});
