export { findAttacker, listAttackers, type AttackerPlace, type AttackerSummary } from "./attacker-store.ts";
export { campaignPlace, findCampaign, listCampaigns, type CampaignSummary } from "./campaign-store.ts";
export {
  findIdentity,
  idsWithin,
  linksAmong,
  listIdentities,
  phasesWithin,
  rulingsAbout,
  type IdentitySummary,
  type StoredRuling,
} from "./identity-store.ts";
export { ladderAnchors, type LadderAnchors } from "./ladder-anchors.ts";
export { createLadderDesk, type LadderDesk } from "./ladder-desk.ts";
export { LOOK_CONSUMER } from "./look-store.ts";
export type { PhaseAt } from "./observation.ts";
export { profileShown } from "./profile-store.ts";
export { eraseFromActors, retainedAttackers } from "./retained-store.ts";
export { attackerRisk, sensorsInOrder, servicesInOrder, tracesShown } from "./shown.ts";
export { DETECTION_CONSUMER, EVENT_CONSUMER } from "./take-batches.ts";
export { createActors, type Actors } from "./worker.ts";
