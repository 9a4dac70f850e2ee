import { ok, type Environment, type RecordClass } from "@tyr/contract";
import {
  createPersonalValues,
  createPrivacy,
  createRetention,
  retainedPersonal,
  type Keeper,
  type PersonalValues,
  type Privacy,
  type Pruning,
  type Retention,
} from "#audit";
import { DETECTION_CONSUMER, eraseFromActors, EVENT_CONSUMER, retainedAttackers } from "#actors";
import { retainedEvents, retainedQuarantine } from "#collect";
import {
  eraseAddress,
  eraseFromDefinitions,
  eraseFromRules,
  LIFT_CONSUMER,
  retainedCredentials,
  retainedDetections,
} from "#detect";
import { belongsToIncident, eraseFromIncidents, openEvidence, openIncidentIds, retainedIncidents } from "#escalate";
import { eraseFromActions, liveActions } from "#govern";
import { accountEraser, retainedSessions } from "#identity";
import { cursorOf } from "#platform/bus";
import { systemClock } from "#platform/clock";
import type { Database, WriteTransaction } from "#platform/database";
import type { Leading } from "#platform/lifecycle";
import type { Logger } from "#platform/log";
import type { Secrets } from "#platform/secrets";
import { retainedTogether } from "./retained-together.ts";

export type PrivacyParts = Readonly<{
  database: Database;
  secrets: Secrets;
  log: Logger;
  leading: Leading;
  keepDays: Readonly<Partial<Record<RecordClass, number>>>;
  pruning: Pruning;
}>;

/** What keeps entries of the log: they stay, with everything behind them. */
async function keepersOf({ read }: Database, heldSubjects: readonly string[]): Promise<readonly Keeper[]> {
  const actions = await liveActions(read);
  return [
    { why: "legal hold", ids: heldSubjects },
    { why: "open incident", ids: await openIncidentIds(read) },
    { why: "action in force", ids: actions.map((one) => one.id) },
  ];
}

async function incidentsInForce(tx: WriteTransaction): Promise<readonly string[]> {
  return (await liveActions(tx)).flatMap(({ incidentId }) => incidentId ?? []);
}

/** In production a field that our own code forgot to declare is sealed and told of; anywhere else it is refused. */
export function openPersonalValues({
  secrets,
  log,
  environment,
}: Readonly<{ secrets: Secrets; log: Logger; environment: Environment }>): PersonalValues {
  const tell = (type: string, fields: readonly string[]): void =>
    log.warn({ type, fields }, "an audit entry has fields that nobody declared: they are sealed like personal ones");
  const undeclared = environment === "production" ? tell : "refuse";
  return createPersonalValues({ secrets, clock: systemClock, undeclared });
}

/** Events wait for detection and for what is derived from them; detections for whoever reads those. */
function readByAll(consumers: readonly string[]) {
  return async (tx: WriteTransaction): Promise<number> => {
    const positions: number[] = [];
    for (const consumer of consumers) positions.push(await cursorOf(tx, consumer));
    return Math.min(...positions);
  };
}

/** Names in these tables go without anything that could be refused. */
function erasing(work: (tx: WriteTransaction, id: string) => Promise<number>) {
  return async (tx: WriteTransaction, id: string) => ok(await work(tx, id));
}

/** Erasure and retention reach into every room that keeps something of people; each room says itself what that is. */
export function openPrivacy({ database, secrets, log, leading, keepDays, pruning }: PrivacyParts): {
  privacy: Privacy;
  retention: Retention;
} {
  const erasers = [
    accountEraser(secrets),
    erasing(eraseFromRules),
    erasing(eraseFromDefinitions),
    erasing(eraseFromIncidents),
    erasing(eraseFromActions),
    erasing(eraseFromActors),
    erasing(eraseAddress),
  ];
  const privacy = createPrivacy({ database, secrets, clock: systemClock, erasers });
  const pruneDue = async ({ cutoff, heldSubjects }: Readonly<{ cutoff: Date; heldSubjects: readonly string[] }>) => ({
    cutoff,
    keepers: await keepersOf(database, heldSubjects),
  });
  const retention = createRetention({
    database,
    clock: systemClock,
    log,
    leading,
    keepDays,
    heldSubjects: async () => (await privacy.holds()).map((one) => one.subject),
    classes: {
      event: retainedTogether(
        retainedEvents({ readUpTo: readByAll(["detect", LIFT_CONSUMER, EVENT_CONSUMER]), evidence: openEvidence }),
        retainedCredentials,
      ),
      detection: retainedDetections({
        readUpTo: readByAll(["escalate", DETECTION_CONSUMER]),
        isPart: belongsToIncident,
      }),
      incident: retainedIncidents({ inForce: incidentsInForce }),
      attacker: retainedAttackers,
      session: retainedSessions,
      quarantine: retainedQuarantine,
      audit: {
        look: async (due) => await pruning.count(await pruneDue(due)),
        removeAll: async (due, order) => await pruning.prune(await pruneDue(due), order),
      },
      personal: retainedPersonal,
    },
  });
  return { privacy, retention };
}
