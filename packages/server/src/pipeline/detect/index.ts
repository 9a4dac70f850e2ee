export type { DetectionTag, NewDetection, StoredDetection } from "./detection.ts";
export {
  countDetections,
  detectionById,
  detectionHead,
  detectionsByIds,
  detectionsPerHour,
  hitsByRule,
  listDetections,
  readDetectionsAfter,
  surestOf,
  techniquesSeen,
  type DetectionFilter,
  type DetectionListing,
  type RuleHits,
  type TechniqueSeen,
} from "./detection-store.ts";
export { retainedDetections } from "./retained-store.ts";
export {
  builtInAttack,
  ENTERPRISE,
  isSubTechnique,
  releaseOf,
  tacticOf,
  techniqueName,
  techniqueUrl,
  type AttackCatalogue,
} from "./attack/attack-release.ts";
export { openAttack, type Attack, type AttackCandidate, type InForce } from "./attack/attack.ts";
export { attackEffect } from "./attack/attack-effect.ts";
export { groupsUsing } from "./attack/groups.ts";
export { mispEvent } from "./attack/export/misp-event.ts";
export { navigatorLayer } from "./attack/export/navigator-layer.ts";
export { stixBundle } from "./attack/export/stix-bundle.ts";
export { slimBundle } from "./attack/slim-bundle.ts";
export { cellKey, matrixOf, type CellFigures } from "./attack/matrix.ts";
export { coverageByCell, testedRules } from "./attack/rule-coverage.ts";
export { phaseOf, UKC_PHASES, type UkcPhase } from "./attack/unified-kill-chain.ts";
export {
  listTags,
  seenByAnchor,
  seenTechniques,
  wholeHours,
  type SeenTechnique,
  type StoredTag,
  type TtpFilter,
  type TtpScope,
} from "./ttp-store.ts";
export { visibleText } from "./hostile-text.ts";
export {
  buildRulePack,
  checkRulesDir,
  loadRulePack,
  type PackRule,
  type RejectedRule,
  type RulePack,
} from "./rule-pack.ts";
export { daysByRule, listInputs, type RuleDay } from "./figures/figure-store.ts";
export { reachOf, seenInputs, type SeenInputs } from "./figures/reach.ts";
export { LATENCY_BOUNDS_MS, type LatencyReport } from "./figures/latency.ts";
export type { LossReport } from "./loss-counts.ts";
export type { CostReport } from "./figures/rule-costs.ts";
export { createReplays, type Replays } from "./backtest/create-replays.ts";
export { readPipelines, type Pipelines } from "./pipelines.ts";
export { createDetect, type Detect, type Progress } from "./create-detect.ts";
export type { DetectDeps } from "./worker.ts";
export {
  type CredentialFilter,
  listCredentials,
  eraseAddress,
  retainedCredentials,
  type StoredCredential,
} from "./lift/credential-store.ts";
export { allLifters } from "./lift/lifters.ts";
export { openSecretHash } from "./lift/keyed-hash.ts";
export { LIFT_CONSUMER, startLift, type LiftDeps, type RunningLift } from "./lift/lift-worker.ts";
export type { LifterFigures, LiftFigures } from "./lift/lift.ts";
export { runRulePackTests } from "./rule-tests.ts";
export { readRuleLine } from "./rule-line.ts";
export { intakeLogsources } from "./rule-sources.ts";
export { createFolderStore } from "./rules/folder-store.ts";
export { RuleKeeper, type RuleKeeperDeps } from "./rules/rule-keeper.ts";
export { createTableStore } from "./rules/table-store.ts";
export { eraseFromDefinitions } from "./rules/definition-store.ts";
export { createRuleStates, type RuleStates } from "./rules/rule-states.ts";
export type { SetState } from "./rules/rule-state.ts";
export { eraseFromRules, suppressedByRule, type Suppressed } from "./rules/state-store.ts";
export {
  INDICATOR_KINDS,
  type IndicatorKind,
  type IntelAnswer,
  type IntelAsked,
  type IntelEntry,
  type IntelFeed,
  type IntelProvider,
  type IntelVerdict,
} from "./intel/answer.ts";
export { type AddressIntel, type Intel, startIntel } from "./intel/create-intel.ts";
export { INTEL_CONSUMER } from "./intel/follow-events.ts";
