import { listCursors, moveCursor } from "#platform/bus";
import { deadlineNears, happeningOf, reviewOwed, TOLD_EVENTS } from "./happenings.ts";
import type { Room } from "./room.ts";
import { countUnpacked, insertNotices, knownKeys } from "./store.ts";

const CONSUMER = "notify";
const BATCH = 500;
/** What is older when it is read is no news: notifications were off, or the server was. */
const NEWS_MS = 24 * 3_600_000;
/** As many wait for a receiver that is away. What is more waits in the log, which the cursor has not passed. */
const GATHERED_MAX = 5_000;

/** Undefined: never read from. */
async function placeOf({ database }: Room): Promise<number | undefined> {
  return (await listCursors(database.read)).find(({ consumer }) => consumer === CONSUMER)?.position;
}

/** Where notifications were just switched on, what happened before is not told. */
async function beginNow({ database, clock, ports }: Room): Promise<void> {
  const position = await ports.logLength(database.read);
  await database.bookkeep("notification", async (tx) => {
    await moveCursor(tx, { consumer: CONSUMER, position, now: clock.now() });
  });
}

/**
 * Takes what is to be told from the log, and moves the cursor in the same transaction: everything once, whoever is killed when.
 *
 * @returns true when there may be more
 */
export async function gatherEntries(room: Room): Promise<boolean> {
  const { database, clock, ports, about } = room;
  const from = await placeOf(room);
  if (from === undefined) {
    await beginNow(room);
    return false;
  }
  if ((await countUnpacked(database.read)) >= GATHERED_MAX) return false;
  const now = clock.now();
  const since = new Date(now.getTime() - NEWS_MS);
  const { entries, position } = await ports.follow(database.read, { from, since, types: TOLD_EVENTS, limit: BATCH });
  if (position === from) return false;
  const told = entries.flatMap((entry) => happeningOf(entry) ?? []).filter(({ kind }) => about.includes(kind));
  await database.bookkeep("notification", async (tx) => {
    await insertNotices(tx, told);
    await moveCursor(tx, { consumer: CONSUMER, position, now, from });
  });
  return entries.length === BATCH;
}

/** What no entry tells of, each once: deadlines that near, and reviews that stay owed. */
export async function gatherDue({ database, clock, ports, about }: Room): Promise<void> {
  const now = clock.now();
  const near = about.includes("deadline") ? await ports.nearDeadline(database.read, now) : [];
  const owed = about.includes("break_glass") ? await ports.owedReviews(database.read, now) : [];
  const due = [...near.map((one) => deadlineNears(one, now)), ...owed.flatMap((one) => reviewOwed(one, now) ?? [])];
  const known = await knownKeys(
    database.read,
    due.map(({ key }) => key),
  );
  const fresh = due.filter(({ key }) => !known.has(key));
  if (fresh.length > 0) await database.bookkeep("notification", async (tx) => await insertNotices(tx, fresh));
}
