import * as cedar from "@cedar-policy/cedar-wasm/nodejs";
import fc from "fast-check";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { ENVIRONMENTS, MODES, type Decision } from "@tyr/contract";
import { knownPrefix, prefixAt } from "../address.ts";
import { describeMode, describeTarget, type Asked } from "./asked.ts";
import { loadBundle, readBundleSource } from "./bundle.ts";
import { QUIET } from "./circumstances.ts";
import { decide, questionOf, type DecisionInput } from "./decide.ts";
import { openEngine, toVerdict, type Engine } from "./engine.ts";
import { readPolicies } from "./read-policy.ts";
import { readSchemaShape } from "./schema-shape.ts";
import { sliceOf } from "./slices.ts";
import { allCases } from "./check.ts";
import { isNoticed, mutantsOf } from "./testing/mutants.ts";

const source = readBundleSource(fileURLToPath(new URL("../../../../../../policies", import.meta.url)));
const bundle = loadBundle(source);
const STRICTNESS: Readonly<Record<Decision["outcome"], number>> = {
  allow: 0,
  require_approval: 1,
  dry_run_only: 2,
  deny: 3,
};
const strictness = (engine: Engine, input: DecisionInput): number =>
  STRICTNESS[decide(engine, input, new Date(0)).outcome];

const address = fc
  .record({ isV6: fc.boolean(), bits: fc.bigInt({ min: 0n, max: (1n << 32n) - 1n }), depth: fc.nat(32) })
  .map(({ isV6, bits, depth }): Asked => {
    const target = isV6
      ? prefixAt((0x2a00n << 112n) | (bits << 80n), 16 + depth * 3)
      : prefixAt((0xffffn << 32n) | bits, 96 + depth);
    const guarded = { own: [knownPrefix("20.30.0.0/16")], allowed: [knownPrefix("9.9.9.9")] };
    return { type: "block_ip", target: describeTarget(target, guarded) };
  });
const mode = fc
  .tuple(fc.constantFrom(...MODES), fc.constantFrom(...MODES))
  .map(([wanted, inForce]): Asked => ({ type: "set_mode", target: describeMode(wanted, inForce) }));
const flags = {
  removesForbid: fc.boolean(),
  loosensGate: fc.boolean(),
  widensPermit: fc.boolean(),
  schemaChanged: fc.boolean(),
  unusable: fc.boolean(),
};
const policy = fc
  .record(flags)
  .map((facts): Asked => ({ type: "update_policy", target: { ...facts, policiesChanged: 1, text: "x" } }));

/** Any type of action, asked by anybody, in any circumstances. */
const situation = fc
  .record({
    asked: fc.oneof(address, mode, policy),
    kind: fc.constantFrom("person" as const, "automation" as const),
    mode: fc.constantFrom(...MODES),
    environment: fc.constantFrom(...ENVIRONMENTS),
    people: fc.nat(3),
    risk: fc.option(fc.nat(100)),
    confidence: fc.nat(100),
    ttlSeconds: fc.constantFrom(60, 86_400, 31_536_000),
    modeWriter: fc.boolean(),
  })
  .map(({ asked, kind, people, ...rest }): DecisionInput => {
    const approvals = { total: people, approver: people, security_manager: people };
    return { v: 2, ...asked, principal: { kind, id: kind }, context: { ...QUIET, ...rest, approvals } };
  });
const approvedBy = (input: DecisionInput, people: number): DecisionInput => {
  const approvals = { total: people, approver: people, security_manager: people };
  return { ...input, context: { ...input.context, approvals } };
};
const holdsAlways = (property: (input: DecisionInput) => void, numRuns = 100): void =>
  fc.assert(fc.property(situation, property), { numRuns });

