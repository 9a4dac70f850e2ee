import { fileURLToPath } from "node:url";
import type { Decision } from "@tyr/contract";
import { loadBundle, readBundleSource } from "../../policy/bundle.ts";
import { readCases } from "../../policy/cases.ts";
import { decide, type ApprovalCounts, type DecisionInput } from "../../policy/decide.ts";
import { openEngine, type Engine } from "../../policy/engine.ts";

/** What the walks act on: an address, a prefix that two people decide about, one with weak evidence, the mode. */
export const TARGETS = ["8.8.8.8", "8.8.8.0/23", "8.8.4.4", "elevated"] as const;
export const MODE_TARGET = 3;
export const WEAK_TARGET = 2;
const MODES = ["normal", "elevated", "lockdown"] as const;
export const MODE_COUNT = MODES.length;
/** What a person asks for without evidence carries none; 30 may only be tried. */
export const riskOfTarget = (target: number, kind: "person" | "automation"): number | null =>
  target === WEAK_TARGET ? 30 : kind === "automation" && target !== MODE_TARGET ? 90 : null;

export type Question = Readonly<{
  bundle: number;
  mode: number;
  production: boolean;
  target: number;
  /** Somebody made its network one of ours meanwhile. */
  own: boolean;
  kind: "person" | "automation";
  ttlSeconds: number | null;
  counts: ApprovalCounts;
  /** Asked as break-glass, for the person who breaks it. */
  broken: boolean;
}>;

/** Where one question becomes Cedar's: read by the reader of the shipped examples, which knows what else there is to say. */
function inputOf({ mode, production, target, own, kind, ttlSeconds, counts, broken }: Question): DecisionInput {
  const isMode = target === MODE_TARGET;
  const lines = [
    `- name: model`,
    `  type: ${isMode ? "set_mode" : "block_ip"}`,
    `  who: ${broken ? "person" : kind}`,
    ...(broken ? ["  break_glass: true"] : []),
    `  target: "${TARGETS[target] ?? ""}"`,
    `  mode: ${MODES[mode] ?? "normal"}`,
    `  environment: ${production ? "production" : "development"}`,
    ...(own && !isMode ? ["  own: [8.8.0.0/16]"] : []),
    ...(riskOfTarget(target, kind) === null ? [] : [`  risk: ${riskOfTarget(target, kind) ?? 0}`]),
    `  expect: deny`,
    `  by: [model]`,
  ];
  const [read] = readCases("model.yml", lines.join("\n"));
  if (read === undefined) throw new TypeError("one case was written");
  const { input } = read;
  return { ...input, context: { ...input.context, approvals: counts, ttlSeconds } };
}

const OTHER = `
@id("everything-needs-two")
@reason("Another bundle: whatever is asked for, two people decide.")
@approvals("2")
@approver_roles("approver,security_manager")
forbid (principal, action in Action::"execute", resource is Target)
unless { context.approvals.total >= 2 };

@id("break-glass-for-ever")
@reason("Another bundle: it says nothing about how long.")
permit (principal is Person, action == Action::"block_ip.break_glass", resource is Target);
`;

const POLICIES = fileURLToPath(new URL("../../../../../../../policies", import.meta.url));

export type ModelPolicy = Readonly<{
  digests: readonly string[];
  decide(question: Question): Decision;
  /** How many different questions Cedar was asked. */
  asked(): number;
}>;

/** The shipped policies and another bundle, asked by the product's own `decide`; each question goes to Cedar once. */
export function openModelPolicy(): ModelPolicy {
  const source = readBundleSource(POLICIES);
  const other = { ...source, policies: { ...source.policies, "other.cedar": OTHER } };
  const engines: readonly Engine[] = [
    openEngine(loadBundle(source), "active-a"),
    openEngine(loadBundle(other), "active-b"),
  ];
  const known = new Map<string, Decision>();
  const epoch = new Date(0);
  return {
    digests: engines.map(({ bundle }) => bundle.digest),
    asked: () => known.size,
    decide(question) {
      const { bundle, mode, production, target, own, kind, ttlSeconds, counts } = question;
      const { total, approver, security_manager: manager } = counts;
      const key = `${bundle} ${mode} ${production} ${target} ${own} ${kind} ${ttlSeconds} ${total} ${approver} ${manager} ${question.broken}`;
      const before = known.get(key);
      if (before !== undefined) return before;
      const engine = engines[bundle];
      if (engine === undefined) throw new TypeError(`there is no bundle ${bundle}`);
      const decision = decide(engine, inputOf(question), epoch);
      known.set(key, decision);
      return decision;
    },
  };
}
