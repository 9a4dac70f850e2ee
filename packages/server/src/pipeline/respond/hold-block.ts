import type { ActionId, BlockId } from "@tyr/contract";
import { newId } from "#platform/ids";
import type { Fact, WriteTransaction } from "#platform/database";
import { isSingle, knownPrefix, type ActionRow, type By } from "#govern";
import { changeBlock, findActive, insertBlock, type BlockRow } from "./block-store.ts";
import { endHoldOf, insertHold, listHolds } from "./hold-store.ts";

/** Whose block it is: every block so far is decided here. */
export const ORIGIN = "tyr";
export type Change = Readonly<{ block: BlockRow; fact: Fact }>;
/** Where in the stream, when, and for whom. The position was taken at the start: it orders everybody who writes blocks. */
export type Moment = Readonly<{ position: number; at: Date; by: By }>;

function blockFact(
  block: BlockRow,
  type: Fact["type"],
  { by, details }: Readonly<{ by: By; details: Fact["details"] & object }>,
): Fact {
  return {
    type,
    actor: by.actor,
    object: { kind: "block", id: block.id },
    after: block.state,
    requestId: by.requestId,
    details: { value: block.value, origin: block.origin, expires_at: block.expires_at.toISOString(), ...details },
  };
}

type Wanted = Readonly<{ action: ActionRow; endsAt: Date }>;

async function createBlock(
  tx: WriteTransaction,
  { action, endsAt }: Wanted,
  { position, at, by }: Moment,
): Promise<Change> {
  const block = await insertBlock(tx, {
    id: newId("block", at),
    first_position: position,
    position,
    scope: isSingle(knownPrefix(action.target)) ? "ip" : "range",
    value: action.target,
    network: action.target,
    reason: action.justification,
    origin: ORIGIN,
    action_id: action.id,
    state: "active",
    created_at: at,
    expires_at: endsAt,
    ended_at: null,
  });
  return { block, fact: blockFact(block, "block.created", { by, details: { action_id: action.id } }) };
}

/** One block per target, however many actions want it: another action holds the same block, perhaps longer. */
async function joinBlock(
  tx: WriteTransaction,
  { action, endsAt, held }: Wanted & Readonly<{ held: BlockRow }>,
  { position, by }: Moment,
): Promise<Change> {
  const expiresAt = endsAt > held.expires_at ? endsAt : held.expires_at;
  const block = await changeBlock(tx, held.id, { position, expires_at: expiresAt });
  return { block, fact: blockFact(block, "block.extended", { by, details: { action_id: action.id } }) };
}

/** A block without an end would be a mistake nobody sees again: actions of its type always have one. */
function endOf({ id, ttl_seconds: seconds }: ActionRow, at: Date): Date {
  if (seconds === null) throw new TypeError(`action ${id} blocks without an end`);
  return new Date(at.getTime() + seconds * 1000);
}

/** The effect of `block_ip`: the target is blocked until the action's time is up. Exactly once per action and revision. */
export async function holdBlock(
  tx: WriteTransaction,
  action: ActionRow,
  moment: Moment,
): Promise<Change & Readonly<{ endsAt: Date }>> {
  const scope = isSingle(knownPrefix(action.target)) ? "ip" : "range";
  const endsAt = endOf(action, moment.at);
  const held = await findActive(tx, { scope, value: action.target, origin: ORIGIN });
  const change =
    held === undefined
      ? await createBlock(tx, { action, endsAt }, moment)
      : await joinBlock(tx, { action, endsAt, held }, moment);
  await insertHold(tx, {
    action_id: action.id,
    revision: action.revision,
    block_id: change.block.id,
    created_at: moment.at,
    expires_at: endsAt,
    ended_at: null,
    end_reason: null,
  });
  return { ...change, endsAt };
}

type End = Readonly<{ as: "expired" | "lifted"; reason: string }>;

async function afterHold(
  tx: WriteTransaction,
  { blockId, actionId, end }: Readonly<{ blockId: BlockId; actionId: ActionId; end: End }>,
  { position, at, by }: Moment,
): Promise<Change> {
  const longest = (await listHolds(tx, blockId)).at(-1);
  const details = { action_id: actionId, reason: end.reason };
  if (longest === undefined) {
    const block = await changeBlock(tx, blockId, { position, state: end.as, ended_at: at });
    return { block, fact: blockFact(block, end.as === "expired" ? "block.expired" : "block.lifted", { by, details }) };
  }
  const block = await changeBlock(tx, blockId, { position, expires_at: longest.expires_at });
  return {
    block,
    fact: blockFact(block, "block.extended", { by, details: { ...details, held_by: longest.action_id } }),
  };
}

/** Takes away what this action added and nothing else: the block stays while another action holds it. */
export async function releaseBlock(
  tx: WriteTransaction,
  { actionId, end }: Readonly<{ actionId: ActionId; end: End }>,
  moment: Moment,
): Promise<Change | undefined> {
  const hold = await endHoldOf(tx, actionId, { at: moment.at, reason: end.reason });
  if (hold === undefined) return undefined;
  return await afterHold(tx, { blockId: hold.block_id, actionId, end }, moment);
}
