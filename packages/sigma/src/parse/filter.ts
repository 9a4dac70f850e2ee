import type { Expression } from "../expression.ts";
import { compileDetection, type DetectionContext } from "./detection.ts";
import { type DetectionDraft, readDetection } from "./draft.ts";
import { reject } from "./rejection.ts";
import { asMapping, asTextList, type Mapping } from "./shape.ts";

/** The part of a filter document that is its own. */
export type FilterSpec = Readonly<{
  targets: readonly string[] | "any";
  expression: Expression;
  detection: DetectionDraft;
}>;

/**
 * Reads `filter:`. Its condition is AND-ed onto the rules it names, as the reference implementation does, so a filter
 * that takes matches away says `not`; one without a `not` earns a warning.
 */
export function parseFilter(
  document: Mapping,
  context: Pick<DetectionContext, "placeholders" | "warn" | "regexes">,
): FilterSpec {
  const section = asMapping(document["filter"], "filter", { at: ["filter"], code: "filter-invalid" });
  const reading = { ...context, at: ["filter"], reserved: ["rules", "condition"] };
  const detection = readDetection(section, reading);
  const expression = compileDetection(detection, reading);
  const condition = JSON.stringify(section["condition"]);
  if (!/\bnot\b/i.test(condition)) {
    context.warn("the filter's condition has no `not`: it keeps what it selects and drops everything else");
  }
  return { targets: parseTargets(section["rules"]), expression, detection };
}

function parseTargets(value: unknown): readonly string[] | "any" {
  const place = { at: ["filter", "rules"], code: "filter-invalid" } as const;
  if (value === undefined) return reject("filter-invalid", "the filter does not say which rules it is for", ["filter"]);
  if (typeof value === "string" && value.toLowerCase() === "any") return "any";
  const targets = asTextList(value, "filter.rules", place);
  return targets.length > 0
    ? targets
    : reject("filter-invalid", "filter.rules is empty; name rules, or write any", place.at);
}
