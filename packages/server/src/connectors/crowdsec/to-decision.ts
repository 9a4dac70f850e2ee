import type { CrowdsecDecision } from "@tyr/contract";
import { isSingle, parsePrefix } from "#govern";
import { ORIGIN, type Takes, type Told } from "#respond";
import { goDuration } from "./go-duration.ts";

/** Bouncers show and count by it; constant, because a justification is text somebody typed. */
export const SCENARIO = "tyr/block_ip";
const TYPE = "ban";
/** Room for the addresses of one expanded range, so that each keeps its id. */
const IDS_PER_BLOCK = 256;

/** One decision as bouncers read it: scope in their case, time left as a Go duration. */
export function toDecision({ block, prefix, offset }: Told, now: Date): CrowdsecDecision {
  return {
    id: block.number * IDS_PER_BLOCK + offset,
    uuid: block.id.slice(block.id.indexOf("_") + 1),
    origin: block.origin,
    type: TYPE,
    scope: isSingle(prefix) ? "Ip" : "Range",
    value: prefix.text,
    duration: goDuration((block.ended_at ?? block.expires_at).getTime() - now.getTime()),
    scenario: SCENARIO,
  };
}

export type DecisionFilter = Readonly<{
  scope?: string | undefined;
  scopes?: string | undefined;
  value?: string | undefined;
  type?: string | undefined;
  origins?: string | undefined;
  scenarios_containing?: string | undefined;
  scenarios_not_containing?: string | undefined;
}>;

const listOf = (text: string | undefined): readonly string[] =>
  (text ?? "")
    .split(",")
    .map((one) => one.trim().toLowerCase())
    .filter((one) => one !== "");

/** Compared as addresses, however they are written: `2A00:1450:0::5` is `2a00:1450::5`. Other scopes as text. */
function isValue(given: string, value: string): boolean {
  const parsed = parsePrefix(given);
  return parsed.ok ? parsed.value.text === value : given === value;
}

/** What a filter lets through of our decisions, which differ in nothing but their scope. */
export function takesOf(filter: DecisionFilter): Takes {
  const ours = { type: TYPE, origin: ORIGIN, scenario: SCENARIO, value: "" };
  const addresses = isWanted({ ...ours, scope: "Ip" }, filter);
  const ranges = isWanted({ ...ours, scope: "Range" }, filter);
  if (addresses) return ranges ? "all" : "addresses";
  return ranges ? "ranges" : "none";
}

type Filtered = Pick<CrowdsecDecision, "type" | "origin" | "scenario" | "value" | "scope">;

/** The filters of the bouncer API. Names compare without case: clients write `ip` and `Ip`. */
export function isWanted(decision: Filtered, filter: DecisionFilter): boolean {
  const among = (names: readonly string[], name: string): boolean =>
    names.length === 0 || names.includes(name.toLowerCase());
  const scenario = decision.scenario.toLowerCase();
  const containing = listOf(filter.scenarios_containing);
  return (
    among([...listOf(filter.scope), ...listOf(filter.scopes)], decision.scope) &&
    among(listOf(filter.type), decision.type) &&
    among(listOf(filter.origins), decision.origin) &&
    (filter.value === undefined || isValue(filter.value, decision.value)) &&
    (containing.length === 0 || containing.some((part) => scenario.includes(part))) &&
    !listOf(filter.scenarios_not_containing).some((part) => scenario.includes(part))
  );
}
