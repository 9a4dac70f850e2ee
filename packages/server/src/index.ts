export { runServer, type RunOptions } from "./main.ts";
export { checkPolicyFolder, readPolicyFolder } from "#govern";
export { builtInAttack, intakeLogsources, readRuleLine, runRulePackTests, slimBundle } from "#detect";
