import { newId } from "#platform/ids";
import type { WriteTransaction } from "#platform/database";
import { tellMany, tellOne } from "./message.ts";
import { minuteBefore, planMessages } from "./plan-messages.ts";
import type { ActionNow } from "./ports.ts";
import type { Room } from "./room.ts";
import {
  countSingle,
  insertNotification,
  listUnpacked,
  markPacked,
  type NewNotification,
  type NoticeRow,
} from "./store.ts";

const NOTICES_MAX = 5_000;

/** A message, or none where there is nothing left to ask people for, and what it was made of. */
type Packed = Readonly<{ message: NewNotification | undefined; of: readonly NoticeRow[] }>;

/** Whoever is asked for an approval that is no longer missing was asked too late: better not at all. */
function isMoot({ kind }: NoticeRow, action: ActionNow | undefined): boolean {
  return (kind === "waiting" || kind === "deadline") && action?.state !== "pending";
}

async function packOne({ ports, clock, publicUrl }: Room, notice: NoticeRow): Promise<Packed> {
  const action = notice.actionId === null ? undefined : await ports.actionNow(notice.actionId);
  if (isMoot(notice, action)) return { message: undefined, of: [notice] };
  const id = newId("notification", clock.now());
  const body = tellOne(notice, action, { id, publicUrl });
  return { message: { id, kind: notice.kind, count: 1, body }, of: [notice] };
}

async function packMany({ ports, clock, publicUrl, database }: Room, notices: readonly NoticeRow[]): Promise<Packed> {
  const id = newId("notification", clock.now());
  const body = tellMany(notices, await ports.waitingNow(database.read), { id, publicUrl });
  return { message: { id, kind: "digest", count: notices.length, body }, of: notices };
}

async function keep(tx: WriteTransaction, { message, of }: Packed, now: Date): Promise<void> {
  const numbers = of.map(({ number }) => number);
  const marked = await markPacked(tx, numbers, { at: now, into: message?.id ?? null });
  // Two servers believed they lead: nothing of this may stay, or it would be told twice.
  if (marked !== numbers.length) throw new Error("another process packed these notices");
  if (message !== undefined) await insertNotification(tx, message, now);
}

/**
 * Makes messages of what was gathered, in one transaction with the notices they are of. Asked only while no message waits: what
 * happens while a receiver is away becomes one message afterwards.
 *
 * @returns true when a message waits now
 */
export async function packNotices(room: Room): Promise<boolean> {
  const { database, clock } = room;
  const notices = await listUnpacked(database.read, NOTICES_MAX);
  if (notices.length === 0) return false;
  const now = clock.now();
  const { single, digest } = planMessages(notices, await countSingle(database.read, minuteBefore(now)), now);
  const packed: Packed[] = [];
  if (digest.length > 0) packed.push(await packMany(room, digest));
  for (const notice of single) packed.push(await packOne(room, notice));
  if (packed.length === 0) return false;
  await database.bookkeep("notification", async (tx) => {
    for (const one of packed) await keep(tx, one, now);
  });
  return packed.some(({ message }) => message !== undefined);
}
