import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { InputOf } from "@tyr/contract";
import { systemClock } from "#platform/clock";
import { silentLogger } from "#platform/log";
import { openTestDatabase, TEST_ENGINES, type TestDatabase } from "#platform/testing";
import { builtInAttack, openAttack, type RulePack } from "#detect";
import { bundle, releaseWithout } from "../pipeline/detect/attack/testing/invented-bundle.ts";
import { slimBundle } from "../pipeline/detect/attack/slim-bundle.ts";
import { buildRulePack } from "../pipeline/detect/rule-pack.ts";
import { attackHandlers } from "./attack.ts";
import type { Call } from "./handler.ts";

const rule = (id: number, tags: string) => `title: Rule ${id}
id: 00000000-0000-4000-8000-00000000000${id}
logsource: { category: command }
tags: [${tags}]
detection: { selection: { a: b }, condition: selection }
`;
const FILES = [
  { path: "1.yml", text: rule(1, "attack.defense-evasion, attack.t1562") },
  { path: "2.yml", text: rule(2, "attack.credential-access, attack.t1110") },
  { path: "3.yml", text: rule(3, "attack.discovery, attack.t1082") },
];

describe.each(TEST_ENGINES)("loading an ATT&CK release, on %s", (engine) => {
  let database: TestDatabase;
  beforeAll(async () => void (database = await openTestDatabase(engine)));
  afterAll(async () => await database[Symbol.asyncDispose]());

  async function start() {
    const attack = await openAttack({ database: database.db, clock: systemClock, log: silentLogger });
    let pack: RulePack = buildRulePack(FILES, { attack: attack.catalogue() });
    const rebuildRules = async () =>
      await Promise.resolve(void (pack = buildRulePack(FILES, { attack: attack.catalogue() })));
    const tryAttack = (catalogue: RulePack["attack"]): RulePack => buildRulePack(FILES, { attack: catalogue });
    const handlers = attackHandlers({ attack, rules: () => pack, tryAttack, rebuildRules });
    const actor = { kind: "person", id: "usr_1", name: "Ada" } as const;
    const call = { caller: { actor }, requestId: "r1" } as unknown as Call;
    const none = { params: undefined, query: undefined, body: undefined } as const;
    return {
      pack: () => pack,
      attack,
      get: async () => await handlers["attack.get"](none, call),
      load: async (body: Uint8Array, query: InputOf<"attack.load">["query"] = {}) =>
        await handlers["attack.load"]({ params: undefined, query, body }, call),
      unload: async (domain: string, query: InputOf<"attack.unload">["query"] = {}) =>
        await handlers["attack.unload"]({ params: { domain }, query, body: undefined }, call),
    };
  }

  test("before anybody loads one, those that come with Tyr are in force", async () => {
    const { get, attack } = await start();
    expect(attack.catalogue()).toBe(builtInAttack());
    expect(await get()).toMatchObject({
      value: {
        items: [
          { domain: "enterprise-attack", origin: "built-in", sha256: null, tactics: 14 },
          { domain: "ics-attack", tactics: 12 },
        ],
        notices: [],
        rejected: 0,
      },
    });
  });

  test("what is no bundle is refused, leaves no entry and changes nothing", async () => {
    const { load, attack } = await start();
    expect(await load(Buffer.from("{}"))).toMatchObject({
      ok: false,
      refusal: { code: "VALIDATION_FAILED", detail: expect.stringContaining("no STIX bundle") },
    });
    expect(await load(bundle(releaseWithout("x-mitre-collection")))).toMatchObject({ ok: false });
    expect(attack.catalogue()).toBe(builtInAttack());
    expect((await database.records()).filter(({ type }) => type === "attack.loaded")).toEqual([]);
  });

  test("a well-formed release under which rules in force would be left out is shown, refused, and changes nothing", async () => {
    const { load, attack, pack } = await start();
    const effect = {
      techniques: { added: 1, revoked: expect.any(Number), gone: expect.any(Number), renamed: expect.any(Number) },
      refused: 1,
      refusedRules: [{ title: "Rule 3", message: expect.stringContaining("T1082") }],
    };
    expect(await load(bundle(), { preview: true })).toMatchObject({
      value: { done: false, before: "18.1", bundle: { release: "19.1" }, effect, notices: 2, rejected: 1 },
    });
    expect(await load(bundle())).toMatchObject({
      refusal: {
        code: "ATTACK_REFUSES_RULES",
        facts: { refused: 1, rules: [expect.stringContaining("Rule 3: ")] },
      },
    });
    expect([attack.catalogue(), pack().rules.size]).toEqual([builtInAttack(), 3]);
    expect((await database.records()).filter(({ type }) => type === "attack.loaded")).toEqual([]);
  });

  test("rules move with it at once: revoked techniques are replaced, what it does not have is left out", async () => {
    const [{ load, pack, get }, other] = [await start(), await start()];
    const before = pack().digest;
    expect(await other.attack.look()).toBe(false);
    expect(await load(gzipSync(bundle()), { acceptRefused: 1 })).toMatchObject({
      value: {
        done: true,
        before: "18.1",
        effect: { refused: 1 },
        notices: 2,
        rejected: 1,
        bundle: { release: "19.1", origin: "loaded", loadedBy: "usr_1" },
      },
    });
    expect(pack().digest).not.toBe(before);
    const [moved] = pack().rules.values();
    expect(moved?.techniques).toMatchObject([{ technique: "T1685", tactic: "defense-impairment", release: "19.1" }]);
    expect(await get()).toMatchObject({
      value: { notices: [{ title: "Rule 1", message: expect.stringContaining("T1685") }, {}], rejected: 1 },
    });
    const [entry] = (await database.records()).filter(({ type }) => type === "attack.loaded");
    expect(entry).toMatchObject({
      actor: { id: "usr_1" },
      object: { kind: "attack-release", id: "enterprise-attack" },
      before: "18.1",
      after: "19.1",
      details: { techniques: 5, tactics: 3, refusedRules: 1 },
    });
  });

  test("another server takes it over when it looks, once", async () => {
    const [{ load }, other] = [await start(), await start()];
    const slim = await slimBundle(bundle());
    expect(slim.ok && (await load(slim.bytes))).toMatchObject({ ok: true });
    expect([await other.attack.look(), await other.attack.look()]).toEqual([true, false]);
    const sha256 = (): string | undefined => other.attack.inForce()[0]?.loaded?.sha256;
    const before = sha256();
    expect(await load(gzipSync(bundle()))).toMatchObject({ ok: true });
    expect(await other.attack.look()).toBe(true);
    expect([before, sha256()]).toEqual([expect.any(String), expect.not.stringContaining(before ?? "")]);
  });

  test("it is in force after a restart, with its tactics in the order of its matrix and its old names known", async () => {
    const { attack, pack } = await start();
    const [enterprise] = attack.catalogue();
    expect(enterprise?.release).toBe("19.1");
    expect(Object.keys(enterprise?.tactics ?? {})).toEqual(["stealth", "defense-impairment", "credential-access"]);
    expect(enterprise?.formerTactics).toEqual({ "defense-evasion": "stealth" });
    expect(pack().rules.size).toBe(2);
  });

  test("a slim bundle is the same release", async () => {
    const slim = await slimBundle(bundle());
    const { load } = await start();
    expect(slim.ok && (await load(slim.bytes))).toMatchObject({
      value: { before: "19.1", bundle: { release: "19.1", techniques: 4, subTechniques: 1, revoked: 4, groups: 1 } },
    });
    expect(await slimBundle(Buffer.from("nothing"))).toMatchObject({ ok: false });
  });

  test("what came with Tyr is in force again once it is unloaded, here and on another server, with its rules", async () => {
    const [{ load, unload, attack, pack }, other] = [await start(), await start()];
    expect(pack().rules.size).toBe(2);
    expect(await unload("enterprise-attack", { preview: true })).toMatchObject({
      value: { done: false, before: "19.1", bundle: { release: "18.1", origin: "built-in" }, effect: { refused: 0 } },
    });
    expect(attack.inForce()[0]?.attack.release).toBe("19.1");
    expect(await unload("enterprise-attack")).toMatchObject({
      value: { done: true, before: "19.1", bundle: { release: "18.1", origin: "built-in" }, rejected: 0 },
    });
    expect([attack.catalogue(), pack().rules.size]).toEqual([builtInAttack(), 3]);
    expect([await other.attack.look(), await other.attack.look()]).toEqual([true, false]);
    expect(other.attack.catalogue()).toBe(builtInAttack());
    const entries = (await database.records()).filter(({ type }) => type === "attack.unloaded");
    expect(entries).toMatchObject([
      { actor: { id: "usr_1" }, object: { id: "enterprise-attack" }, before: "19.1", after: "18.1" },
    ]);
    expect(await unload("enterprise-attack")).toMatchObject({ refusal: { code: "NOT_FOUND" } });
    expect(await load(bundle())).toMatchObject({ refusal: { code: "ATTACK_REFUSES_RULES" } });
  });
});
