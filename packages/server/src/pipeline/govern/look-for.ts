import type { Decision } from "@tyr/contract";
import type { WriteTransaction } from "#platform/database";
import { owesReview } from "./break-glass/store.ts";
import { weighBroken } from "./break-glass/weigh-broken.ts";
import type { GuardName, Situation } from "./machine/guards.ts";
import { MOVES, type MoveName } from "./machine/moves.ts";
import type { By, Room } from "./room.ts";
import { readShort } from "./read-short.ts";
import { ownApprovalDelay } from "./single-person/single-person.ts";
import type { ActionRow } from "./store.ts";
import type { Weighed } from "./weigh.ts";

type Asked = Readonly<{
  room: Room;
  tx: WriteTransaction;
  row: ActionRow;
  by: By;
  now: Date;
  authors: ReadonlySet<string>;
  /** What policy said, where it was asked before the guards. */
  decision: Decision | undefined;
}>;
/** What was found for a guard, with the answer of policy as it is stored where it was asked. */
export type Found = Partial<Situation> & Readonly<{ weighed?: Weighed }>;
type Look = (asked: Asked) => Promise<Found>;

/** What guards look at beside the action and its approvals: read for the moves that ask for them. */
const LOOKS: Readonly<Partial<Record<GuardName, Look>>> = {
  async othersApprove({ tx, now }) {
    const delay = await ownApprovalDelay(tx, now);
    return delay === undefined ? {} : { ownApprovalDelayMs: delay };
  },
  // Whoever submits has asked for it from then on.
  async somebodyCanApprove({ room, tx, row, by, authors, decision }) {
    if (decision === undefined) return {};
    const action = { requester_id: row.requester_id, people_behind: [...row.people_behind, ...(by.behind ?? [])] };
    return { short: await readShort(room, tx, { action, authors: new Set([...authors, by.actor.id]), decision }) };
  },
  owesNoReview: async ({ tx, by }) => ({ owesReview: await owesReview(tx, by.actor.id) }),
  async policyAllowsIt({ room, tx, row, by }) {
    const weighed = await weighBroken(room, tx, { action: row, brokenBy: by.actor.id });
    return { weighed, decision: weighed.decision };
  },
};

/** Whoever makes a move and whoever asks for the text to sign for it are looked at alike. */
export async function lookFor(move: MoveName, asked: Asked): Promise<Found> {
  let found: Found = {};
  for (const name of MOVES[move].guards) found = { ...found, ...(await LOOKS[name]?.(asked)) };
  return found;
}
