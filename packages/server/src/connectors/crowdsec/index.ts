export { createBouncerApi, type BouncerCall, type BouncerDeps, type BouncerHandlers } from "./serve-decisions.ts";
