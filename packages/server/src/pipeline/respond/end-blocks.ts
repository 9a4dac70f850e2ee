import { ok, type ActionId, type AllowEntry, type AllowPreview, type BlockId, type Result } from "@tyr/contract";
import { takePositions } from "#platform/bus";
import type { Fact, WriteTransaction } from "#platform/database";
import { addAllowed, addressCount, parseAllowed, type ActionRow, type By } from "#govern";
import { releaseBlock, type Moment } from "./hold-block.ts";
import { announceBlock, SYSTEM, type Room } from "./room.ts";
import { listOverlapping, type BlockRow } from "./block-store.ts";
import { listDueHolds, listHolds } from "./hold-store.ts";

type Ended = Readonly<{ facts: readonly Fact[]; actions: readonly ActionRow[]; blocks: readonly BlockRow[] }>;
type End = Readonly<{ as: "expired" | "lifted"; reason: string }>;

function announceAll({ bus, execution }: Room, { actions, blocks }: Omit<Ended, "facts">): void {
  for (const action of actions) execution.announce(action);
  for (const block of blocks) announceBlock(bus, block);
}

const merged = (parts: readonly Ended[]): Ended => ({
  facts: parts.flatMap(({ facts }) => facts),
  actions: parts.flatMap(({ actions }) => actions),
  blocks: parts.flatMap(({ blocks }) => blocks),
});

/** Ends what one action holds: the action is reverted, the block ends with its last hold. */
async function endOne(
  { execution }: Room,
  tx: WriteTransaction,
  { id, end, moment }: Readonly<{ id: ActionId; end: End; moment: Moment }>,
): Promise<Ended> {
  const { by } = moment;
  const begun = await execution.beginRevert(tx, { id, by, reason: end.reason });
  const change = await releaseBlock(tx, { actionId: id, end }, moment);
  const facts = [...begun.facts, ...(change === undefined ? [] : [change.fact])];
  const blocks = change === undefined ? [] : [change.block];
  // The effect ends when its time is up, whatever state its action was left in.
  if (!begun.answer.ok) return { facts, actions: [], blocks };
  const done = await execution.finishRevert(tx, { row: begun.answer.value, by, reason: end.reason });
  return { facts: [...facts, done.fact], actions: [done.row], blocks };
}

const BATCH = 100;

/**
 * Ends the effects whose time is up, by rows and never by timers: a restart forgets none.
 *
 * @returns true when there may be more
 */
export async function expireHolds(room: Room): Promise<boolean> {
  const now = room.clock.now();
  const due = await listDueHolds(room.db.read, now, BATCH);
  if (due.length === 0) return false;
  const ended = await room.db.audited(
    (one: Ended) => one.facts,
    async (tx) => {
      const position = await takePositions(tx, "block", 1);
      const moment = { position, at: now, by: SYSTEM };
      const parts: Ended[] = [];
      // Read again under the lock: another worker may have ended them.
      for (const hold of await listDueHolds(tx, now, BATCH))
        parts.push(
          await endOne(room, tx, { id: hold.action_id, end: { as: "expired", reason: "its time was up" }, moment }),
        );
      return merged(parts);
    },
  );
  announceAll(room, ended);
  return due.length === BATCH;
}

/** Somebody takes an executed action back before its time. Refusals `NOT_FOUND`, `ACTION_TRANSITION_REFUSED`. */
export async function revertAction(
  room: Room,
  { id, by, reason }: Readonly<{ id: ActionId; by: By; reason: string }>,
): Promise<Result<ActionRow>> {
  type Reverted = Ended & Readonly<{ answer: Result<ActionRow> }>;
  const reverted = await room.db.audited(
    (one: Reverted) => one.facts,
    async (tx): Promise<Reverted> => {
      const position = await takePositions(tx, "block", 1);
      const begun = await room.execution.beginRevert(tx, { id, by, reason });
      if (!begun.answer.ok) return { answer: begun.answer, facts: begun.facts, actions: [], blocks: [] };
      const moment = { position, at: room.clock.now(), by };
      const change = await releaseBlock(tx, { actionId: id, end: { as: "lifted", reason } }, moment);
      const done = await room.execution.finishRevert(tx, { row: begun.answer.value, by, reason });
      const facts = [...begun.facts, ...(change === undefined ? [] : [change.fact]), done.fact];
      return { answer: ok(done.row), facts, actions: [done.row], blocks: change === undefined ? [] : [change.block] };
    },
  );
  announceAll(room, reverted);
  return reverted.answer;
}

async function liftBlock(
  room: Room,
  tx: WriteTransaction,
  { id, moment, reason }: Readonly<{ id: BlockId; moment: Moment; reason: string }>,
): Promise<Ended> {
  const parts: Ended[] = [];
  for (const hold of await listHolds(tx, id))
    parts.push(await endOne(room, tx, { id: hold.action_id, end: { as: "lifted", reason }, moment }));
  return merged(parts);
}

export type AllowRequest = Readonly<{ value: string; reason: string; expiresAt: Date | null; by: By }>;

/** Blocks named in a preview; the count is whole. */
const PREVIEW_MAX = 20;

/** What an entry would lift, without adding it. Refusal `TARGET_INVALID`. */
export async function previewAllow({ db }: Room, value: string): Promise<Result<AllowPreview>> {
  const parsed = parseAllowed(value);
  if (!parsed.ok) return parsed;
  const overlapping = await listOverlapping(db.read, [parsed.value]);
  const blocks = overlapping
    .slice(0, PREVIEW_MAX)
    .map((one) => ({ id: one.id, value: one.value, expiresAt: one.expires_at.toISOString() }));
  return ok({ value: parsed.value.text, addresses: addressCount(parsed.value), lifts: overlapping.length, blocks });
}

/**
 * Adds to the allow-list and lifts every block that shares an address with it, wider and narrower: one transaction.
 * Refusals `TARGET_INVALID`, `VALIDATION_FAILED`, `ALLOWED_ALREADY`.
 */
export async function allow(room: Room, request: AllowRequest): Promise<Result<AllowEntry>> {
  const parsed = parseAllowed(request.value);
  if (!parsed.ok) return parsed;
  const prefix = parsed.value;
  const { reason, expiresAt, by } = request;
  const now = room.clock.now();
  type Allowed = Ended & Readonly<{ answer: Result<AllowEntry> }>;
  const allowed = await room.db.audited(
    (one: Allowed) => one.facts,
    async (tx): Promise<Allowed> => {
      const position = await takePositions(tx, "block", 1);
      const answer = await addAllowed(tx, { prefix, reason, by: by.actor, now, expiresAt });
      if (!answer.ok) return { answer, facts: [], actions: [], blocks: [] };
      const entry = answer.value;
      const fact: Fact = {
        type: "allow.added",
        actor: by.actor,
        object: { kind: "allow", id: entry.id },
        after: "in force",
        requestId: by.requestId,
        details: { value: entry.value, reason, expires_at: entry.expiresAt },
      };
      const parts: Ended[] = [];
      for (const { id } of await listOverlapping(tx, [prefix]))
        parts.push(
          await liftBlock(room, tx, {
            id,
            reason: `${entry.value} is on the allow-list now`,
            moment: { position, at: now, by },
          }),
        );
      const { facts, actions, blocks } = merged(parts);
      return { answer, facts: [fact, ...facts], actions, blocks };
    },
  );
  announceAll(room, allowed);
  return allowed.answer;
}
