import { builtInAttack, loadRulePack, openAttack, type Attack, type Pipelines, type RulePack } from "#detect";
import type { Clock } from "#platform/clock";
import type { Database } from "#platform/database";
import type { Logger } from "#platform/log";

export type RuleParts = Readonly<{
  database: Database;
  clock: Clock;
  log: Logger;
  rulesDir: string;
  pipelines: Pipelines;
  /** The pack as it was read before the database was open, with the releases that come with Tyr. */
  shipped: RulePack;
}>;
export type OpenedRules = Readonly<{
  attack: Attack;
  /** The pack to start with. */
  rules: RulePack;
  /** The pack as its folder is now, with the ATT&CK releases in force. */
  loadRules: () => RulePack;
}>;

/** The ATT&CK releases in force, and rules that are tagged with them. */
export async function openRules({ rulesDir, pipelines, shipped, ...deps }: RuleParts): Promise<OpenedRules> {
  const attack = await openAttack(deps);
  const loadRules = (): RulePack => loadRulePack(rulesDir, { pipelines, attack: attack.catalogue() });
  return { attack, loadRules, rules: attack.catalogue() === builtInAttack() ? shipped : loadRules() };
}
