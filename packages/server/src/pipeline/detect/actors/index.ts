export {
  findAttacker,
  identitiesOfAddresses,
  listAttackers,
  membersOfCampaign,
  observationsOf,
  type AttackerFilter,
  type AttackerListing,
  type AttackerPlace,
  type AttackerSummary,
  type KnownAddress,
} from "./attacker-store.ts";
export { createActors, DETECTION_CONSUMER, EVENT_CONSUMER, type Actors, type ActorsDeps } from "./worker.ts";
