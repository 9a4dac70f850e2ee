import {
  buildRulePack,
  createFolderStore,
  createTableStore,
  openAttack,
  RuleKeeper,
  type RuleKeeperDeps,
  type Attack,
  type AttackCatalogue,
  type Pipelines,
  type RulePack,
} from "#detect";
import { limitsNow, type Limits } from "#govern";
import type { Bus } from "#platform/bus";
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
  limits: LimitsInForce;
  /** The pack in force as it would be under other ATT&CK releases. */
  tryAttack: (catalogue: AttackCatalogue) => RulePack;
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
  const limits = await openLimits(deps);
  const buildWith =
    (catalogue: () => AttackCatalogue): RuleKeeperDeps["build"] =>
    (files, kept) =>
      buildRulePack(files, { pipelines, attack: catalogue(), ...kept, limits: limits.now() });
  const keeper = new RuleKeeper({ store, log: deps.log, build: buildWith(() => attack.catalogue()) });
  const tryAttack = (catalogue: AttackCatalogue): RulePack => keeper.tried(buildWith(() => catalogue));
  return { attack, keeper, limits, tryAttack, rules: await keeper.open() };
}

/** What people set and the mode makes of it, as rules go by it. */
type LimitsInForce = Readonly<{
  now(): Limits;
  /** Reads again. @returns whether anything is different now */
  look(): Promise<boolean>;
}>;

async function openLimits({ database, clock }: Pick<RuleParts, "database" | "clock">): Promise<LimitsInForce> {
  let limits = await limitsNow(database.read, clock.now());
  return {
    now: () => limits,
    async look() {
      const read = await limitsNow(database.read, clock.now());
      const isSame = JSON.stringify(read) === JSON.stringify(limits);
      limits = read;
      return !isSame;
    },
  };
}

const LIMITS_MS = 2_000;

/**
 * Follows what is set and the mode, whoever changes them on whichever server: rules are built anew with them. A change
 * is noticed at once where it is made, else within seconds.
 */
export function followLimits({
  limits,
  keeper,
  bus,
  log,
}: Pick<OpenedRules, "limits" | "keeper"> & Readonly<{ bus: Bus; log: Logger }>): Pick<RunningLoop, "stop"> {
  let isDue = false;
  const step = async (): Promise<boolean> => {
    isDue = (await limits.look()) || isDue;
    if (isDue) await keeper.rebuild();
    isDue = false;
    return false;
  };
  const loop = startLoop({ name: "limits of rules", step, restMs: LIMITS_MS, log });
  const leave = bus.subscribe(({ topic }) => {
    if (topic === "mode.changed" || topic === "settings.changed") loop.wake();
  });
  return {
    async stop() {
      leave();
      await loop.stop();
    },
  };
}
