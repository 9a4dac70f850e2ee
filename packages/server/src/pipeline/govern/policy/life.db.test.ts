import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Action } from "@tyr/contract";
import { createBus } from "#platform/bus";
import { silentLogger } from "#platform/log";
import {
  adam,
  ana,
  approve,
  ben,
  cleo,
  codeOf,
  must,
  openResponseWorld,
  type Actor,
  type ResponseWorld,
} from "../../respond/testing/response-world.ts";
import { openTestSeal } from "../../respond/testing/test-seal.ts";
import { createGovern } from "../create-govern.ts";
import { filesOf, loadBundle, readBundleSource, type BundleSource } from "./bundle.ts";
import type { BundleSeal } from "./stored-bundles.ts";

const SHIPPED = fileURLToPath(new URL("../../../../../../policies", import.meta.url));
const shipped = readBundleSource(SHIPPED);

const FORBID = `@id("never-quad-nine")
@reason("A resolver many people use.")
forbid (
  principal,
  action,
  resource == Target::"9.9.9.9"
);
`;
const EXAMPLE = `- name: the resolver stays reachable
  target: 9.9.9.9
  approvals: 9
  expect: deny
  by: [never-quad-nine]
`;
const stricter: BundleSource = {
  ...shipped,
  policies: { ...shipped.policies, "ours.cedar": FORBID },
  tests: { ...shipped.tests, "ours.yml": EXAMPLE },
};

const dan: Actor = {
  id: "usr_00000000-0000-7000-8000-000000000077",
  actor: { kind: "person", id: "usr_00000000-0000-7000-8000-000000000077", name: "Dan" },
  roles: ["security_manager"],
  requestId: null,
};

