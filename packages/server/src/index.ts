export { runServer, type RunOptions } from "./main.ts";
export { bundledAttack, intakeLogsources, readRuleLine, runRulePackTests } from "#detect";
