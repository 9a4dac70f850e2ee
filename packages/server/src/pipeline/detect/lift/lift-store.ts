import { createHash } from "node:crypto";
import { sql } from "kysely";
import { cursorOf, moveCursor } from "#platform/bus";
import { type ReadDatabase, rowsOf, type WriteTransaction } from "#platform/database";
import type { DirtyState, SavedState } from "./lift.ts";

declare module "#platform/tables" {
  interface Tables {
    lift_group: {
      id: string;
      lifter: string;
      version: number;
      /** JSON text: a key may hold what text columns cannot. */
      group_key: string;
      lane: string;
      tick: number;
      state: string;
    };
  }
}

/** Stable over restarts. In UTF-8 all lone surrogates are alike: keys that differ in them alone are told apart by their JSON. */
function groupId(lifter: string, key: string): string {
  const text = key.isWellFormed() ? `${lifter}\n${key}` : `${lifter}\0${JSON.stringify(key)}`;
  return createHash("sha256").update(text).digest("hex");
}

/** All groups that were saved; the position they belong to is the cursor's. */
export async function loadGroups(db: ReadDatabase): Promise<SavedState> {
  const rows = await db.selectFrom("lift_group").selectAll().execute();
  return rows.map(({ lifter, version, group_key, lane, tick, state }) => {
    return { lifter, version, key: JSON.parse(group_key) as string, lane, tick, state };
  });
}

/** Saves what changed, in the transaction that moves the cursor. */
export async function saveGroups(tx: WriteTransaction, dirty: DirtyState): Promise<void> {
  const removed = dirty.flatMap(({ lifter, removals }) => removals.map((key) => groupId(lifter, key)));
  if (removed.length > 0) await sql`delete from lift_group where id = any(${removed}::text[])`.execute(tx);
  const all = dirty.flatMap(({ lifter, version, upserts }) => upserts.map((one) => ({ ...one, lifter, version })));
  // One row per id: a statement that meets a row twice is refused as a whole, and nothing would be derived any more.
  const groups = [...new Map(all.map((one) => [groupId(one.lifter, one.key), one])).values()];
  if (groups.length === 0) return;
  const texts = (of: (group: (typeof groups)[number]) => string) => ({ type: "text", values: groups.map(of) }) as const;
  const rows = rowsOf("saved", {
    id: texts(({ lifter, key }) => groupId(lifter, key)),
    lifter: texts(({ lifter }) => lifter),
    version: { type: "int4", values: groups.map(({ version }) => version) },
    group_key: texts(({ key }) => JSON.stringify(key)),
    lane: texts(({ lane }) => lane),
    tick: { type: "int8", values: groups.map(({ tick }) => tick) },
    state: texts(({ state }) => state),
  });
  await sql`
    insert into lift_group (id, lifter, version, group_key, lane, tick, state)
    select id, lifter, version, group_key, lane, tick, state from ${rows}
    on conflict (id) do update set
      version = excluded.version, lane = excluded.lane, tick = excluded.tick, state = excluded.state
  `.execute(tx);
}

/** Forgets groups of lifters that are not among these. */
export async function forgetOthers(
  tx: WriteTransaction,
  lifters: readonly Readonly<{ name: string; version: number }>[],
): Promise<void> {
  const known = lifters.map(({ name, version }) => `${name} ${version}`);
  await sql`delete from lift_group where not (lifter || ' ' || version) = any(${known}::text[])`.execute(tx);
}

/** Counts erasures: whoever holds state in memory reads it again when the count has risen. */
const ERASED = "lift-erased";
/** One erasure at a time counts. Any constant does. */
const ERASURES_LOCK = 8_970_089;

export async function erasures(db: ReadDatabase): Promise<number> {
  return await cursorOf(db, ERASED);
}

/**
 * Belongs in the transaction that saves state: what was erased since must not come back with it.
 *
 * @throws {Error} when something was
 */
export async function keepUnerased(tx: WriteTransaction, count: number, now: Date): Promise<void> {
  await moveCursor(tx, { consumer: ERASED, from: count, position: count, now });
}

type Remembered = Readonly<{ src?: unknown; sources?: unknown }>;

/**
 * Takes an address out of what lifters remember: its sessions, visits and flows, what it tried, and its name among those who
 * tried the same as others.
 *
 * @returns groups changed or removed
 */
export async function eraseFromLift(tx: WriteTransaction, address: string, now: Date): Promise<number> {
  await sql`select pg_advisory_xact_lock(${sql.lit(ERASURES_LOCK)})`.execute(tx);
  const count = await erasures(tx);
  await moveCursor(tx, { consumer: ERASED, from: count, position: count + 1, now });
  const rows = await tx
    .selectFrom("lift_group")
    .select(["id", "group_key", "state"])
    .where(sql<boolean>`position(${address} in group_key) > 0 or position(${address} in state) > 0`)
    .execute();
  let changed = 0;
  for (const { id, group_key: key, state } of rows) {
    const remembered = JSON.parse(state) as Remembered;
    if (remembered.src === address || (JSON.parse(key) as string).split(" ").includes(address)) {
      await tx.deleteFrom("lift_group").where("id", "=", id).execute();
      changed += 1;
    } else if (Array.isArray(remembered.sources) && remembered.sources.includes(address)) {
      const sources = remembered.sources.filter((one) => one !== address);
      const without = JSON.stringify({ ...remembered, sources });
      await tx.updateTable("lift_group").set({ state: without }).where("id", "=", id).execute();
      changed += 1;
    }
  }
  return changed;
}