describe("for every type of action and every situation", () => {
  const engine = openEngine(bundle, "active-a");

  test("more approvals never make a decision stricter", () =>
    holdsAlways((input) => {
      const { total } = input.context.approvals;
      expect(strictness(engine, approvedBy(input, total + 1))).toBeLessThanOrEqual(strictness(engine, input));
    }));

  test("lockdown is never laxer than elevated, and elevated never than normal", () =>
    holdsAlways((input) => {
      const [normal = 0, elevated = 0, lockdown = 0] = MODES.map((one) =>
        strictness(engine, { ...input, context: { ...input.context, mode: one } }),
      );
      expect([elevated >= normal, lockdown >= elevated]).toEqual([true, true]);
    }));

  test("a program is never freer than a person", () =>
    holdsAlways((input) => {
      const as = (kind: "person" | "automation") => strictness(engine, { ...input, principal: { kind, id: "x" } });
      expect(as("automation")).toBeGreaterThanOrEqual(as("person"));
    }));

  test.each([
    `@id("one-more") @reason("x") forbid (principal is Automation, action, resource);`,
    `@id("one-more") @reason("x") forbid (principal, action in Action::"execute", resource is Target) when { resource.prefixLength < 20 };`,
    `@id("one-more") @reason("x") @approvals("2") @approver_roles("approver") forbid (principal, action in Action::"execute", resource) unless { context.approvals.approver >= 2 };`,
    `@id("one-more") @reason("x") forbid (principal, action in [Action::"request", Action::"execute"], resource is ModeChange) when { context.mode == Mode::"lockdown" };`,
  ])("one forbid more never makes a decision laxer: %s", (text) => {
    const [more] = readPolicies("more.cedar", text);
    if (more === undefined) throw new TypeError("it was one policy");
    const stricter = openEngine(
      { ...bundle, digest: "one more", policies: new Map([...bundle.policies, [more.id, more]]) },
      "candidate",
    );
    holdsAlways((input) => {
      expect(strictness(stricter, input)).toBeGreaterThanOrEqual(strictness(engine, input));
    }, 40);
  });

  test("one forbid more never makes a decision laxer, whatever it is about and whatever permits there are", () => {
    const scope = fc.record({
      who: fc.constantFrom("principal", "principal is Person", "principal is Automation"),
      step: fc.constantFrom(...["execute", "request", "dry_run"].map((one) => `action in Action::"${one}"`), "action"),
      what: fc.constantFrom("resource", "resource is Target", "resource is ModeChange", "resource is PolicyChange"),
    });
    const when = fc.constantFrom(
      "",
      `when { context.mode != Mode::"normal" }`,
      `when { context.environment == Environment::"production" }`,
      `when { context.hour >= 12 }`,
    );
    const gate = fc.option(fc.integer({ min: 1, max: 3 }));
    const withoutPermits = new Map([...bundle.policies].filter(([, { effect }]) => effect === "forbid"));
    const someTimes = readPolicies(
      "some.cedar",
      `@id("to-ask") @reason("x") permit (principal, action in [Action::"request", Action::"dry_run"], resource);
       @id("some-times") @reason("x") permit (principal, action in Action::"execute", resource) when { context.mode == Mode::"normal" };`,
    );
    const bases = [
      bundle.policies,
      withoutPermits,
      new Map([...withoutPermits, ...someTimes.map((one) => [one.id, one] as const)]),
      new Map(someTimes.map((one) => [one.id, one] as const)),
    ].map((policies, at) => ({ ...bundle, digest: `base ${at}`, policies }));
    fc.assert(
      fc.property(
        fc.constantFrom(...bases),
        fc.record({ scope, condition: when, approvals: gate }),
        fc.array(situation, { minLength: 5, maxLength: 5 }),
        (base, { scope: { who, step, what }, condition, approvals }, inputs) => {
          const quorum = approvals === null ? "" : `@approvals("${approvals}") @approver_roles("security_manager")`;
          const unless = approvals === null ? "" : `unless { context.approvals.security_manager >= ${approvals} }`;
          const text = `@id("one-more") @reason("x") ${quorum} forbid (${who}, ${step}, ${what}) ${condition} ${unless};`;
          const [more] = readPolicies("more.cedar", text);
          if (more === undefined) throw new TypeError("it was one policy");
          const before = openEngine(base, "active-b");
          const laxest = inputs.map((input) => strictness(before, input));
          const policies = new Map([...base.policies, [more.id, more]]);
          const after = openEngine({ ...base, digest: `${base.digest} and one`, policies }, "candidate");
          for (const [at, input] of inputs.entries())
            expect(strictness(after, input)).toBeGreaterThanOrEqual(laxest[at] ?? 0);
        },
      ),
      { numRuns: 120 },
    );
  });

  test("a situation is never told more than the schema of a bundle declares, and an older bundle decides on", () => {
    const older = source.schema
      .replace(/^ {2}automaticLastHour: Long,\n {2}automaticPerHourMax: Long,\n/gm, "")
      .replace(/^entity Target in \[[^\]]*\] =/m, "entity Target =");
    expect(older).not.toBe(source.schema);
    const policies = {
      "old.cedar": `@id("old") @reason("x") permit (principal, action, resource) when { context.approvals.total == 0 };`,
    };
    const old = openEngine(loadBundle({ schema: older, policies, tests: {} }), "active-b");
    holdsAlways((input) => {
      const { outcome } = decide(old, approvedBy(input, 0), new Date(0));
      expect(outcome).toBe("allow");
    }, 50);
  });
});

