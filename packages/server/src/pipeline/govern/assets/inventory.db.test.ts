import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AssetCreate } from "@tyr/contract";
import { TEST_ENGINES } from "#platform/testing";
import { knownPrefix } from "../address.ts";
import {
  adam,
  ana,
  codeOf,
  must,
  openResponseWorld,
  request,
  type ResponseWorld,
} from "../../respond/testing/response-world.ts";
import { touchedBy } from "./touched.ts";

describe.each(TEST_ENGINES)("the inventory on %s", (engine) => {
  let world: ResponseWorld;
  beforeAll(async () => void (world = await openResponseWorld(engine)));
  afterAll(async () => await world[Symbol.asyncDispose]());
  const add = async (wanted: AssetCreate) => must(await world.govern.assets.create(wanted, adam));
  const touched = async (target: string) => await touchedBy(world.test.db.read, knownPrefix(target));
  const entries = async () => (await world.test.records()).filter(({ type }) => type.startsWith("asset."));

  test("keeps what is said of an asset, its addresses in one spelling", async () => {
    const asset = await add({
      name: "mail",
      addresses: ["::ffff:20.0.0.1", "2A00:0:0::/32", "20.0.0.1"],
      groups: ["servers", "mail"],
      owner: "Mara",
      criticality: "high",
    });
    expect(asset).toMatchObject({
      addresses: ["20.0.0.1", "2a00::/32"],
      groups: ["mail", "servers"],
      environment: "production",
      updatedBy: adam.actor,
    });
    expect(must(await world.govern.assets.get(asset.id))).toEqual(asset);
    const [entry] = await entries();
    expect(entry).toMatchObject({ type: "asset.added", actor: adam.actor, before: null, after: "listed" });
  });

  test("knows what a target touches in either direction", async () => {
    await add({ name: "office", addresses: ["20.1.0.0/16"], criticality: "low", environment: "staging" });
    await add({ name: "core", addresses: ["20.1.2.3"], criticality: "critical", groups: ["core"] });
    expect(await touched("20.1.2.3")).toEqual({ reach: 2, criticality: 4, production: true, groups: ["core"] });
    expect(await touched("20.1.9.9")).toEqual({ reach: 1, criticality: 1, production: false, groups: [] });
    expect(await touched("20.0.0.0/8")).toMatchObject({ reach: 3, criticality: 4 });
    expect(await touched("2a00:1::/64")).toMatchObject({ reach: 0 });
    expect(await touched("2a00::5")).toMatchObject({ reach: 1, groups: ["mail", "servers"] });
    expect(await touched("::ffff:0:0/95")).toMatchObject({ reach: 3 });
  });

  test("has policy refuse what is never touched, also inside a wider prefix", async () => {
    await add({ name: "heart", addresses: ["20.9.9.9"], groups: ["never-touch"] });
    for (const target of ["20.9.9.9", "20.9.9.0/24", "::ffff:20.9.9.9"]) {
      const body = { type: "block_ip", target, justification: "x" } as const;
      const denied = await world.govern.create(body, ana);
      expect(denied).toMatchObject({
        refusal: { code: "ACTION_DENIED", facts: { reasons: [{ policyId: "never-touch" }] } },
      });
    }
    expect((await request(world, "20.9.9.8")).state).toBe("pending");
  });

  test("changes only what is named, and says before and after", async () => {
    const asset = await add({ name: "old", addresses: ["20.2.0.1"], owner: "Mara", groups: ["a"] });
    const edited = must(await world.govern.assets.edit({ id: asset.id, edit: { owner: null, name: "new" }, by: adam }));
    expect(edited).toMatchObject({ name: "new", owner: null, groups: ["a"], addresses: ["20.2.0.1"] });
    const count = (await entries()).length;
    must(await world.govern.assets.edit({ id: asset.id, edit: { name: "new" }, by: adam }));
    const all = await entries();
    expect(all).toHaveLength(count);
    expect(all.at(-1)).toMatchObject({ type: "asset.changed", object: { id: asset.id } });
    expect(all.at(-1)?.before).toContain('"old"');
    expect(all.at(-1)?.before).not.toContain("Mara");
    must(await world.govern.assets.remove({ id: asset.id, by: adam }));
    expect(codeOf(await world.govern.assets.get(asset.id))).toBe("NOT_FOUND");
    expect(await touched("20.2.0.1")).toMatchObject({ reach: 0 });
  });

  test("takes a list in whole or not at all, by name", async () => {
    const before = (await entries()).length;
    const items = Array.from({ length: 300 }, (_none, n) => ({
      name: `host ${n}`,
      addresses: [`20.3.${n % 250}.${n % 7}`],
    }));
    const wrong = [...items, { name: "x", addresses: ["not one"] }];
    expect(await world.govern.assets.takeIn({ items: wrong, reason: "r" }, adam)).toMatchObject({
      refusal: { code: "TARGET_INVALID", detail: expect.stringContaining("items/300") as string },
    });
    expect(codeOf(await world.govern.assets.takeIn({ items: [...items, ...items], reason: "r" }, adam))).toBe(
      "VALIDATION_FAILED",
    );
    expect(must(await world.govern.assets.takeIn({ items, reason: "r" }, adam))).toEqual({
      added: 300,
      changed: 0,
      unchanged: 0,
    });
    const again = items.map((one, n) => (n === 7 ? { ...one, criticality: "critical" as const } : one));
    expect(must(await world.govern.assets.takeIn({ items: again, reason: "r" }, adam))).toEqual({
      added: 0,
      changed: 1,
      unchanged: 299,
    });
    expect((await entries()).length - before).toBe(2);
  });

  test("has each name once", async () => {
    await add({ name: "twin", addresses: ["20.4.0.1"] });
    expect(codeOf(await world.govern.assets.create({ name: "twin", addresses: ["20.4.0.2"] }, adam))).toBe(
      "ASSET_NAME_TAKEN",
    );
    const other = await add({ name: "other", addresses: ["20.4.0.3"] });
    expect(codeOf(await world.govern.assets.edit({ id: other.id, edit: { name: "twin" }, by: adam }))).toBe(
      "ASSET_NAME_TAKEN",
    );
  });

  test("is read a page at a time, by group and by address", async () => {
    const page = must(await world.govern.assets.list({ before: undefined, limit: 100 }));
    expect([page.rows.length, page.next]).toEqual([100, page.rows[99]?.id]);
    const found = async (filter: object) =>
      must(await world.govern.assets.list({ before: undefined, limit: 10, ...filter })).rows.map(({ name }) => name);
    expect(await found({ group: "never-touch" })).toEqual(["heart"]);
    expect(await found({ address: "20.1.0.0/24" })).toEqual(["office"]);
    expect(codeOf(await world.govern.assets.list({ before: undefined, limit: 10, address: "x" }))).toBe(
      "TARGET_INVALID",
    );
  });
});
