import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { PolicyChangeFacts } from "@tyr/contract";
import { loadBundle, readBundleSource, type BundleSource } from "./bundle.ts";
import { changeFacts, diffOf } from "./change.ts";

const shipped = readBundleSource(fileURLToPath(new URL("../../../../../../policies", import.meta.url)));
const base = loadBundle(shipped);
const edited = (file: string, from: string | RegExp, to: string): BundleSource => {
  const text = shipped.policies[file] ?? "";
  const changed = text.replace(from, to);
  expect(changed).not.toBe(text);
  return { ...shipped, policies: { ...shipped.policies, [file]: changed } };
};
const facts = (source: BundleSource) => changeFacts(base, loadBundle(source));
const without = (id: string): RegExp => new RegExp(`@id\\("${id}"\\)[\\s\\S]*?;\\n`);
const NOTHING: PolicyChangeFacts = {
  removesForbid: false,
  loosensGate: false,
  widensPermit: false,
  schemaChanged: false,
  policiesChanged: 0,
};

describe("what other policies take away", () => {
  test.each<[string, BundleSource, Partial<PolicyChangeFacts>]>([
    ["a remark takes nothing away", edited("never.cedar", /^/, "// read\n"), {}],
    [
      "another reason is a change that takes nothing away",
      edited("never.cedar", "The target overlaps a network", "It overlaps a network"),
      { policiesChanged: 1 },
    ],
    [
      "a forbid that is gone",
      edited("never.cedar", without("never-own-network"), ""),
      { removesForbid: true, policiesChanged: 1 },
    ],
    [
      "a forbid that approvals lift now",
      edited(
        "never.cedar",
        '@id("never-own-network")',
        '@id("never-own-network") @approvals("1") @approver_roles("approver")',
      ),
      { removesForbid: true, policiesChanged: 1 },
    ],
    [
      "a forbid whose condition changed",
      edited("never.cedar", "prefixLength < 8", "prefixLength < 6"),
      { removesForbid: true, policiesChanged: 1 },
    ],
    [
      "a forbid under another name",
      edited("never.cedar", '@id("never-own-network")', '@id("never-ours")'),
      { removesForbid: true, policiesChanged: 2 },
    ],
    [
      "a gate that is gone",
      edited("approval.cedar", without("production-needs-approval"), ""),
      { loosensGate: true, policiesChanged: 1 },
    ],
    [
      "a gate that gives people longer than everywhere",
      edited("approval.cedar", '@id("wide-needs-two")', '@id("wide-needs-two") @decide_within("7d")'),
      { loosensGate: true, policiesChanged: 1 },
    ],
    [
      "a gate that gives people less time",
      edited("approval.cedar", '@id("wide-needs-two")', '@id("wide-needs-two") @decide_within("1h")'),
      { policiesChanged: 1 },
    ],
    [
      "a gate others may lift too",
      edited(
        "policy-change.cedar",
        '@approver_roles("security_manager")',
        '@approver_roles("approver,security_manager")',
      ),
      { loosensGate: true, policiesChanged: 1 },
    ],
    [
      "a gate that nothing lifts any more is stricter",
      edited("policy-change.cedar", '@approvals("1")\n@approver_roles("security_manager")\n', ""),
      { policiesChanged: 1 },
    ],
    [
      "a permit that is new",
      edited("permit.cedar", /$/, '\n@id("more") @reason("more") permit (principal, action, resource);\n'),
      { widensPermit: true, policiesChanged: 1 },
    ],
    [
      "a permit that is gone is stricter",
      edited("break-glass.cedar", without("set-mode-break-glass"), ""),
      { policiesChanged: 1 },
    ],
    [
      "a forbid that is new is stricter",
      edited("never.cedar", /$/, '\n@id("more") @reason("more") forbid (principal is Automation, action, resource);\n'),
      { policiesChanged: 1 },
    ],
    [
      "a schema that says something else",
      { ...shipped, schema: `${shipped.schema}entity Another;\n` },
      { schemaChanged: true },
    ],
    ["a schema with another remark", { ...shipped, schema: `// read\n${shipped.schema}` }, {}],
  ])("%s", (_name, source, wanted) => {
    expect(facts(source)).toEqual({ ...NOTHING, ...wanted });
  });

  test("is told policy by policy with its text, and file by file for the rest", () => {
    const source = { ...edited("never.cedar", without("never-own-network"), ""), tests: {} };
    const diff = diffOf({ bundle: base, source: shipped }, { bundle: loadBundle(source), source });
    expect(diff.policies).toMatchObject([
      { policyId: "never-own-network", change: "removed", after: null, loosens: "nothing forbids this any more" },
    ]);
    expect(diff.policies[0]?.before).toContain("resource.ownNetwork");
    expect(diff.files.map(({ path }) => path)).toEqual(Object.keys(shipped.tests).map((name) => `tests/${name}`));
  });
});
