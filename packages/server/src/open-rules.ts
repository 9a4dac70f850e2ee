import {
  buildRulePack,
  createFolderStore,
  createTableStore,
  openAttack,
  RuleKeeper,
  type RuleKeeperDeps,
  type Attack,
  type Pipelines,
  type RulePack,
} from "#detect";
import { type RunningLoop, startLoop } from "#platform/lifecycle";
import type { Clock } from "#platform/clock";
import type { Config } from "#platform/config";
import type { Database } from "#platform/database";
import type { Logger } from "#platform/log";

export type RuleParts = Readonly<{
  config: Pick<Config, "rulesDir" | "ruleStore">;
  database: Database;
  clock: Clock;
  log: Logger;
  pipelines: Pipelines;
}>;
export type OpenedRules = Readonly<{
  attack: Attack;
  /** Follows the store, once it is told whom to give packs to. */
  keeper: RuleKeeper;
  /** The pack to start with. */
  rules: RulePack;
}>;

const LOOK_MS = 500;

/** Follows what another server loads of ATT&CK: packs are built anew with it. The embedded engine has no other server. */
export function followAttack({
  attack,
  keeper,
  database,
  log,
}: Pick<OpenedRules, "attack" | "keeper"> & Pick<RuleParts, "database" | "log">): Pick<RunningLoop, "stop"> {
  if (database.engine === "pglite") return { stop: async () => await Promise.resolve() };
  const step = async (): Promise<boolean> => {
    if (await attack.look()) await keeper.rebuild();
    return false;
  };
  return startLoop({ name: "attack", step, restMs: LOOK_MS, log });
}

/** The ATT&CK releases in force, and rules that are tagged with them, from where the configuration says they are. */
export async function openRules({ config, pipelines, ...deps }: RuleParts): Promise<OpenedRules> {
  const attack = await openAttack(deps);
  const folder = createFolderStore({ dir: config.rulesDir, log: deps.log });
  const store = config.ruleStore === "filesystem" ? folder : createTableStore({ ...deps, folder });
  const build: RuleKeeperDeps["build"] = (files, memory) =>
    buildRulePack(files, { pipelines, attack: attack.catalogue(), memory });
  const keeper = new RuleKeeper({ store, log: deps.log, build });
  return { attack, keeper, rules: await keeper.open() };
}
