/** The Sigma detection engine: parse, compile, match, correlate, explain. Pure; runs in Node and in a browser. */
export type { EventLogsource, SigmaEvent } from "./match/event.ts";
export type { AttackTags } from "./parse/attack-tags.ts";
export type { Logsource } from "./parse/logsource.ts";
export type { CorrelationSpec, CorrelationType } from "./parse/correlation.ts";
export type { RejectionCode } from "./parse/rejection.ts";
export type { RegexLimits } from "./compile/budget.ts";
export { regexStatesOf } from "./regex-states-of.ts";
export type { YamlLimits } from "./parse/yaml.ts";
export type { Placeholders } from "./compile/placeholder.ts";
export type { Expression, Fields, Item, Test } from "./expression.ts";
export type { CorrelationRule, DetectionRule, FilterRule, Level, RuleMetadata, SigmaRule } from "./rule.ts";
export { levels } from "./rule.ts";
export {
  createRuleMemory,
  type LoadOptions,
  loadRules,
  type References,
  type RuleFile,
  type RuleMemory,
  type RuleReport,
  type RuleSet,
} from "./load.ts";
export {
  parsePipeline,
  type Pipeline,
  type PipelineProblem,
  type PipelineResult,
  type PipelineVars,
  transformationTypes,
} from "./pipeline/pipeline.ts";
export { applyToEvent, type MappedEvent } from "./pipeline/apply-to-event.ts";
export { reversePipeline, type ReverseResult } from "./pipeline/reverse-pipeline.ts";
export { createEngine, type Engine, type EngineOptions, type Match } from "./match/engine.ts";
export { ruleApplies } from "./match/route.ts";
export { createRouter, knownLogsources, routeEvent, type Router, unroutedLogsource } from "./route/router.ts";
export { type RouteRole, routeRoles, type RouteRow } from "./route/route-row.ts";
export { routeTable } from "./route/route-table.ts";
export { applicability, type Applicability, type NeverApplicable } from "./route/applicability.ts";
export { evaluate, type EventContent } from "./match/naive.ts";
export {
  type CorrelationHit,
  type CorrelationLoss,
  type CorrelationStats,
  type Correlator,
  type CorrelatorOptions,
  correlatorDefaults,
  createCorrelator,
  type DirtyGroups,
  type GroupName,
  type LossReason,
  type RefusedGroup,
  type RestoreReport,
  type SavedState,
  type StoredGroup,
} from "./correlate/correlator.ts";
export type {
  Departure,
  GroupStore,
  OpenGroupStore,
  SavedGroup,
  StoreLimits,
  StreamTime,
} from "./correlate/group-store.ts";
export type { Firing, GroupLimits, Outcome } from "./correlate/group.ts";
export type { Entry } from "./correlate/entry.ts";
export { createGroupTable } from "./correlate/group-table.ts";
export {
  type CorrelationAccount,
  type CorrelationExplanation,
  type CorrelationVerdict,
  describeCorrelation,
  explainCorrelation,
} from "./correlate/explain-correlation.ts";
export type { ShownWindow } from "./correlate/shown-window.ts";
export { explain, type Explanation, type RuleExplanation } from "./explain.ts";
export { runRuleTests, type RuleTestCase, type RuleTestEvent, type RuleTestResult } from "./rule-test.ts";
export {
  type BatchOutcome,
  createMatchPool,
  type MatchPool,
  type MatchPoolOptions,
  type WorkerLoss,
} from "./parallel/match-pool.ts";
export type { LineBatch } from "./parallel/line-batch.ts";
export type { BatchFindings, PoolRouting } from "./parallel/messages.ts";
export {
  BatchFailed,
  type LineRange,
  poolAdvice,
  PoolBroken,
  PoolClosed,
  type PoolFailure,
} from "./parallel/pool-errors.ts";
export { loadRuleTexts, type RuleTexts } from "./parallel/rule-texts.ts";
export { feedMatched, type MatchedLine, matchedLines } from "./parallel/matched-lines.ts";
export { serveMatches, type ServeOptions } from "./parallel/serve-matches.ts";
export { browserPort, nodePort, type ServedPort, type WorkerHearing, type WorkerPort } from "./parallel/worker-port.ts";
