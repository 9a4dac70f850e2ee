import type { Decision } from "@tyr/contract";
import type { ReadDatabase } from "#platform/database";
import type { Asked } from "./count-approvals.ts";
import { readSignatories } from "./electorate.ts";
import type { Room } from "./room.ts";
import { shortGates, type ShortGate } from "./satisfiable.ts";
import { ownApprovalDelay } from "./single-person/single-person.ts";
import { listAuthors, listPending } from "./store.ts";

type Asking = Readonly<{ action: Asked; authors: ReadonlySet<string>; decision: Decision }>;

/** Which gates too few people could pass, by who is there in this very transaction. */
export async function readShort(
  room: Room,
  db: ReadDatabase,
  { action, authors, decision }: Asking,
): Promise<readonly ShortGate[]> {
  if (decision.requirements.length === 0) return [];
  const ownCounts = (await ownApprovalDelay(db, room.clock.now())) !== undefined;
  return shortGates(decision, action, { ...(await readSignatories(room, db)), authors, ownCounts });
}

/** More than so many waiting are counted no further: somebody has to look at all of them anyway. */
const COUNTED_MAX = 500;

/** Of the waiting actions, how many too few people could approve as things are. */
export async function countUnapprovable(room: Room): Promise<number> {
  const db = room.db.read;
  const rows = await listPending(db, COUNTED_MAX);
  if (rows.length === 0) return 0;
  const ownCounts = (await ownApprovalDelay(db, room.clock.now())) !== undefined;
  const who = { ...(await readSignatories(room, db)), ownCounts };
  const all = await listAuthors(
    db,
    rows.map(({ id }) => id),
  );
  const isShort = (row: (typeof rows)[number]): boolean => {
    const authors = new Set(all.filter((one) => one.action_id === row.id).map(({ id }) => id));
    return row.decision !== null && shortGates(row.decision, row, { ...who, authors }).length > 0;
  };
  return rows.filter(isShort).length;
}
