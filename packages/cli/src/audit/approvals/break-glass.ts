import { checkDecision, covers } from "./check-decision.ts";
import { holds } from "./count-signers.ts";
import { instantOf, SLACK_MS, textOf, type Entry } from "./entries.ts";
import { find, storyOf, type Glass, type Reading } from "./reading.ts";

/** What was let through in an emergency runs within a quarter of an hour, and for an hour at most. */
const RUNS_WITHIN_MS = 15 * 60_000;
const TTL_MAX_SECONDS = 3_600;

/** Signed by one person, who owes a review from then on and breaks no other glass until it is there. */
export function broken(reading: Reading, entry: Entry): void {
  const id = textOf(entry.details["break_glass"]);
  const { glasses, reviewed } = reading;
  const owed = [...glasses.values()].find((one) => one.signer === entry.actor && !reviewed.has(one.id));
  if (owed !== undefined) find(reading, { code: "REVIEW_OWED", at: entry, more: owed.id });
  const approval = checkDecision(reading, entry);
  const glass: Glass = { id, signer: entry.actor, action: entry.object, approval };
  glasses.set(id, glass);
  storyOf(reading, entry.object).broken = glass;
}

/** Whether it runs by a glass that was broken for exactly this, by somebody whose word still counts. */
export function isByGlass(reading: Reading, ran: Entry): boolean {
  const approval = storyOf(reading, ran.object).broken?.approval;
  return approval !== undefined && covers(approval, ran) && holds(reading, approval, ran);
}

export function checkGlass(reading: Reading, ran: Entry, { approval }: Glass): void {
  const { ttlSeconds } = storyOf(reading, ran.object);
  const until = instantOf(approval?.entry.at) + RUNS_WITHIN_MS + SLACK_MS;
  if (!(instantOf(ran.at) <= until))
    find(reading, { code: "LATE", at: ran, more: "a quarter of an hour after the glass was broken it is over" });
  if (typeof ttlSeconds !== "number" || ttlSeconds > TTL_MAX_SECONDS)
    find(reading, { code: "LASTS_LONGER", at: ran, more: "by break-glass it lasts an hour at most" });
}

/** By somebody who neither broke it nor asked for the action. */
export function reviewed(reading: Reading, entry: Entry): void {
  const glass = reading.glasses.get(entry.object);
  if (glass === undefined) return find(reading, { code: "NO_ACTION", at: entry, more: "nobody broke this glass" });
  const at = { ...entry, object: glass.action };
  if (entry.actorKind !== "person") find(reading, { code: "NOT_A_PERSON", at });
  else if (entry.actor === glass.signer || storyOf(reading, glass.action).authors.has(entry.actor))
    find(reading, { code: "REVIEW_BY_USER", at });
  else reading.reviewed.add(glass.id);
}
