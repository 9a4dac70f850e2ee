import type { Actor, SensorId } from "@tyr/contract";
import { OWN_ORIGIN, type Database, type Fact, type Origin, type WriteTransaction } from "#platform/database";
import { NOTHING, receivedOf, type Batch, type Part, type Tally } from "./intake-batch.ts";
import {
  countUp,
  keepReceipts,
  setBookmark,
  writeEvents,
  writeQuarantine,
  type Counted,
  type StoredRows,
} from "./intake-store.ts";
import { digestOf } from "./prepare.ts";
import { uuidOf } from "./tables.ts";

/** What became of a batch, part by part. */
export type Written = Readonly<{
  tallies: readonly Tally[];
  stored: StoredRows;
  newest: readonly (Date | null)[];
}>;

const COLLECT: Actor = { kind: "system", id: "collect", name: "collect" };
/** An audit entry holds 65,535 bytes; a batch of a thousand senders names this many of them. */
const SENSORS_NAMED_MAX = 100;
const NO_ROWS: StoredRows = { parts: [], first: 0, stored: 0, digest: "" };

function plus(a: Tally, b: Tally): Tally {
  return {
    received: a.received + b.received,
    stored: a.stored + b.stored,
    duplicate: a.duplicate + b.duplicate,
    rejected: a.rejected + b.rejected,
    late: a.late + b.late,
  };
}

function tallyOf(part: Part, stored: number, late: number): Tally {
  const rejected = part.rejected.length;
  return { received: receivedOf(part), stored, duplicate: part.rows.length - stored + part.twins, rejected, late };
}

/** The job's whole tally once this batch is on disk. */
export function totalOf(part: Part, tally: Tally): Tally {
  return plus(part.job.tally, tally);
}

function outcome(batch: Batch, stored: StoredRows): Written {
  const byPart = new Map(stored.parts.map((one) => [one.part, one]));
  const tallies = batch.map((part, index) => {
    const mine = byPart.get(index);
    return tallyOf(part, mine?.stored ?? 0, mine?.late ?? 0);
  });
  return { tallies, stored, newest: batch.map((_part, index) => byPart.get(index)?.newest ?? null) };
}

function later(a: Date | null, b: Date | null): Date | null {
  if (a === null || b === null) return a ?? b;
  return a > b ? a : b;
}

type SensorTally = Tally & { id: SensorId; name: string; newest: Date | null };

/** A batch holds what several requests sent, so it names no address: the sensors in its details are who sent it. */
function originOf(batch: Batch): Origin {
  const clients = new Set(batch.map((part) => part.job.reading.client ?? OWN_ORIGIN.client));
  const [client = OWN_ORIGIN.client] = clients;
  return { client: clients.size > 1 ? "several" : client, address: null };
}

/** What each sensor sent in this batch. */
function bySensor(batch: Batch, written: Written): readonly SensorTally[] {
  const sensors = new Map<SensorId, SensorTally>();
  for (const [index, part] of batch.entries()) {
    const { id, name } = part.job.reading.sensor;
    const known = sensors.get(id) ?? { ...NOTHING, id, name, newest: null };
    const sum = plus(known, written.tallies[index] ?? NOTHING);
    sensors.set(id, { ...sum, id, name, newest: later(known.newest, written.newest[index] ?? null) });
  }
  return [...sensors.values()];
}

function actorOf(batch: Batch): Actor {
  const first = batch[0]?.job.reading.actor ?? COLLECT;
  return batch.every((part) => part.job.reading.actor.id === first.id) ? first : COLLECT;
}

/** One fact for what was stored and one for what was kept aside, however many lines: counts, places and a digest. */
function factsOf(batch: Batch, written: Written): readonly Fact[] {
  const sensors = bySensor(batch, written);
  const named = sensors.slice(0, SENSORS_NAMED_MAX);
  const unnamed = sensors.length - named.length;
  const by = { actor: actorOf(batch), origin: originOf(batch) };
  const rejected = batch.flatMap((part) => part.rejected);
  const facts: Fact[] = [];
  if (batch.some((part) => part.rows.length + part.twins > 0)) {
    const { first, stored, digest } = written.stored;
    const list = named.map(({ id, name, received, stored, duplicate, late }) => ({
      id,
      name,
      received,
      stored,
      duplicate,
      late,
    }));
    const details = {
      stored,
      firstPosition: first,
      lastPosition: first + stored - 1,
      idsSha256: digest,
      sensors: list,
      unnamed,
    };
    facts.push({
      type: "event.stored",
      ...by,
      object: { kind: "stream", id: "event" },
      after: `${stored} stored`,
      details,
    });
  }
  if (rejected.length > 0) {
    const list = named.filter((one) => one.rejected > 0).map(({ id, name, rejected }) => ({ id, name, rejected }));
    const idsSha256 = digestOf(rejected.map((row) => row.id));
    const details = { rejected: rejected.length, idsSha256, sensors: list, unnamed };
    const after = `${rejected.length} kept aside`;
    facts.push({ type: "event.quarantined", ...by, object: { kind: "stream", id: "quarantine" }, after, details });
  }
  return facts;
}

function countedOf(batch: Batch, written: Written): readonly Counted[] {
  return bySensor(batch, written).map(({ id, name: _name, ...tally }) => ({ ...tally, sensor_id: uuidOf(id) }));
}

async function write(tx: WriteTransaction, batch: Batch, now: Date) {
  const rows = batch.flatMap((one, part) => one.rows.map((row) => ({ row, part })));
  const stored = rows.length === 0 ? NO_ROWS : await writeEvents(tx, rows, now);
  const written = outcome(batch, stored);
  await writeQuarantine(
    tx,
    batch.flatMap((part) => part.rejected),
    now,
  );
  await countUp(tx, countedOf(batch, written), now);
  const ended = batch.flatMap((part, index) => (part.last ? [{ part, tally: written.tallies[index] ?? NOTHING }] : []));
  const kept = ended.flatMap(({ part, tally }) => {
    const { receipt, reading } = part.job;
    if (receipt === undefined) return [];
    return [{ ...receipt, sensorId: reading.sensor.id, receipt: { ...totalOf(part, tally), replayed: false } }];
  });
  await keepReceipts(tx, kept, now);
  for (const { part } of ended) if (part.job.bookmark !== undefined) await setBookmark(tx, part.job.bookmark, now);
  return written;
}

/** Stores a batch with its counters, receipts, bookmarks and audit entries: all or nothing. */
export async function writeBatch(database: Database, batch: Batch, now: Date): Promise<Written> {
  const work = async (tx: WriteTransaction): Promise<Written> => await write(tx, batch, now);
  // Bytes without a line (a file that was rotated away) move a bookmark and nothing else.
  if (batch.every((part) => receivedOf(part) === 0)) return await database.bookkeep("cursor", work);
  return await database.audited((written) => factsOf(batch, written), work);
}
