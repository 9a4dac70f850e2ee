import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { readBundleSource, sourceOf, filesOf, type BundleSource } from "./bundle.ts";
import { readCases } from "./cases.ts";
import { checkBundle } from "./check.ts";

const shipped = readBundleSource(fileURLToPath(new URL("../../../../../../policies", import.meta.url)));
const withFile = (name: string, text: string): BundleSource => ({
  ...shipped,
  policies: { ...shipped.policies, [name]: text },
});
const withTests = (text: string): BundleSource => ({ ...shipped, tests: { ...shipped.tests, "ours.yml": text } });
const problems = (source: BundleSource) => checkBundle(source).problems.map(({ kind, where }) => `${kind} ${where}`);

const FORBID = `@id("never-quad-nine")
@reason("A resolver many people use.")
forbid (
  principal,
  action,
  resource == Target::"9.9.9.9"
);
`;

describe("the checks of a bundle", () => {
  test("find nothing wrong with the policies that come with Tyr", () => {
    const { ok, problems: found, passed, cases, coverage } = checkBundle(shipped);
    expect([ok, found]).toEqual([true, []]);
    expect(passed).toBe(cases);
    expect(coverage.every(({ decides, doesNot }) => decides > 0 && doesNot > 0)).toBe(true);
  });

  test("name a policy that no example is about", () => {
    expect(problems(withFile("ours.cedar", FORBID))).toEqual(["coverage never-quad-nine"]);
  });

  test("name file and example where one gets another decision", () => {
    const wrong = `- { name: a guess, target: 8.8.8.8, expect: deny, by: [never-own-host] }`;
    const [problem] = checkBundle(withTests(wrong)).problems;
    expect(problem).toEqual({
      kind: "test",
      where: 'tests/ours.yml, "a guess"',
      message: "expected deny by never-own-host, decided allow by block-ip-possible",
    });
  });

  test("are not green without a single example", () => {
    expect(problems({ ...shipped, tests: {} })).toContain("test tests");
  });

  test("notice a file that is not as the formatter writes it, and say how it would", () => {
    const crooked = FORBID.replace("principal,", "principal  ,");
    const { formatted, problems: found } = checkBundle(withFile("ours.cedar", crooked));
    expect(found.map(({ kind }) => kind)).toContain("format");
    expect(formatted).toEqual([{ path: "ours.cedar", text: FORBID }]);
  });

  test.each([
    ["more people than its text says", `@approvals("1")`, `@approvals("2")`],
    [
      "fewer people than its text says",
      "context.approvals.security_manager >= 1",
      "context.approvals.security_manager >= 0",
    ],
    ["people its text does not name", "context.approvals.security_manager >= 1", "context.approvals.total >= 1"],
    ["none of the people its text names", `@approver_roles("security_manager")`, `@approver_roles("approver")`],
  ])("notice a gate whose condition counts %s", (_name, from, to) => {
    const text = shipped.policies["policy-change.cedar"] ?? "";
    const changed = text.replace(from, to);
    expect(changed).not.toBe(text);
    const found = checkBundle({
      ...shipped,
      policies: { ...shipped.policies, "policy-change.cedar": changed },
    }).problems;
    expect(found.filter(({ kind }) => kind === "gate" || kind === "load").length).toBeGreaterThan(0);
  });

  test("refuse policies under which nobody could ever replace them", () => {
    const locked = `@id("never-again")
@reason("These are the last policies.")
forbid (
  principal,
  action,
  resource is PolicyChange
);
`;
    expect(problems(withFile("ours.cedar", locked))).toContain("lockout update_policy");
  });

  test.each([
    ["in production", `context.environment == Environment::"production"`],
    ["where ever so many agree", `context.approvals.security_manager < 99`],
  ])("refuse policies nobody could replace %s", (_where, when) => {
    const locked = `@id("never-again")
@reason("These are the last policies.")
forbid (
  principal,
  action in Action::"execute",
  resource is PolicyChange
)
when { ${when} };
`;
    expect(problems(withFile("ours.cedar", locked))).toContain("lockout update_policy");
  });

  test("may rest policies in a mode that can be left, and not where it cannot", () => {
    const restIn = (more: string): string => `@id("not-now")
@reason("Policies wait until the danger is over.")
forbid (
  principal,
  action in Action::"execute",
  resource is PolicyChange
)
when { context.mode == Mode::"lockdown" };
${more}`;
    const stay = `
@id("stay")
@reason("Lockdown stays.")
forbid (
  principal,
  action in Action::"execute",
  resource is ModeChange
)
when { context.mode == Mode::"lockdown" && resource.lowers };
`;
    const lockouts = (more: string) =>
      problems(withFile("ours.cedar", restIn(more))).filter((one) => one.startsWith("lockout"));
    expect(lockouts("")).toEqual([]);
    expect(lockouts(stay)).toEqual(["lockout update_policy"]);
  });
});

