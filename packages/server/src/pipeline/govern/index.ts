export { kindsOf, isPublic, type AddressKind } from "./address-class.ts";
export {
  addressCount,
  addressesOf,
  contains,
  isSingle,
  knownPrefix,
  overlaps,
  parsePrefix,
  prefixAt,
  type Prefix,
} from "./address.ts";
export { listActionTimeline } from "./action-timeline.ts";
export {
  addAllowed,
  allowedPrefixes,
  listAllowed,
  parseAllowed,
  removeAllowed,
  type AllowRequest,
} from "./allow-list.ts";
export { createGovern, type ActionListing, type Execution, type Govern, type GovernDeps } from "./create-govern.ts";
export { liveActions } from "./retained-store.ts";
export { eraseFromActions } from "./erase-store.ts";
export type { Beginning, Effect } from "./execute-action.ts";
export type { Inventory } from "./assets/inventory.ts";
export type { ModeInForce } from "./mode-in-force.ts";
export type { AskingIncident } from "./mode-demand.ts";
export { listModeTimeline } from "./mode-timeline.ts";
export type { ModeRequest } from "./mode.ts";
export { limitsNow } from "./limits-now.ts";
export type { Limits } from "./settings/settings.ts";
export { checkPolicyFolder, readPolicyFolder } from "./policy/policy-folder.ts";
export { PolicyBundleInvalid } from "./policy/errors.ts";
export type { BundleSeal } from "./policy/stored-bundles.ts";
export type { Evidence, GovernPorts, IncidentChange, Ours, Person, Plan, Planner, PlanRequest } from "./ports.ts";
export type { By, Settled } from "./room.ts";
export { NO_PASSKEYS, type PasskeySigning } from "./signatures/ports.ts";
export type { ApprovalKeys } from "./signatures/approval-keys.ts";
export { listOwedReviews, type OwedReview } from "./break-glass/store.ts";
export { nearDeadline, type NearDeadline } from "./near-deadline-store.ts";
export { CONSUMER } from "./propose-actions.ts";
export { actionIdsOf, countWaiting, type ActionRow } from "./store.ts";
