import { networkInterfaces } from "node:os";
import { reachOf } from "#collect";
import { createBlocklistPlanner } from "#connectors/blocklist";
import { surestOf } from "#detect";
import { evidenceOf, readIncidentChangesAfter, seriousIncidents } from "#escalate";
import { createGovern, type BundleSeal, type Govern, type PasskeySigning } from "#govern";
import { accountNamed, listDeciders, lockActiveSubject, operatorAddresses, permissionsNow } from "#identity";
import type { Bus } from "#platform/bus";
import { systemClock } from "#platform/clock";
import type { Config } from "#platform/config";
import type { Database, ReadDatabase } from "#platform/database";
import type { Leading } from "#platform/lifecycle";
import type { Logger } from "#platform/log";
import { enforcerAddresses } from "#respond";

export type GovernParts = Readonly<{
  config: Config;
  log: Logger;
  database: Database;
  bus: Bus;
  leading: Leading;
  /** Origin of the audit log. */
  installation: string;
  passkeys: PasskeySigning;
  /** Signs bundles of policies. */
  seal: BundleSeal;
}>;

/** Decisions about actions, with what they must know of the other rooms. */
export async function openGovern(parts: GovernParts): Promise<Govern> {
  const { config, log, leading, database, bus, installation, passkeys, seal } = parts;
  const planner = createBlocklistPlanner({ reachOf });
  const ports = {
    planner,
    people: listDeciders,
    findAccount: async (db: ReadDatabase, nameOrId: string) => await accountNamed(db, nameOrId),
    holdAccount: lockActiveSubject,
    permissionsOf: permissionsNow,
    // Asked each time: addresses of a host change, people come and go.
    ours: async (db: ReadDatabase) => ({
      host: Object.values(networkInterfaces()).flatMap((all = []) => all.map(({ address }) => address)),
      enforcers: await enforcerAddresses(db),
      operators: await operatorAddresses(db, systemClock.now()),
    }),
    evidenceOf: async (id: Parameters<typeof evidenceOf>[1]) => {
      const evidence = await evidenceOf(database.read, id);
      return evidence && { ...evidence, confidence: await surestOf(database.read, evidence.detectionIds) };
    },
    askingIncidents: seriousIncidents,
    readIncidentChangesAfter,
    passkeys,
  };
  return await createGovern({
    db: database,
    clock: systemClock,
    bus,
    log,
    leading,
    seal,
    policiesDir: config.policiesDir,
    ownNetworks: config.ownNetworks,
    environment: config.environment,
    installation,
    ports,
  });
}
