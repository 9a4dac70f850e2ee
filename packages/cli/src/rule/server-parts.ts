import type * as Server from "@tyr/server";

/** What the server knows and rule commands need: reading raw lines, its log sources, the ATT&CK release it comes with. */
type ServerParts = Pick<
  typeof Server,
  "builtInAttack" | "intakeLogsources" | "readRuleLine" | "runRulePackTests" | "slimBundle"
>;

/** Loads the server's code, which takes about a second; no server runs. */
export async function serverParts(): Promise<ServerParts> {
  return await import("@tyr/server");
}
