import type { Target } from "./target.ts";
import { conditionTarget } from "./targets/condition.ts";
import { lineTarget } from "./targets/line.ts";
import { pipelineTarget } from "./targets/pipeline.ts";
import { regexSampleTarget } from "./targets/regex-sample.ts";
import { regexTarget } from "./targets/regex.ts";
import { ruleTarget } from "./targets/rule.ts";
import { stateTarget } from "./targets/state.ts";

/** Every reader of the engine that takes text from outside. */
export const targets: readonly Target[] = [
  conditionTarget,
  regexTarget,
  regexSampleTarget,
  lineTarget,
  ruleTarget,
  pipelineTarget,
  stateTarget,
];
