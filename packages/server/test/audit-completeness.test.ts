import { readFileSync } from "node:fs";
import {
  fieldClassOf,
  routes,
  urlOf,
  type AuditEntry,
  type Client,
  type RouteDefinition,
  type RouteId,
} from "@tyr/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { deeds, ELSEWHERE, NO_CHANGE } from "./audit-deeds.ts";
import { fromElsewhere, openWorld, type Deed, type State, type World } from "./audit-world.ts";

/**
 * Every state-changing route of the contract, performed once against the started program: exactly one entry, with
 * actor, origin, object, before, after and outcome. A new route without a deed fails here by its name.
 */
let opened: World | undefined;
let world: World;
beforeAll(async () => {
  world = opened = await openWorld();
});
afterAll(async () => await opened?.[Symbol.asyncDispose]());

type AnyDeed = Omit<Deed<"user.create">, "input" | "object" | "actor"> &
  Readonly<{
    input: Parameters<typeof urlOf>[1];
    object: { kind: string; id: string | ((answer: unknown) => string) };
    actor?: { kind: string; id: string | ((answer: unknown) => string) };
  }>;
const table = deeds as Readonly<Partial<Record<RouteId, (world: World) => Promise<AnyDeed>>>>;

const isReading = ({ method }: RouteDefinition): boolean => method === "GET" || method === "HEAD";
const changing = (Object.keys(routes) as RouteId[]).filter(
  (id) =>
    (!isReading(routes[id]) || table[id] !== undefined) && NO_CHANGE[id] === undefined && ELSEWHERE[id] === undefined,
);

type Sent = Readonly<{ requestId: string; from: Readonly<Record<string, string>> }>;

async function perform(id: RouteId, deed: AnyDeed, { requestId, from }: Sent): Promise<unknown> {
  const route: RouteDefinition = routes[id];
  const { body } = deed.input;
  const isJson = body !== undefined && route.body !== "raw";
  const response = await fetch(`${world.server.url}${urlOf(route, deed.input)}`, {
    method: route.method,
    headers: {
      ...deed.by.headers,
      ...deed.headers,
      ...(isJson ? { "content-type": "application/json" } : {}),
      ...from,
      "x-request-id": requestId,
    },
    ...(body === undefined ? {} : { body: isJson ? JSON.stringify(body) : (body as Uint8Array<ArrayBuffer>) }),
  });
  const text = await response.text();
  expect([response.status, text.slice(0, 500)]).toEqual([route.status ?? 200, expect.anything()]);
  return text === "" ? undefined : JSON.parse(text);
}

async function entriesOf(client: Client): Promise<readonly AuditEntry[]> {
  const entries: AuditEntry[] = [];
  for (let after: string | undefined; ;) {
    const page = await client.call("audit.list", { query: { limit: 500, ...(after === undefined ? {} : { after }) } });
    entries.push(...page.items);
    if (page.next === null) return entries;
    after = page.next;
  }
}

/** The part of the entry that is to be compared, and what it must be. */
const something: unknown = expect.stringMatching(/./);
function told(id: string | ((answer: unknown) => string), answer: unknown): unknown {
  const wanted = typeof id === "string" ? id : id(answer);
  return wanted === "*" ? something : wanted;
}
const state = (wanted: State): unknown => (wanted !== null && typeof wanted === "object" ? something : wanted);

/** By what it was asked for, as the headers show it, and from which address; a batch of requests names no address. */
function originOf({ headers, by, batched }: AnyDeed, from: Readonly<Record<string, string>>): unknown {
  const sent = { ...by.headers, ...headers };
  const client =
    sent["x-tyr-key"] !== undefined
      ? "sensor"
      : sent["authorization"] === undefined && sent["cookie"] !== undefined
        ? "browser"
        : (sent["authorization"] ?? "").startsWith("Bearer tyr_key_")
          ? "api_key"
          : "program";
  return { client, address: batched === undefined ? from["x-forwarded-for"] : null };
}

describe("the log after one use of each route", () => {
  test.each(changing)(
    "%s leaves exactly one entry that says who did what to what, from where, and what came of it",
    async (id) => {
      const make = table[id];
      if (make === undefined) throw new Error(`${id} changes state: say in audit-deeds.ts how, and what it logs`);
      const deed = await make(world);
      const requestId = `complete.${id}`;
      const from = fromElsewhere();
      const answer = await perform(id, deed, { requestId, from });
      const all = await entriesOf((await world.admin()).client);
      const { batched } = deed;
      const mine = all.filter((one) =>
        batched === undefined ? one.requestId === requestId : one.type === deed.did && batched(one.details),
      );
      expect(mine.map((one) => one.type).toSorted()).toEqual([deed.did, ...(deed.besides ?? [])].toSorted());
      const entry = mine.find((one) => one.type === deed.did);
      const actor = deed.actor ?? deed.by.actor;
      expect(entry).toMatchObject({
        actor: { kind: actor.kind, id: told(actor.id, answer) },
        object: { kind: deed.object.kind, id: told(deed.object.id, answer) },
        before: state(deed.before),
        after: state(deed.after),
        outcome: "success",
        requestId: batched === undefined ? requestId : null,
        origin: originOf(deed, from),
      });
    },
  );

  test.each(Object.entries(ELSEWHERE))("%s is performed where it can be: in %s", (_id, [file, name]) => {
    expect(readFileSync(new URL(`../../../${file}`, import.meta.url), "utf8")).toContain(name);
  });

  test("no entry has a field that nobody declared: what is sealed is what was declared personal", async () => {
    const entries = await entriesOf((await world.admin()).client);
    const sealed = entries.flatMap(({ type, personal = [] }) => personal.map(({ field }) => ({ type, field })));
    expect(sealed.filter(({ type, field }) => fieldClassOf(type, field) !== "personal")).toEqual([]);
    expect(sealed.length).toBeGreaterThan(10);
  });

  test("every entry has its place in a log that verifies, and no request left two entries of one kind for one object", async () => {
    const { client } = await world.admin();
    for (let head = await client.call("audit.head", {}); head.waiting > 0;) head = await client.call("audit.head", {});
    expect(await client.call("audit.verify", {})).toMatchObject({ ok: true, problems: [] });
    const entries = await entriesOf(client);
    const seen = entries.flatMap(({ requestId, type, object }) =>
      requestId === null ? [] : [`${requestId} ${type} ${object.id}`],
    );
    expect(seen.filter((one, at) => seen.indexOf(one) !== at)).toEqual([]);
  });
});
