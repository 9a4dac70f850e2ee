export { createBlocklistPlanner, durationText, type PlanDeps } from "./plan-block.ts";
export { createFeed, type FeedCall } from "./serve-feed.ts";
