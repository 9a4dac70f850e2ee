export { blockedAmong, listBlockTimeline, summariseBlocks, type BlockCounts } from "./block-view.ts";
export { createRespond, type BlockSource, type Respond, type RespondDeps } from "./create-respond.ts";
export { express, type Client, type Takes } from "./express.ts";
export { ORIGIN } from "./hold-block.ts";
export type { Changes, Told } from "./read-changes.ts";
export { listOverlapping, type ActiveFilter, type BlockRow } from "./block-store.ts";
export { enforcerAddresses } from "./enforcers.ts";
export { clientOf, listEnforcers } from "./enforcer-store.ts";
