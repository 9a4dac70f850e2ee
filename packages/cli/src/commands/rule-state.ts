import { RULE_STATE_DAYS_MAX, type RuleDetail, type RuleStateSet, type RuleWithState } from "@tyr/contract";
import type { Context, Run } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { usage } from "../failure.ts";
import type { Input } from "../input.ts";
import type { Color } from "../output/color.ts";
import { showInstant } from "../output/instants.ts";
import { pairs, type Column } from "../output/table.ts";
import { visible, visibleLines } from "../output/visible-text.ts";

const LASTS = { min: 1, max: RULE_STATE_DAYS_MAX * 86_400 };
const COLORS: Readonly<Record<RuleWithState["state"], Color>> = {
  enabled: "green",
  disabled: "red",
  clipped: "yellow",
  muted: "yellow",
};

function stateOf({ state, confidenceMax }: RuleWithState): string {
  return confidenceMax === null ? state : `${state} to ${confidenceMax}`;
}

const COLUMNS: readonly Column<RuleWithState>[] = [
  { name: "id", value: (row) => row.id },
  { name: "state", value: stateOf, color: (row) => COLORS[row.state] },
  { name: "until", value: (row) => showInstant(row.expiresAt) },
  { name: "by", value: (row) => row.setBy?.name ?? "" },
  { name: "suppressed", value: (row) => row.suppressed, right: true },
  { name: "title", value: (row) => row.title, cuttable: true },
  { name: "reason", value: (row) => row.reason, cuttable: true },
];

function shown(rule: RuleDetail): readonly (readonly [string, string])[] {
  const { setBy, setAt, reason, refersTo, referredBy } = rule;
  const by = setBy === null ? [] : [["set by", `${visible(setBy.name)} at ${showInstant(setAt) ?? ""}`] as const];
  const references = [["refers to", refersTo] as const, ["referred to by", referredBy] as const].flatMap(
    ([name, ids]) => (ids.length === 0 ? [] : [[name, ids.join(" ")] as const]),
  );
  return [
    ["rule", visible(rule.title)],
    ["id", rule.id],
    ["file", visible(rule.path)],
    ["version", rule.version],
    ["level", rule.level],
    ["techniques", rule.techniques.join(" ")],
    ["state", stateOf(rule)],
    ["until", showInstant(rule.expiresAt) ?? "for good"],
    ["reason", visible(reason ?? "")],
    ...by,
    ["detections", `${rule.detections}, last ${showInstant(rule.lastDetectionAt) ?? "never"}`],
    ["suppressed", String(rule.suppressed)],
    ...references,
  ];
}

function print({ print: printer }: Context, rule: RuleDetail): typeof EXIT.ok {
  printer.one(rule, () => [...pairs(shown(rule), printer.paint), "", ...visibleLines(rule.yaml)]);
  return EXIT.ok;
}

/** Rules somebody set something of; with `--all` every rule. */
export const states: Run = async ({ api, print: printer }, input) => {
  const { items } = await (await api()).call("rule.states", {});
  const wanted = input.flag("all") ? items : items.filter(({ state }) => state !== "enabled");
  printer.many(wanted, COLUMNS, "Every rule in force is enabled.");
  return EXIT.ok;
};

export const show: Run = async (context, input) => {
  const params = { id: ruleOf(input) };
  return print(context, await (await context.api()).call("rule.get", { params }));
};

function ruleOf(input: Input): string {
  return input.value(0, "the rule's id").toLowerCase();
}

/** `--until TIME`, or `--for DURATION` from now on. */
function endOf({ world }: Context, input: Input): string | undefined {
  const [seconds, until] = [input.seconds("for", LASTS), input.text("until")];
  if (seconds !== undefined && until !== undefined) throw usage("--for and --until contradict each other");
  if (seconds !== undefined) return new Date(world.now() + seconds * 1_000).toISOString();
  if (until === undefined) return undefined;
  const end = new Date(until);
  if (Number.isNaN(end.getTime())) throw usage(`--until ${until} is not a time`, "Write it like 2026-02-01T10:00:00Z.");
  return end.toISOString();
}

async function set(context: Context, input: Input, body: RuleStateSet): Promise<typeof EXIT.ok> {
  const params = { id: ruleOf(input) };
  return print(context, await (await context.api()).call("rule.setState", { params, body }));
}

export const disable: Run = async (context, input) => {
  const expiresAt = endOf(context, input);
  const reason = input.required("reason");
  return await set(context, input, { state: "disabled", reason, ...(expiresAt === undefined ? {} : { expiresAt }) });
};

export const mute: Run = async (context, input) => {
  const expiresAt = endOf(context, input);
  if (expiresAt === undefined) throw usage("a rule is muted for a while", "Say how long with --for, or --until.");
  return await set(context, input, { state: "muted", reason: input.required("reason"), expiresAt });
};

export const clip: Run = async (context, input) => {
  const text = input.required("to");
  const confidenceMax = /^(?:0(?:\.\d+)?|1(?:\.0+)?)$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(confidenceMax)) throw usage(`--to ${text} is not usable`, "Give a number from 0 to 1, e.g. 0.45.");
  const expiresAt = endOf(context, input);
  const reason = input.required("reason");
  const end = expiresAt === undefined ? {} : { expiresAt };
  return await set(context, input, { state: "clipped", confidenceMax, reason, ...end });
};

/** With a reason it is written beside the rule; without one it is as if nobody had ever set anything. */
export const enable: Run = async (context, input) => {
  const reason = input.text("reason");
  if (reason !== undefined) return await set(context, input, { state: "enabled", reason });
  const params = { id: ruleOf(input) };
  await (await context.api()).call("rule.clearState", { params });
  return print(context, await (await context.api()).call("rule.get", { params }));
};
