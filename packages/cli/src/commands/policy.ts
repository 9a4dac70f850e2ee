import {
  isId,
  type Action,
  type PolicyDifference,
  type PolicyExplanation,
  type PolicyVersion,
  type PolicyView,
} from "@tyr/contract";
import type { Context, Run } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { usage } from "../failure.ts";
import { showInstant } from "../output/instants.ts";
import { pairs, type Column } from "../output/table.ts";
import { visible } from "../output/visible-text.ts";
import { exitOfRequest, printAction } from "./action.ts";
import { choiceOf, digestOf, folderFiles } from "./policy-folder.ts";

/** Publishing checks a bundle, and asks it about a month of decisions, before it answers. */
const PUBLISH_TIMEOUT_MS = 180_000;

const POLICIES: readonly Column<PolicyView["policies"][number]>[] = [
  { name: "policy", value: (row) => row.id },
  { name: "effect", value: (row) => row.effect, color: (row) => (row.effect === "permit" ? "green" : "yellow") },
  {
    name: "approvals",
    value: ({ annotations: { approvals } }) => (typeof approvals === "string" ? approvals : ""),
    right: true,
  },
  { name: "reason", value: (row) => row.reason, cuttable: true },
];

/** The bundle in force; with a policy's id, that policy. */
export const show: Run = async ({ api, print }, input) => {
  const view = await (await api()).call("policy.get", {});
  const wanted = input.values[0];
  if (wanted !== undefined) {
    const found = view.policies.find(({ id }) => id === wanted);
    if (found === undefined) throw usage(`no policy ${visible(wanted)} is in force`, "tyr policy show lists them.");
    print.one(found, () => [visible(found.text)]);
    return EXIT.ok;
  }
  if (print.forPeople) print.many(view.policies, POLICIES, "");
  else print.one(view, () => []);
  print.say(`In force since ${showInstant(view.activatedAt)}: ${view.digest}`);
  return EXIT.ok;
};

const VERSIONS: readonly Column<PolicyVersion>[] = [
  { name: "digest", value: (row) => row.digest },
  { name: "state", value: (row) => (row.inForce ? "in force" : ""), color: () => "green" },
  { name: "from", value: (row) => row.origin },
  { name: "policies", value: (row) => row.policies, right: true },
  { name: "stored", value: (row) => showInstant(row.createdAt) },
  { name: "by", value: (row) => row.createdBy.name },
  { name: "last in force", value: (row) => (row.activations[0] ? showInstant(row.activations[0].at) : "never") },
];

export const versions: Run = async ({ api, print }) => {
  const list = await (await api()).call("policy.versions", {});
  if (print.forPeople) print.many(list.items, VERSIONS, "");
  else print.one(list, () => []);
  if (!list.folder.inForce)
    print.warn(
      list.folder.digest === null
        ? "the folder of policies does not load; what was published stays in force"
        : `the folder of policies holds another bundle: ${list.folder.digest}`,
    );
  return EXIT.ok;
};

const CHANGES: readonly Column<PolicyDifference>[] = [
  { name: "change", value: (row) => row.change },
  { name: "policy", value: (row) => row.policyId },
  { name: "effect", value: (row) => row.effect },
  { name: "loosens", value: (row) => row.loosens ?? "", color: () => "yellow", cuttable: true },
];

function lines({ change, policyId, before, after, loosens }: PolicyDifference): string[] {
  const marked = (text: string | null, mark: string): string[] =>
    text === null ? [] : text.split("\n").map((line) => `${mark} ${visible(line)}`);
  return [
    `${policyId} ${change}${loosens === null ? "" : ` (${loosens})`}`,
    ...marked(before, "-"),
    ...marked(after, "+"),
  ];
}

export const diff: Run = async (context, input) => {
  const { print, api } = context;
  const { call } = await api();
  const from = input.text("from");
  const to = await choiceOf(context, input.values[0]);
  const body = { to, ...(from === undefined ? {} : { from: await choiceOf(context, from) }) };
  const found = await call("policy.diff", { body });
  if (!print.forPeople) print.one(found, () => []);
  else if (input.flag("text")) print.one(found, () => found.policies.flatMap(lines));
  else print.many(found.policies, CHANGES, "");
  for (const { path } of found.files) print.say(`${path} differs`);
  print.say(`${found.policies.length} policies differ: ${found.from} to ${found.to}.`);
  return EXIT.ok;
};

function sayAsked(context: Context, action: Action): ExitCode {
  printAction(context, action);
  if (action.state === "pending")
    context.print.say(`Waits for ${action.approvalsMissing} approval(s) by somebody else: tyr approve ${action.id}`);
  return exitOfRequest(action, false);
}

export const publish: Run = async (context, input) => {
  const justification = input.required("reason");
  const { call } = await context.api({ timeoutMs: PUBLISH_TIMEOUT_MS });
  const body = { files: await folderFiles(context, input), justification };
  return sayAsked(context, await call("policy.publish", { body }));
};

export const rollback: Run = async (context, input) => {
  const body = { digest: digestOf(input.value(0, "the digest")), justification: input.required("reason") };
  const { call } = await context.api({ timeoutMs: PUBLISH_TIMEOUT_MS });
  return sayAsked(context, await call("policy.rollback", { body }));
};

const REASONS: readonly Column<PolicyExplanation["policies"][number]>[] = [
  { name: "policy", value: (row) => row.policyId },
  { name: "effect", value: (row) => row.effect },
  { name: "decides", value: (row) => (row.decides ? "yes" : ""), color: () => "green" },
  { name: "why", value: (row) => row.why, cuttable: true },
];

function decided({ stored, again }: PolicyExplanation): readonly (readonly [string, string])[] {
  return [
    ["decided", `${stored.outcome} by ${stored.by.join(", ")}`],
    ["under", stored.bundleDigest],
    ["again", again.outcome],
    ["under", again.bundleDigest],
  ];
}

export const explain: Run = async ({ api, print }, input) => {
  const what = input.value(0, "the action or the number of the decision");
  const asked = isId("action", what) ? { action: what } : { decision: Number(what) };
  if ("decision" in asked && !/^\d{1,15}$/.test(what))
    throw usage(`${visible(what)} is neither an action nor the number of a decision`);
  const under = input.text("under");
  const body = { ...asked, ...(under === undefined ? {} : { under: digestOf(under) }) };
  const told = await (await api()).call("policy.explain", { body });
  if (!print.forPeople) {
    print.one(told, () => []);
    return EXIT.ok;
  }
  const shown = input.flag("all") ? told.policies : told.policies.filter(({ why }) => !why.startsWith("it is about"));
  for (const line of pairs(decided(told), print.paint)) print.say(line);
  print.many(shown, REASONS, "");
  return EXIT.ok;
};
