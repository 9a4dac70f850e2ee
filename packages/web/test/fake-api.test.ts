import { ROLE_NAMES, routes, ROUTE_IDS, type RouteDefinition } from "@tyr/contract";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startFakeApi, type FakeApi } from "./fake-api.ts";
import { answers } from "./fake/answers.ts";
import { makeEmptyWorld, makeWorld } from "./fake/world.ts";

let apis: readonly FakeApi[];
beforeAll(async () => {
  const now = Date.now();
  // No one role may ask everything: who may hold is not who may erase.
  const all = [makeWorld(now), makeEmptyWorld(now)].map((world) => ({
    ...world,
    users: world.users.map((user) => ({ ...user, roles: [...ROLE_NAMES] })),
  }));
  apis = await Promise.all(all.map(startFakeApi));
});
afterAll(async () => {
  for (const api of apis) await api.close();
});

async function cookieOf(url: string): Promise<string> {
  const body = JSON.stringify({ name: "astrid", password: "a long enough pass phrase" });
  const answer = await fetch(`${url}/api/v1/session`, { method: "POST", body });
  return answer.headers.get("set-cookie")?.split(";")[0] ?? "";
}

/** Every address of a question that the stand-in's world has an answer to. */
function questions({ world }: FakeApi): string[] {
  const firsts: Readonly<Record<string, string | undefined>> = {
    event: world.events[0]?.id,
    detection: world.detections[0]?.id,
    incident: world.incidents[0]?.id,
    action: world.actions[0]?.id,
    block: world.blocks[0]?.id,
  };
  return ROUTE_IDS.flatMap((id): string[] => {
    const route: RouteDefinition = routes[id];
    if (route.method !== "GET" || answers[id] === undefined) return [];
    if (id === "policy.version") return [route.path.replace(":digest", world.policies.versions[0]?.digest ?? "")];
    if (id === "privacy.preview") return [`${route.path}?subject=${world.users[0]?.id ?? ""}`];
    if (!route.path.includes(":id")) return [route.path];
    const first = firsts[id.slice(0, id.indexOf("."))];
    return first === undefined ? [] : [route.path.replace(":id", first)];
  });
}

test("whatever the stand-in answers is what the contract says, with a world and without one", async () => {
  for (const api of apis) {
    const cookie = await cookieOf(api.url);
    const asked = questions(api);
    expect(asked.length).toBeGreaterThan(15);
    for (const path of asked) {
      const answer = await fetch(api.url + path, { headers: { cookie } });
      expect([path, answer.status]).toEqual([path, 200]);
    }
    expect(api.faults).toEqual([]);
  }
});

test("an answer or a body that the contract does not have is noticed", async () => {
  const [api] = apis;
  if (api === undefined) throw new Error("there is no stand-in");
  const headers = { cookie: await cookieOf(api.url) };
  const [sensor] = api.world.sensors;
  if (sensor === undefined) throw new Error("the stand-in has no sensor");
  api.world.sensors = [{ ...sensor, createdAt: "yesterday" }];
  await fetch(`${api.url}/api/v1/sensors`, { headers });
  await fetch(`${api.url}/api/v1/mode`, {
    method: "PUT",
    headers,
    body: JSON.stringify({ mode: "calm", reason: "x" }),
  });
  const found = api.faults.splice(0);
  for (const fault of [
    /^sensor\.list response\/items\/0\/createdAt /,
    /^mode\.set body\/mode /,
    /^mode\.set response\/mode /,
    /^live mode\.changed: /,
  ])
    expect(found).toContainEqual(expect.stringMatching(fault));
});
