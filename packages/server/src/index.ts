export { runServer, type RunOptions } from "./main.ts";
export { builtInAttack, intakeLogsources, readRuleLine, runRulePackTests, slimBundle } from "#detect";
