import * as cedar from "@cedar-policy/cedar-wasm/nodejs";
import fc from "fast-check";
import { fileURLToPath } from "node:url";
import { beforeEach, describe, expect, test } from "vitest";
import type { Decision } from "@tyr/contract";
import { knownPrefix, overlaps, prefixAt, type Prefix } from "../address.ts";
import { touchedOf } from "../assets/touched.ts";
import { loadBundle, readBundleSource, type Bundle, type BundleSource } from "./bundle.ts";
import { readCases, runCase } from "./cases.ts";
import { describeTarget } from "./asked.ts";
import { QUIET } from "./circumstances.ts";
import { decide, type DecisionInput, type StoredInput } from "./decide.ts";
import { openEngine, type Engine } from "./engine.ts";

const source = readBundleSource(fileURLToPath(new URL("../../../../../../policies", import.meta.url)));
const bundle = loadBundle(source);
const cases = Object.entries(source.tests).flatMap(([file, text]) => readCases(file, text));
const now = new Date("2026-02-01T00:00:00Z");

const input = (target: string, context: Partial<DecisionInput["context"]> = {}): DecisionInput => ({
  v: 2,
  principal: { kind: "person", id: "p" },
  type: "block_ip",
  target: describeTarget(knownPrefix(target), {}),
  context: { ...QUIET, ...context },
});
/** A bundle of the shipped schema and these policies alone. */
const only = (policies: string): BundleSource => ({ ...source, policies: { "one.cedar": policies } });
const PERMIT = `@id("all") @reason("all") permit (principal, action, resource);`;
const passing = (engine: Engine) => cases.every((one) => runCase(engine, one).passed);

describe("the default policies", () => {
  const engine = openEngine(bundle, "active-a");

  test.each(cases.map((one) => [one.name, one] as const))("%s", (_name, one) => {
    const { decision } = runCase(engine, one);
    expect([decision.outcome, decision.reasons.map(({ policyId }) => policyId)]).toEqual([one.expect, one.by]);
  });

  test("every policy decides some case and does not decide another", () => {
    for (const id of bundle.policies.keys()) {
      const deciding = cases.filter((one) => one.by.includes(id));
      expect([id, deciding.length > 0 && deciding.length < cases.length]).toEqual([id, true]);
    }
  });

  test("removing any policy breaks a case, and so does turning it round", () => {
    for (const [id, policy] of bundle.policies) {
      const rest = new Map([...bundle.policies].filter(([other]) => other !== id));
      const without: Bundle = { ...bundle, digest: `without ${id}`, policies: rest };
      expect([id, passing(openEngine(without, "candidate"))]).toEqual([id, false]);
      const [effect, other] = policy.effect === "permit" ? ["permit", "forbid"] : ["forbid", "permit"];
      const text = policy.text.replace(new RegExp(`^${effect} \\(`, "m"), `${other} (`);
      expect(text).not.toBe(policy.text);
      const turned = new Map([...bundle.policies, [id, { ...policy, text }] as const]);
      expect([id, passing(openEngine({ ...bundle, digest: `turned ${id}`, policies: turned }, "candidate"))]).toEqual([
        id,
        false,
      ]);
    }
  });

  test("a gate is lifted by exactly the approvals its annotation names, and by no fewer", () => {
    for (const [id, { gate }] of bundle.policies) {
      if (gate === undefined) continue;
      const one = cases.find(({ by, expect: outcome }) => outcome === "require_approval" && by.includes(id));
      const decidedBy = (total: number): readonly string[] => {
        const base = one?.input ?? input("8.8.8.8");
        const approvals = { total, approver: total, security_manager: total };
        const situation = { ...base, context: { ...base.context, approvals } };
        return decide(engine, situation, now).reasons.map(({ policyId }) => policyId);
      };
      expect([id, decidedBy(gate.approvals).includes(id)]).toEqual([id, false]);
      expect([id, decidedBy(gate.approvals - 1).includes(id)]).toEqual([id, true]);
    }
  });

  test("the requirement carries quorum and roles of every gate", () => {
    expect(decide(engine, input("8.8.8.0/23", { environment: "production" }), now).requirements).toEqual([
      { policyId: "production-needs-approval", approvals: 1, roles: ["approver", "security_manager"] },
      { policyId: "wide-needs-two", approvals: 2, roles: ["approver", "security_manager"] },
    ]);
  });

  test("an action nobody described is denied", () => {
    const unknown = { ...input("8.8.8.8"), type: "wipe_data" };
    // As a decision stored by another version comes back.
    expect(decide(engine, unknown as DecisionInput, now)).toMatchObject({
      outcome: "deny",
      reasons: [{ policyId: "default-deny", text: "unknown action" }],
    });
  });

  test("the digest names the bundle: any change of a policy, the schema or a test is another bundle", () => {
    expect(loadBundle(source).digest).toBe(bundle.digest);
    const changed = { ...source.policies, "never.cedar": `${source.policies["never.cedar"] ?? ""}\n// a remark\n` };
    expect(loadBundle({ ...source, policies: changed }).digest).not.toBe(bundle.digest);
    expect(loadBundle({ ...source, tests: { "a.yml": "[]" } }).digest).not.toBe(bundle.digest);
    expect(loadBundle({ ...source, schema: `${source.schema}\n` }).digest).not.toBe(bundle.digest);
  });
});