describe("the engine", () => {
  test("leaves out of a question only policies that Cedar says can never be about it", () => {
    const shape = readSchemaShape(bundle.schema);
    for (const [id, { text }] of bundle.policies) {
      const answer = cedar.getValidRequestEnvsPolicy(text, bundle.schema);
      const about = answer.type === "success" ? answer.actions : [];
      for (const written of about) {
        const action = /"(.+)"/.exec(written)?.[1] ?? "";
        expect([id, action, Object.keys(sliceOf(bundle, shape, action).staticPolicies ?? {}).includes(id)]).toEqual([
          id,
          action,
          true,
        ]);
      }
    }
  });

  test("takes an allow without a policy that says so for an error", () => {
    const answer = { decision: "allow" as const, diagnostics: { reason: [], errors: [] } };
    expect(toVerdict({ type: "success", response: answer, warnings: [] })).toMatchObject({ answer: "error" });
  });

  test("takes any policy whose evaluation failed for an error, whatever was decided", () => {
    const error = { message: "overflow", help: null, code: null, url: null, severity: null };
    const diagnostics = { reason: ["fine"], errors: [{ policyId: "failing", error }] };
    expect(toVerdict({ type: "success", response: { decision: "allow", diagnostics }, warnings: [] })).toEqual({
      answer: "error",
      why: "failing: overflow",
    });
  });

  test("knows no action that the schema does not, and denies it", () => {
    const engine = openEngine(bundle, "active-a");
    const [input] = fc.sample(situation, 1);
    if (input === undefined) throw new TypeError("a sample was asked for");
    const question = { ...questionOf(input, "execute"), action: "wipe_data.execute" };
    expect(engine.ask(question)).toMatchObject({ answer: "error" });
  });

  test("keeps no memory of the bundles it had: the same slot, again and again", () => {
    openEngine(bundle, "active-a");
    const before = process.memoryUsage().rss;
    for (let n = 0; n < 30; n += 1) openEngine({ ...bundle, digest: `bundle ${n}` }, "active-a");
    // Under names of their own each would keep over a megabyte.
    expect(process.memoryUsage().rss - before).toBeLessThan(40 * 1024 * 1024);
  });
});

describe("a policy that says something else", () => {
  const cases = allCases(source);
  const mutants = mutantsOf(bundle);
  // All of them take minutes: bench/mutate-policies.ts. Another few each day.
  const from = Math.floor(Date.now() / 86_400_000) % 40;

  test.each(mutants.filter((_, index) => index % 40 === from).map((one) => [one.policyId, one.what, one] as const))(
    "is noticed: %s, %s",
    (_policy, _what, mutant) => expect(isNoticed(bundle, mutant, cases)).toBe(true),
  );
});
