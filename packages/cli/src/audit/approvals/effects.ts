import { instantOf, SLACK_MS, textOf, type Entry } from "./entries.ts";
import { find, storyOf, type Reading, type Story } from "./reading.ts";

const noAction = (reading: Reading, at: Entry, more: string): void => find(reading, { code: "NO_ACTION", at, more });
const tooLong = (reading: Reading, at: Entry): void => find(reading, { code: "LASTS_LONGER", at });

/** When the effect of an action that ran is over; NaN where it has no end. */
const endOf = ({ ran, ttlSeconds }: Story): number =>
  typeof ttlSeconds === "number" ? instantOf(ran?.at) + ttlSeconds * 1_000 : Number.NaN;

/** The action an effect names: of this type, running at that moment, and with no other effect. */
function causeOf(reading: Reading, entry: Entry, type: string): Story | undefined {
  const action = textOf(entry.details["action_id"]);
  const story = reading.stories.get(action);
  if (action === "") noAction(reading, entry, "it names none");
  else if (story?.ran === undefined) noAction(reading, entry, `${action} did not run`);
  else if (story.type !== type) noAction(reading, entry, `${action} is no ${type}`);
  else if (story.state !== "executing") noAction(reading, entry, `${action} was ${story.state ?? "nothing"} by then`);
  else if (story.effect !== undefined) noAction(reading, entry, `${action} did what is in entry ${story.effect}`);
  else {
    story.effect = entry.index;
    return story;
  }
  return undefined;
}

const targetOf = ({ request }: Story): string => textOf(request["target"]);

/** Before any of them has its effect: how long actions that ran block an address at most. */
export function blocksFrom({ blockedUntil }: Reading, story: Story): void {
  if (story.type !== "block_ip") return;
  const target = targetOf(story);
  blockedUntil.set(target, Math.max(blockedUntil.get(target) ?? 0, endOf(story)));
}

function checkBlock(reading: Reading, entry: Entry, cause: Story): void {
  const value = textOf(entry.details["value"]);
  if (value !== targetOf(cause)) noAction(reading, entry, `it is about ${targetOf(cause)}`);
  const until = entry.type === "block.created" ? endOf(cause) : (reading.blockedUntil.get(value) ?? Number.NaN);
  if (!(instantOf(entry.details["expires_at"]) <= until + SLACK_MS)) tooLong(reading, entry);
}

export function blocked(reading: Reading, entry: Entry): void {
  const heldBy = textOf(entry.details["held_by"]);
  if (entry.type === "block.extended" && heldBy !== "") return heldOn(reading, entry, heldBy);
  const cause = causeOf(reading, entry, "block_ip");
  if (cause !== undefined) checkBlock(reading, entry, cause);
}

/** One of several actions that hold a block ended: it goes on for another, as long as that one was for. */
function heldOn(reading: Reading, entry: Entry, heldBy: string): void {
  const holder = reading.stories.get(heldBy);
  const isInForce = holder?.type === "block_ip" && ["executed", "revert_failed"].includes(holder.state ?? "");
  if (holder === undefined || !isInForce || targetOf(holder) !== entry.details["value"])
    return noAction(reading, entry, `${heldBy} does not hold it`);
  if (!(instantOf(entry.details["expires_at"]) <= endOf(holder) + SLACK_MS)) tooLong(reading, entry);
}

/** Until somebody published one, bundles come from the folder of the installation; from then on by an action alone. */
export function activated(reading: Reading, entry: Entry): void {
  if (textOf(entry.details["action_id"]) === "" && !reading.counted.isPublished) return;
  reading.counted.isPublished = true;
  const cause = causeOf(reading, entry, "update_policy");
  if (cause !== undefined && (entry.object !== targetOf(cause) || entry.after !== entry.object))
    noAction(reading, entry, `it is about ${targetOf(cause)}`);
}

const MODES = ["normal", "elevated", "lockdown"];

/** The mode also changes by itself, and by one person's choice; where an action is named, it is that one's. */
export function modeChanged(reading: Reading, entry: Entry): void {
  if (textOf(entry.details["action_id"]) === "") return;
  const cause = causeOf(reading, entry, "set_mode");
  if (cause === undefined) return;
  // What is higher by itself stays higher; what was asked for is never more than what is there.
  if (!(MODES.indexOf(entry.after) >= MODES.indexOf(targetOf(cause))))
    noAction(reading, entry, `it is about ${targetOf(cause)}`);
  checkEnd(reading, entry, { story: cause, end: entry.details["until"] });
}

/** Normal mode and a bundle stay until something else comes; all else ends when it was signed to. */
function checkEnd(reading: Reading, entry: Entry, { story, end }: Readonly<{ story: Story; end: unknown }>): void {
  const { type, ttlSeconds } = story;
  const isForGood = type === "update_policy" || (type === "set_mode" && targetOf(story) === "normal");
  if (isForGood && Number.isNaN(instantOf(end))) return;
  // Asked for without an end, as only modes are.
  if (type === "set_mode" && ttlSeconds === null) return;
  if (!(instantOf(end) <= endOf(story) + SLACK_MS)) tooLong(reading, entry);
}

export function executed(reading: Reading, entry: Entry): void {
  const story = storyOf(reading, entry.object);
  if (!story.isBegun) return;
  if (story.ran === undefined) return noAction(reading, entry, "it did not begin to run");
  checkEnd(reading, entry, { story, end: entry.details["effect_ends_at"] });
}
