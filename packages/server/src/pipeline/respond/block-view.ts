import { ok, refuse, type Block, type BlockId, type IncidentId, type Result, type TimelineItem } from "@tyr/contract";
import type { Page, PageBefore, ReadDatabase } from "#platform/database";
import { actionIdsOf, parsePrefix } from "#govern";
import { express } from "./express.ts";
import { enforcementAt, isStale, type Receipt } from "./enforcement.ts";
import type { Room } from "./room.ts";
import {
  countActive,
  findBlock,
  listBlocks,
  listBlocksOfActions,
  listCovered,
  type BlockFilter,
  type BlockRow,
} from "./block-store.ts";
import { clientOf, listEnforcers, listReceipts, type EnforcerRow } from "./enforcer-store.ts";

type Surroundings = Readonly<{ enforcers: readonly EnforcerRow[]; receipts: readonly Receipt[]; now: Date }>;

function toView(row: BlockRow, { enforcers, receipts, now }: Surroundings): Block {
  return {
    id: row.id,
    scope: row.scope,
    value: row.value,
    reason: row.reason,
    origin: row.origin,
    actionId: row.action_id,
    state: row.state,
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
    endedAt: row.ended_at?.toISOString() ?? null,
    enforcement: enforcers.map((enforcer) => enforcementAt(row, enforcer, { receipts, now })),
  };
}

async function viewAll({ db, clock }: Room, rows: readonly BlockRow[]): Promise<Block[]> {
  const enforcers = (await listEnforcers(db.read)).filter(({ active }) => active);
  const receipts = await listReceipts(
    db.read,
    rows.map(({ position }) => position),
  );
  const surroundings = { enforcers, receipts, now: clock.now() };
  return rows.map((row) => toView(row, surroundings));
}

export type BlockListing = BlockFilter & PageBefore<number>;

/** Newest first. A value that is no address finds nothing. */
export async function listBlockPage(room: Room, { value, ...listing }: BlockListing): Promise<Page<Block, number>> {
  const parsed = value === undefined ? undefined : parsePrefix(value);
  if (parsed?.ok === false) return { rows: [], next: null };
  const { rows, next } = await listBlocks(room.db.read, { ...listing, value: parsed?.value.text });
  return { rows: await viewAll(room, rows), next };
}

export async function getBlock(room: Room, id: BlockId): Promise<Result<Block>> {
  const row = await findBlock(room.db.read, id);
  const [view] = row === undefined ? [] : await viewAll(room, [row]);
  return view === undefined ? refuse("NOT_FOUND", `there is no block ${id}`) : ok(view);
}

export type BlockCounts = Readonly<{
  active: number;
  ips: number;
  ranges: number;
  enforcers: number;
  /** Enforcement points that still pull. */
  enforcersSeen: number;
  /** Active blocks that some active enforcement point has not received or is not told; all while there is none. */
  unacknowledged: number;
}>;

export async function summariseBlocks(db: ReadDatabase, now: Date): Promise<BlockCounts> {
  const enforcers = (await listEnforcers(db)).filter(({ active }) => active);
  const behind = enforcers.length === 0 ? 0 : Math.min(...enforcers.map(({ position }) => position));
  const counts = await countActive(db, behind);
  const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);
  const of = (scope: BlockRow["scope"]): number =>
    sum(counts.filter((one) => one.scope === scope).map(({ count }) => count));
  const untold = (example: string): boolean =>
    enforcers.some((one) => typeof express(clientOf(one), example) === "string");
  const ips = of("ip");
  const ranges = of("range");
  return {
    active: ips + ranges,
    ips,
    ranges,
    enforcers: enforcers.length,
    enforcersSeen: enforcers.filter((one) => !isStale(one, now)).length,
    unacknowledged: sum(counts.map(({ example, count, beyond }) => (untold(example) ? count : beyond))),
  };
}

/** Which of these addresses are blocked now, themselves or by a range. */
export async function blockedAmong(
  db: ReadDatabase,
  { addresses, now }: Readonly<{ addresses: readonly string[]; now: Date }>,
): Promise<ReadonlySet<string>> {
  return new Set(await listCovered(db, addresses, now));
}

/** The blocks of an incident's actions as lines of its timeline. */
export async function listBlockTimeline(db: ReadDatabase, incidentId: IncidentId): Promise<readonly TimelineItem[]> {
  const rows = await listBlocksOfActions(db, await actionIdsOf(db, incidentId));
  const unique = [...new Map(rows.map((row) => [row.id, row])).values()];
  return unique.flatMap((row) => {
    const common = { kind: "block", severity: null, actor: null, ref: row.id } as const;
    const facts = { value: row.value, origin: row.origin };
    const begun: TimelineItem = {
      ...common,
      at: row.created_at.toISOString(),
      title: `Blocked: ${row.value}`,
      text: `until ${row.expires_at.toISOString()}`,
      facts: { ...facts, state: "active" },
    };
    if (row.ended_at === null) return [begun];
    const ended: TimelineItem = {
      ...common,
      at: row.ended_at.toISOString(),
      title: `Block ${row.state}: ${row.value}`,
      text: "",
      facts: { ...facts, state: row.state },
    };
    return [begun, ended];
  });
}