describe("what holds for every situation", () => {
  const engine = openEngine(bundle, "active-a");
  const STRICTNESS: Readonly<Record<Decision["outcome"], number>> = {
    allow: 0,
    require_approval: 1,
    dry_run_only: 2,
    deny: 3,
  };
  const strictness = (situation: DecisionInput) => STRICTNESS[decide(engine, situation, now).outcome];
  const situation = fc.record({
    kind: fc.constantFrom("person" as const, "automation" as const),
    version: fc.constantFrom(4 as const, 6 as const),
    bits: fc.bigInt({ min: 0n, max: (1n << 32n) - 1n }),
    depth: fc.integer({ min: 96, max: 128 }),
    mode: fc.constantFrom("normal" as const, "elevated" as const, "lockdown" as const),
    environment: fc.constantFrom("production" as const, "staging" as const, "development" as const),
    total: fc.nat(3),
    ttlSeconds: fc.constantFrom(60, 86_400, 31_536_000),
    risk: fc.option(fc.nat(100)),
    successfulLogins: fc.option(fc.nat(3)),
    severity: fc.nat(5),
    confidence: fc.nat(100),
    hour: fc.nat(23),
    weekday: fc.integer({ min: 1, max: 7 }),
    proposeRisk: fc.integer({ min: 40, max: 100 }),
    automaticLastHour: fc.nat(300),
  });
  const inventory = [
    { prefix: knownPrefix("20.31.0.0/24"), groups: ["never-touch"], criticality: "low", environment: "staging" },
    { prefix: knownPrefix("20.32.0.9"), groups: [], criticality: "critical", environment: "production" },
    { prefix: knownPrefix("128.0.0.0/2"), groups: ["guests"], criticality: "high", environment: "development" },
  ] as const;
  const touchedIn = (target: Prefix) =>
    touchedOf(
      inventory.filter(({ prefix }) => overlaps(prefix, target)).map((one) => ({ ...one, groups: [...one.groups] })),
    );
  type Situation = typeof situation extends fc.Arbitrary<infer S> ? S : never;
  /** An IPv6 prefix of 16 to 112 bits; three bits of it for each of an IPv4 one. */
  const prefixOf = ({ version, bits, depth }: Pick<Situation, "version" | "bits" | "depth">): Prefix =>
    version === 4
      ? prefixAt((0xffffn << 32n) | bits, depth)
      : prefixAt((0x2a00n << 112n) | (bits << 80n), 16 + (depth - 96) * 3);
  const toInput = ({ kind, version, bits, depth, total, ...rest }: Situation): DecisionInput => {
    const target = prefixOf({ version, bits, depth });
    return {
      v: 2,
      principal: { kind, id: kind },
      type: "block_ip",
      target: describeTarget(target, {
        own: [knownPrefix("20.30.0.0/16")],
        allowed: [knownPrefix("9.9.9.9")],
        assets: touchedIn(target),
      }),
      context: { ...QUIET, ...rest, approvals: { total, approver: total, security_manager: total } },
    };
  };
  test.each<[string, (one: Situation) => Situation]>([
    ["fewer approvals never make a decision laxer", (one) => ({ ...one, total: Math.max(0, one.total - 1) })],
    ["a wider prefix never makes a decision laxer", (one) => ({ ...one, depth: Math.max(96, one.depth - 3) })],
    ["more of automation is never laxer", (one) => ({ ...one, automaticLastHour: one.automaticLastHour + 50 })],
    ["less sure detections are never laxer", (one) => ({ ...one, confidence: Math.floor(one.confidence / 2) })],
    ["less severe incidents are never laxer", (one) => ({ ...one, severity: Math.max(0, one.severity - 1) })],
    ["automation is never freer than a person", (one) => ({ ...one, kind: "automation" })],
  ])("%s", (_name, stricter) =>
    fc.assert(
      fc.property(situation, (one) => {
        expect(strictness(toInput(stricter(one)))).toBeGreaterThanOrEqual(strictness(toInput(one)));
      }),
      { numRuns: 300 },
    ),
  );
  test("elevated is never laxer than normal", () =>
    fc.assert(
      fc.property(situation, (one) => {
        const [normal = 0, elevated = 0, lockdown = 0] = (["normal", "elevated", "lockdown"] as const).map((mode) =>
          strictness(toInput({ ...one, mode })),
        );
        expect([elevated >= normal, lockdown >= elevated]).toEqual([true, true]);
      }),
      { numRuns: 200 },
    ));
  test("without an approval automation never executes", () =>
    fc.assert(
      fc.property(situation, (one) => {
        expect(strictness(toInput({ ...one, kind: "automation", total: 0 }))).toBeGreaterThan(0);
      }),
    ));
});

