import type { Placeholders } from "../compile/placeholder.ts";
import { loadRules, type RuleFile, type RuleSet } from "../load.ts";
import type { YamlLimits } from "../parse/yaml.ts";
import { parsePipeline } from "../pipeline/pipeline.ts";

/** Everything `loadRules` depends on, as plain text: compiled rules hold functions and cannot travel to a worker. */
export type RuleTexts = Readonly<{
  files: readonly RuleFile[];
  /** Processing pipelines by their text; every one of them must parse. */
  pipelines?: readonly RuleFile[];
  placeholders?: Placeholders;
  limits?: Partial<YamlLimits>;
}>;

/**
 * `loadRules` from texts alone, so that several threads come to the same rules in the same order.
 *
 * @throws {SyntaxError} when a pipeline does not parse: rules through half of the pipelines would be other rules
 */
export function loadRuleTexts({ files, pipelines = [], placeholders, limits }: RuleTexts): RuleSet {
  const parsed = pipelines.map((file) => {
    const result = parsePipeline(file);
    if (result.ok) return result.pipeline;
    const [first] = result.problems;
    throw new SyntaxError(`${file.path}:${first?.line ?? 1}: ${first?.message ?? "the pipeline does not parse"}`);
  });
  return loadRules(files, {
    pipelines: parsed,
    ...(placeholders === undefined ? {} : { placeholders }),
    ...(limits === undefined ? {} : { limits }),
  });
}