describe("a bundle somebody sends", () => {
  const loads = (source: BundleSource) => checkBundle(source).problems.filter(({ kind }) => kind === "load");

  test.each<[string, BundleSource, string]>([
    ["a file that is too long", withFile("ours.cedar", "/".repeat(70_000)), "too long"],
    [
      "files that are too long together",
      {
        ...shipped,
        tests: Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`t${n}.yml`, "#".repeat(30_000)])),
      },
      "too long",
    ],
    [
      "too many files",
      { ...shipped, tests: Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`t${n}.yml`, "[]"])) },
      "more than 60",
    ],
    ["characters no engine stores", withFile("ours.cedar", "// \u0000"), "no text"],
    ["half a character", withFile("ours.cedar", "// \ud800"), "no text"],
    ["no policy text", withFile("ours.cedar", "permit everything"), ""],
    [
      "a warning of the validator",
      withFile("ours.cedar", `@id("a") @reason("a") forbid (principal, action, resource) when { false };`),
      "impossible",
    ],
    ["a schema that is none", { ...shipped, schema: "entity ;" }, ""],
  ])("with %s is refused, and the answer says where", (_name, source, why) => {
    const [problem] = loads(source);
    expect(problem?.message).toContain(why);
    expect(problem?.where).not.toBe("");
  });

  test.each<[string, string, string]>([
    ["aliases that multiply", `- &a {name: a, target: 8.8.8.8, expect: deny, by: [x]}\n- *a`, "Alias"],
    ["nesting without end", "[".repeat(50_000), "not YAML"],
    ["two documents", "[]\n---\n[]", "not YAML"],
    ["the same key twice", "- {name: a, name: b, target: 8.8.8.8, expect: deny, by: [x]}", "unique"],
    ["a map instead of a list", "name: a", "is not a list"],
    ["a text instead of an example", "- a", "example 1"],
    ["no name", "- {target: 8.8.8.8, expect: deny, by: [x]}", "name"],
    ["a field nobody knows", "- {name: typo, targett: 8.8.8.8, target: 8.8.8.8, expect: deny, by: [x]}", "targett"],
    [
      "a field of the prototype",
      "- {name: typo, __proto__: {a: 1}, target: 8.8.8.8, expect: deny, by: [x]}",
      "__proto__",
    ],
    ["a decision that is none", "- {name: typo, target: 8.8.8.8, expect: maybe, by: [x]}", "expect"],
    ["nobody who decides", "- {name: typo, target: 8.8.8.8, expect: deny, by: []}", "by"],
    ["half a risk", "- {name: typo, target: 8.8.8.8, risk: 1.5, expect: deny, by: [x]}", "risk"],
    ["a number as text", `- {name: typo, target: 8.8.8.8, approvals: "2", expect: deny, by: [x]}`, "approvals"],
    ["no address", "- {name: typo, target: 300.1.1.1, expect: deny, by: [x]}", "typo"],
    ["a mode that is none", "- {name: typo, type: set_mode, target: lax, expect: deny, by: [x]}", "lax"],
    ["a type nobody can ask for", "- {name: typo, type: wipe, target: 8.8.8.8, expect: deny, by: [x]}", "wipe"],
  ])("whose examples hold %s is refused by file and example", (_name, text, why) => {
    expect(() => readCases("tests/ours.yml", text)).toThrow(
      expect.objectContaining({
        code: "POLICY_BUNDLE_INVALID",
        message: expect.stringContaining(why) as string,
      }) as Error,
    );
    expect(() => readCases("tests/ours.yml", text)).toThrow(/tests\/ours\.yml/);
  });

  test("keeps every file: what belongs to no bundle, or is there twice, is refused", () => {
    const files = filesOf(shipped);
    expect(sourceOf(files)).toEqual(shipped);
    for (const wrong of [
      [...files, { path: "notes.txt", text: "" }],
      [...files, { path: "never.cedar", text: "" }],
      files.filter(({ path }) => path !== "schema.cedarschema"),
    ])
      expect(() => sourceOf(wrong)).toThrow(expect.objectContaining({ code: "POLICY_BUNDLE_INVALID" }) as Error);
  });
});