describe("the pitfalls of the policy engine", () => {
  beforeEach(() => void openEngine(bundle, "active-a"));

  test("a forbid whose evaluation fails denies instead of being skipped", () => {
    const overflow = `${PERMIT}
      @id("overflowing") @reason("overflows") forbid (principal, action, resource is Target)
      when { context.ttlSeconds + 9223372036854775807 > 0 };`;
    const engine = openEngine(loadBundle(only(overflow)), "candidate");
    expect(decide(engine, input("8.8.8.8"), now)).toMatchObject({
      outcome: "deny",
      reasons: [{ policyId: "policy-error", text: expect.stringContaining("overflow") as string }],
    });
  });

  test("an extension value smuggled into the context is refused, not interpreted", () => {
    const engine = openEngine(bundle, "active-a");
    const smuggled = { __extn: { fn: "unknown", arg: "a" } } as unknown as number;
    const verdict = decide(engine, input("8.8.8.8", { ttlSeconds: smuggled }), now);
    expect(verdict).toMatchObject({ outcome: "deny", reasons: [{ policyId: "policy-error" }] });
  });

  test.each([
    "mode",
    "environment",
    "selfApproved",
    "severity",
    "confidence",
    "hour",
    "weekday",
    "proposeRisk",
    "automaticLastHour",
    "automaticPerHourMax",
  ] as const)("a question of today without %s is denied, never filled in", (name) => {
    const engine = openEngine(bundle, "active-a");
    const { [name]: _left, ...rest } = input("8.8.8.8").context;
    const lacking = { ...input("8.8.8.8"), context: rest } as unknown as DecisionInput;
    expect(decide(engine, lacking, now)).toMatchObject({ outcome: "deny", reasons: [{ policyId: "policy-error" }] });
  });

  test("a decision stored before the inventory and the clock were asked about can be asked again", () => {
    const engine = openEngine(bundle, "active-a");
    const { assets: _none, ...target } = describeTarget(knownPrefix("8.8.8.8"), {});
    const stored: StoredInput = {
      principal: { kind: "automation", id: "automation" },
      type: "block_ip",
      target,
      context: {
        mode: "normal",
        environment: "production",
        approvals: { total: 1, approver: 1, security_manager: 0 },
        ttlSeconds: 3_153_600,
        risk: 75,
        successfulLogins: null,
      },
    };
    expect(decide(engine, stored, now).reasons.map(({ policyId }) => policyId)).toEqual(["long-needs-two"]);
    expect(decide(engine, JSON.parse(JSON.stringify(stored)) as StoredInput, now).outcome).toBe("require_approval");
  });

  test("a mode that does not exist is refused", () => {
    const engine = openEngine(bundle, "active-a");
    const decision = decide(engine, input("8.8.8.8", { mode: "lax" as "normal" }), now);
    expect(decision).toMatchObject({ outcome: "deny", reasons: [{ policyId: "policy-error" }] });
  });

  test.each([1.5, Number.NaN, 1e20, null, undefined, 10n])("a risk of %s is refused, never skipped", (value) => {
    const engine = openEngine(bundle, "active-a");
    const situation = input("8.8.8.8", { ttlSeconds: value as number });
    expect(decide(engine, situation, now)).toMatchObject({ outcome: "deny", reasons: [{ policyId: "policy-error" }] });
  });

  test("Cedar itself would not see a missing entity: ours are always given", () => {
    const policies = {
      staticPolicies: Object.fromEntries([...bundle.policies].map(([id, one]) => [id, one.text])),
    };
    const call = {
      principal: { type: "Person", id: "p" },
      action: { type: "Action", id: "block_ip.execute" },
      resource: { type: "Target", id: "127.0.0.1" },
      context: {},
      policies,
      entities: [],
    };
    const answer = cedar.isAuthorized(call);
    expect(answer).toMatchObject({
      response: { decision: "allow", diagnostics: { errors: expect.anything() as unknown } },
    });
    expect(decide(openEngine(bundle, "active-a"), input("127.0.0.1"), now).outcome).toBe("deny");
  });

  test("an engine whose slot was taken by another bundle denies", () => {
    const engine = openEngine(bundle, "active-a");
    openEngine(loadBundle(only(PERMIT)), "active-a");
    expect(decide(engine, input("8.8.8.8"), now)).toMatchObject({
      outcome: "deny",
      reasons: [{ policyId: "policy-error" }],
    });
  });

  test("a bundle without a permit denies everything and says so", () => {
    const engine = openEngine(
      loadBundle(only(`@id("none") @reason("none") forbid (principal is Automation, action, resource);`)),
      "candidate",
    );
    expect(decide(engine, input("8.8.8.8"), now)).toMatchObject({
      outcome: "deny",
      reasons: [{ policyId: "default-deny" }],
    });
  });

  test("the order of reasons is always the same", () => {
    const engine = openEngine(bundle, "active-a");
    const orders = new Set(
      Array.from({ length: 50 }, () =>
        decide(engine, input("10.0.0.0/16", { mode: "lockdown" }), now)
          .reasons.map(({ policyId }) => policyId)
          .join(),
      ),
    );
    expect(orders.size).toBe(1);
  });
});

