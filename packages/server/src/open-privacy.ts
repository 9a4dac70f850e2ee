import { ok, type Environment, type RecordClass } from "@tyr/contract";
import {
  createPersonalValues,
  createPrivacy,
  createRetention,
  retainedPersonal,
  type PersonalValues,
  type Privacy,
  type Retention,
} from "#audit";
import { retainedEvents, retainedQuarantine } from "#collect";
import { eraseFromIncidents, openEvidence } from "#escalate";
import { eraseFromActions } from "#govern";
import { accountEraser } from "#identity";
import { cursorOf } from "#platform/bus";
import { systemClock } from "#platform/clock";
import type { Database, WriteTransaction } from "#platform/database";
import type { Logger } from "#platform/log";
import type { Secrets } from "#platform/secrets";

export type PrivacyParts = Readonly<{
  database: Database;
  secrets: Secrets;
  log: Logger;
  keepDays: Readonly<Partial<Record<RecordClass, number>>>;
}>;

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

/** Names in these tables go without anything that could be refused. */
function erasing(work: (tx: WriteTransaction, id: string) => Promise<number>) {
  return async (tx: WriteTransaction, id: string) => ok(await work(tx, id));
}

/** Erasure and retention reach into every room that keeps something of people; each room says itself what that is. */
export function openPrivacy({ database, secrets, log, keepDays }: PrivacyParts): {
  privacy: Privacy;
  retention: Retention;
} {
  const erasers = [accountEraser(secrets), erasing(eraseFromIncidents), erasing(eraseFromActions)];
  const privacy = createPrivacy({ database, secrets, clock: systemClock, erasers });
  const retention = createRetention({
    database,
    clock: systemClock,
    log,
    keepDays,
    heldSubjects: async () => (await privacy.holds()).map((one) => one.subject),
    classes: {
      event: retainedEvents({ readUpTo: async (tx) => await cursorOf(tx, "detect"), evidence: openEvidence }),
      quarantine: retainedQuarantine,
      personal: retainedPersonal,
    },
  });
  return { privacy, retention };
}
