export { runServer, type RunOptions } from "./main.ts";
export { runRulePackTests } from "#detect";