describe("a bundle that does not load", () => {
  const gate = (annotations: string, condition = "context.approvals.total >= 1") =>
    `${PERMIT}\n@id("gate") @reason("gate") ${annotations} forbid (principal, action, resource) unless { ${condition} };`;
  const roles = `@approver_roles("approver")`;

  test.each([
    ["a quorum of zero", gate(`@approvals("0") ${roles}`)],
    ["a negative quorum", gate(`@approvals("-1") ${roles}`)],
    ["half a quorum", gate(`@approvals("1.5") ${roles}`)],
    ["an empty quorum", gate(`@approvals("") ${roles}`)],
    ["a quorum without a number", gate(`@approvals ${roles}`)],
    ["roles without a quorum", gate(roles)],
    ["a time to decide in and no quorum", gate(`@decide_within("4h")`)],
    ["less time to decide in than a dry run is fresh", gate(`@approvals("1") ${roles} @decide_within("10m")`)],
    ["more than a week to decide in", gate(`@approvals("1") ${roles} @decide_within("169h")`)],
    ["a time to decide in without a number", gate(`@approvals("1") ${roles} @decide_within`)],
    ["a quorum without roles", gate(`@approvals("1")`)],
    ["a role that may not approve", gate(`@approvals("1") @approver_roles("viewer")`)],
    ["a role that does not exist", gate(`@approvals("1") @approver_roles("root")`)],
    ["a permit with a quorum", `@id("a") @reason("a") @approvals("1") ${roles} permit (principal, action, resource);`],
    ["a policy without an id", `@reason("a") permit (principal, action, resource);`],
    ["a policy without a reason", `@id("a") permit (principal, action, resource);`],
    ["two policies with one id", `${PERMIT}\n${PERMIT}`],
    ["an attribute that does not exist", gate(`@approvals("1") ${roles}`, "context.approvers > 1")],
    ["an optional attribute read unguarded", gate(`@approvals("1") ${roles}`, "context.risk > 1")],
    ["a mode that does not exist", gate(`@approvals("1") ${roles}`, `context.mode == Mode::"lax"`)],
    [
      "a policy that can never apply",
      `${PERMIT}\n@id("b") @reason("b") forbid (principal, action, resource) when { false };`,
    ],
    ["no policy at all", "// nothing"],
    ["text that is not Cedar", "permit everything"],
    ["a template", `@id("a") @reason("a") permit (principal == ?principal, action, resource);`],
  ])("is one with %s", (_name, policies) => {
    expect(() => loadBundle(only(policies))).toThrow(
      expect.objectContaining({ code: "POLICY_BUNDLE_INVALID" }) as Error,
    );
  });

  test("is one whose folder cannot be read", () => {
    expect(() => readBundleSource("/nowhere")).toThrow(
      expect.objectContaining({ code: "POLICY_BUNDLE_INVALID" }) as Error,
    );
  });
});