describe("the life of policies", () => {
  let world: ResponseWorld;
  let seal: BundleSeal;
  beforeAll(async () => {
    seal = await openTestSeal();
    world = await openResponseWorld("pglite", { seal, ownNetworks: [] });
    world.situation.people.push({ id: dan.id, roles: dan.roles });
  });
  afterAll(async () => await world[Symbol.asyncDispose]());

  const life = () => world.govern.policies;
  const publish = async (source: BundleSource) =>
    await life().publish({ files: filesOf(source), justification: "reviewed together", by: adam });
  const askToBlock = async (target: string) =>
    await world.govern.create({ type: "block_ip", target, justification: "a guess" }, ana);
  const carryOut = async (asked: Action, ...by: readonly Actor[]) => {
    for (const one of by) must(await approve(world, must(await world.govern.get(asked.id)), one));
    await world.respond.execute();
    return must(await world.govern.get(asked.id));
  };
  const another = async (policiesDir = SHIPPED, as = seal) =>
    await createGovern({
      db: world.test.db,
      clock: world.clock,
      bus: createBus(world.clock),
      log: silentLogger,
      ports: world.ports,
      seal: as,
      policiesDir,
      ownNetworks: [],
      environment: "production",
      installation: "tyr.test/log",
    });
  const inFolder = async <T>(source: BundleSource, work: (folder: string) => Promise<T>): Promise<T> => {
    const folder = mkdtempSync(join(tmpdir(), "tyr-policies-"));
    try {
      cpSync(SHIPPED, folder, { recursive: true });
      for (const { path, text } of filesOf(source)) writeFileSync(join(folder, path), text);
      return await work(folder);
    } finally {
      rmSync(folder, { recursive: true });
    }
  };

  test("the first bundle comes from the folder: stored whole, signed, and in force", async () => {
    const { items, folder } = await life().versions();
    const { digest } = loadBundle(shipped);
    expect(items).toMatchObject([{ digest, origin: "folder", inForce: true, activations: [{ actionId: null }] }]);
    expect(folder).toEqual({ digest, inForce: true });
    const stored = must(await life().version(digest));
    expect(stored.files.find(({ path }) => path === "never.cedar")?.text).toBe(
      readFileSync(join(SHIPPED, "never.cedar"), "utf8"),
    );
    expect(must(await seal.open(stored.signature))).toContain(digest);
  });

  test("while nobody published, a folder that changed comes into force at the next start", async () => {
    await inFolder(stricter, async (folder) => {
      const { digest } = loadBundle(stricter);
      expect(await (await another(folder)).policyDigest()).toBe(digest);
      expect(await world.govern.policyDigest()).toBe(digest);
    });
    expect(await (await another()).policyDigest()).toBe(loadBundle(shipped).digest);
  });

  test("a bundle whose checks fail is not stored, and the answer names file and example", async () => {
    const wrong = { ...stricter, tests: { ...stricter.tests, "ours.yml": EXAMPLE.replace("deny", "allow") } };
    const refused = await publish(wrong);
    expect(codeOf(refused)).toBe("POLICY_CHECK_FAILED");
    expect(refused.ok ? "" : refused.refusal.detail).toContain('tests/ours.yml, "the resolver stays reachable"');
    const untested = { ...stricter, tests: shipped.tests };
    expect(codeOf(await publish(untested))).toBe("POLICY_CHECK_FAILED");
    expect(codeOf(await publish(shipped))).toBe("VALIDATION_FAILED");
    expect((await life().versions()).items.filter(({ origin }) => origin === "published")).toEqual([]);
  });

  test("text that is nested too deep ends the check, and not the server", async () => {
    const deep = `${"(".repeat(20_000)}true${")".repeat(20_000)}`;
    const files = filesOf({
      ...shipped,
      policies: { "deep.cedar": `@id("deep") @reason("deep") permit (principal, action, resource) when { ${deep} };` },
    });
    const tested = must(await life().test({ files }));
    expect(tested).toMatchObject({ ok: false, digest: null, problems: [{ kind: "load" }] });
    expect(must(await askToBlock("8.8.4.4")).decision?.outcome).toBe("require_approval");
  });

  test("a published bundle decides once another security manager approved it, and not before", async () => {
    const before = must(await askToBlock("9.9.9.9"));
    const asked = must(await publish(stricter));
    expect(asked).toMatchObject({
      type: "update_policy",
      state: "pending",
      target: loadBundle(stricter).digest,
      decision: { requirements: [{ policyId: "policy-needs-approval", approvals: 1 }] },
    });
    expect(asked.dryRun?.after).toContain("+ never-quad-nine: A resolver many people use.");
    expect(asked.dryRun?.after.find((line) => line.startsWith("backtest: "))).toMatch(/ stored decisions of 30 days /);
    expect(codeOf(await approve(world, asked, ben))).toBe("NOT_PERMITTED");
    expect(await world.govern.policyDigest()).toBe(loadBundle(shipped).digest);
    expect((await carryOut(asked, cleo)).state).toBe("executed");
    expect(await world.govern.policyDigest()).toBe(asked.target);
    expect(codeOf(await askToBlock("9.9.9.9"))).toBe("ACTION_DENIED");
    // Asked for under the bundle before, and approved under this one: nobody can approve it away any more.
    must(await approve(world, before, ben));
    await world.respond.execute();
    expect(must(await world.govern.get(before.id)).state).toBe("pending");
    const [version] = (await life().versions()).items.filter(({ inForce }) => inForce);
    expect(version?.digest).toBe(asked.target);
    expect(version?.activations[0]).toMatchObject({ actionId: asked.id, by: { name: "Adam" } });
  });

  test("a bundle is asked for by publishing only: as a mere action it would pass its checks by", async () => {
    const { digest } = loadBundle(shipped);
    const request = { type: "update_policy" as const, target: digest, justification: "past the checks" };
    expect(codeOf(await world.govern.create(request, adam))).toBe("VALIDATION_FAILED");
    const asked = must(await publish(shipped));
    const edit = { target: loadBundle(stricter).digest, requestDigest: asked.requestDigest };
    expect(codeOf(await world.govern.edit({ id: asked.id, by: adam, edit }))).toBe("VALIDATION_FAILED");
    must(await world.govern.cancel({ id: asked.id, by: adam, reason: "tried" }));
    expect(codeOf(await world.govern.clone({ id: asked.id, by: adam }))).toBe("VALIDATION_FAILED");
  });

  test("other processes follow, and a folder is only a candidate from then on", async () => {
    const changed = {
      ...shipped,
      policies: { ...shipped.policies, "ours.cedar": FORBID.replaceAll("9.9.9.9", "1.1.1.1") },
    };
    await inFolder(changed, async (folder) => {
      const other = await another(folder);
      expect(await other.policyDigest()).toBe(loadBundle(stricter).digest);
      expect((await other.policies.versions()).folder).toEqual({ digest: loadBundle(changed).digest, inForce: false });
      writeFileSync(join(folder, "ours.cedar"), "no policy");
      expect((await (await another(folder)).policies.versions()).folder).toEqual({ digest: null, inForce: false });
    });
  });

  test("going back to what was in force before is asked for too; what became laxer needs two", async () => {
    const asked = must(
      await life().rollback({ digest: loadBundle(shipped).digest, justification: "too strict", by: adam }),
    );
    expect(asked.decision?.requirements.map(({ policyId }) => policyId)).toEqual([
      "laxer-policy-needs-two",
      "policy-needs-approval",
    ]);
    expect((await carryOut(asked, cleo)).state).toBe("pending");
    expect((await carryOut(asked, dan)).state).toBe("executed");
    expect(await world.govern.policyDigest()).toBe(loadBundle(shipped).digest);
    const never = await life().rollback({ digest: "0".repeat(64), justification: "x", by: adam });
    expect(codeOf(never)).toBe("NOT_FOUND");
  });

  test("people looked at one change, and another came first: they look again", async () => {
    const first = must(await publish(stricter));
    const remark = {
      ...shipped,
      policies: { ...shipped.policies, "permit.cedar": `// Read.\n${shipped.policies["permit.cedar"] ?? ""}` },
    };
    const second = must(await publish(remark));
    must(await approve(world, first, cleo));
    must(await approve(world, second, cleo));
    await world.respond.execute();
    const states = [must(await world.govern.get(first.id)), must(await world.govern.get(second.id))].map(
      (one) => one.state,
    );
    expect(states.toSorted()).toEqual(["executed", "pending"]);
    const waiting = states[0] === "pending" ? first : second;
    must(await world.govern.cancel({ id: waiting.id, by: adam, reason: "over" }));
  });

  test("a decision is explained policy by policy, with the part of a condition that did not hold", async () => {
    const asked = must(await askToBlock("8.8.8.8"));
    const told = must(await life().explain({ action: asked.id }));
    const why = (id: string) => told.policies.find(({ policyId }) => policyId === id);
    expect(told).toMatchObject({ stored: { outcome: "require_approval" }, again: { outcome: "require_approval" } });
    expect(why("production-needs-approval")).toMatchObject({ decides: true, why: "all of it holds" });
    expect(why("never-own-host")).toMatchObject({ decides: false, why: "this does not hold: resource.ownHost" });
    expect(why("mode-needs-approval")?.why).toBe("it is about other actions, targets or requesters");
    expect(why("block-ip-possible")?.why).toBe("it permits this, and a forbid outweighs it");
    const under = loadBundle(stricter).digest;
    expect(must(await life().explain({ action: asked.id, under })).again.bundleDigest).toBe(under);
    expect(codeOf(await life().explain({}))).toBe("VALIDATION_FAILED");
  });

  test("a backtest counts what would be decided otherwise, with examples, and stores nothing", async () => {
    const begun = must(await life().backtest({ days: 30, candidate: { files: filesOf(stricter) } }, adam));
    await expect
      .poll(() => life().backtests.find(begun.id), { timeout: 20_000 })
      .toMatchObject({ state: "done", progress: 1 });
    const found = life().backtests.find(begun.id);
    const change = found?.changes.find(({ from, to }) => from === "require_approval" && to === "deny");
    expect(change?.examples[0]).toMatchObject({ target: "9.9.9.9", after: ["never-quad-nine"] });
    expect((found?.same ?? 0) + (found?.changes ?? []).reduce((sum, { count }) => sum + count, 0)).toBe(
      found?.decisions,
    );
    expect(codeOf(await life().backtest({ days: 1, candidate: { digest: "0".repeat(64) } }, adam))).toBe("NOT_FOUND");
  });

  test("what was altered in the database, or signed by nobody here, never decides: the start stops", async () => {
    const digest = await world.govern.policyDigest();
    await expect(another(SHIPPED, await openTestSeal())).rejects.toThrow("is not signed by this installation");
    const altered = JSON.stringify("permit (principal, action, resource);");
    await world.test.db.bookkeep(
      "audit-tree",
      async (tx) =>
        await sql`update policy_bundle set files = jsonb_set(files, '{1,text}', ${altered}::jsonb) where digest = ${digest}`.execute(
          tx,
        ),
    );
    await expect(another()).rejects.toMatchObject({ code: "POLICY_BUNDLE_INVALID" });
  });
});
