export { ladderAnchors, type LadderAnchors } from "./ladder-anchors.ts";
export {
  findAttacker,
  identitiesOfAddresses,
  listAttackers,
  type AttackerFilter,
  type AttackerListing,
  type AttackerPlace,
  type AttackerSummary,
} from "./attacker-store.ts";
export { createActors, DETECTION_CONSUMER, EVENT_CONSUMER, type Actors, type ActorsDeps } from "./worker.ts";
