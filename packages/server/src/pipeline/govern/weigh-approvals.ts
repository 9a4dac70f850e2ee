import type { ReadDatabase } from "#platform/database";
import { believeApprovals, type Disbelieved } from "./believe-approvals.ts";
import { weighIfBroken } from "./break-glass/weigh-broken.ts";
import { approversOf, countApprovers, exactlyFor, isRequester, mayApprove, ownApproversOf } from "./count-approvals.ts";
import { readSignatories, type Signatories } from "./electorate.ts";
import type { Room } from "./room.ts";
import { ownApprovalDelay } from "./single-person/single-person.ts";
import { listApprovals, listAuthors, type ActionRow } from "./store.ts";
import { weigh, type Weighed } from "./weigh.ts";

/**
 * What policy says with everything people decided and that counts now, and how many people that were. `disbelieved`: what
 * does not hold up; whoever asked takes it back and logs it (`disown`) in their transaction.
 */
export type WeighedByPeople = Readonly<{ weighed: Weighed; humans: number; disbelieved: readonly Disbelieved[] }>;

/** Whether anybody but who asked could sign an approval: then one's own is none, even while single-person mode is on. */
async function someoneElseMay(
  db: ReadDatabase,
  row: ActionRow,
  { people, standings, signers }: Signatories,
): Promise<boolean> {
  const authors = new Set((await listAuthors(db, [row.id])).map(({ id }) => id));
  const able = [...people.filter(mayApprove).map(({ id }) => id), ...standings.map(({ to }) => to)];
  return able.some((id) => !isRequester(row, id) && !authors.has(id) && signers.has(id));
}

/**
 * Asks policy with the approvals that count now, their signatures checked again from what is stored; of an approved action that somebody broke the glass for, on their word.
 * Who counts is read through the same handle, in a transaction in that one. Where one's own approval counts, it is the only one there is, and policy is told so.
 */
export async function weighApprovals(room: Room, db: ReadDatabase, row: ActionRow): Promise<WeighedByPeople> {
  // Whoever broke the glass decided about the target as the dry run saw it, as whoever approves does.
  const broken = row.state === "approved" ? await weighIfBroken(room, db, row) : undefined;
  if (broken?.weighed !== undefined) return { weighed: broken.weighed, humans: 1, disbelieved: [] };
  const given = exactlyFor(row, await listApprovals(db, [row.id]));
  const { approvals, disbelieved } = await believeApprovals(room, db, { row, approvals: given });
  const electorate = await readSignatories(room, db);
  const others = approversOf(row, approvals, electorate);
  const now = room.clock.now();
  const isSaid = others.length === 0 && (await ownApprovalDelay(db, now)) !== undefined;
  const isAlone = isSaid && !(await someoneElseMay(db, row, electorate));
  const own = isAlone ? ownApproversOf(row, approvals, { people: electorate.people, now }) : [];
  const approvers = [...others, ...own];
  const counts = countApprovers(approvers);
  const weighed = await weigh(room, db, { action: row, approvals: counts, selfApproved: own.length > 0 });
  return { weighed, humans: approvers.length, disbelieved: [...(broken?.disbelieved ?? []), ...disbelieved] };
}
