export { createNotify, NO_NOTIFICATIONS, type Asking, type Notify, type NotifyDeps } from "./create-notify.ts";
export type { ActionNow, NotifyPorts } from "./ports.ts";
export { readPlace } from "./read-place.ts";
