export { blockedAmong, listBlockTimeline, summariseBlocks, type BlockCounts } from "./block-view.ts";
export { createRespond, type BlockSource, type Respond, type RespondDeps } from "./create-respond.ts";
export { express, expressesRanges, type Client } from "./express.ts";
export type { Changes, Told } from "./read-changes.ts";
export { listOverlapping, type ActiveFilter, type BlockRow } from "./block-store.ts";
export { listEnforcers } from "./enforcer-store.ts";
