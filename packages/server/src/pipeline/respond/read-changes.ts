import { headOf } from "#platform/bus";
import { knownPrefix, type Prefix } from "#govern";
import { express, toldAlike, type Client } from "./express.ts";
import type { Room } from "./room.ts";
import { listActive, listChangedAfter, listEndedSince, listOverlapping, type BlockRow } from "./block-store.ts";
import { clientOf, findEnforcer } from "./enforcer-store.ts";
import type { EnforcerId } from "@tyr/contract";

/** One address or prefix as a client is told of it. `offset` tells the addresses of one expanded range apart. */
export type Told = Readonly<{ block: BlockRow; prefix: Prefix; offset: number }>;
/** What is now and what is no more. `position` is what the client will have received once all of it was sent. */
export type Changes = Readonly<{ position: number; added: readonly Told[]; removed: readonly Told[] }>;

const ENDED_TOLD_MS = 24 * 3_600_000;
const ENDED_TOLD_MAX = 10_000;

function tell(client: Client, block: BlockRow): readonly Told[] {
  const sent = express(client, block.value);
  return typeof sent === "string" ? [] : sent.map((prefix, offset) => ({ block, prefix, offset }));
}

/** One entry per value, the one that lasts longest: a short block must not end a longer one. */
function longest(told: readonly Told[]): ReadonlyMap<string, Told> {
  const byValue = new Map<string, Told>();
  for (const one of told) {
    const other = byValue.get(one.prefix.text);
    if (other === undefined || one.block.expires_at > other.block.expires_at) byValue.set(one.prefix.text, one);
  }
  return byValue;
}

/** Everything in force, newest block first, and what ended lately: for a client that starts. */
export async function readAll({ db, clock }: Room, client: Client): Promise<Changes> {
  // The head before the rows: what comes between is sent twice, never missed.
  const position = await headOf(db.read, "block");
  const now = clock.now();
  const active = await listActive(db.read, now);
  const newestFirst = active.toSorted((a, b) => b.number - a.number);
  const added = longest(newestFirst.flatMap((block) => tell(client, block)));
  const since = new Date(now.getTime() - ENDED_TOLD_MS);
  const ended = await listEndedSince(db.read, since, ENDED_TOLD_MAX);
  const removed = longest(ended.flatMap((block) => tell(client, block)));
  return {
    position,
    added: [...added.values()],
    removed: [...removed.values()].filter(({ prefix }) => !added.has(prefix.text)),
  };
}

/** Whether this pull asks otherwise than the last: then a difference would leave out what only now is wanted. */
export async function asksAnew({ db }: Room, client: Client & { enforcerId: EnforcerId }): Promise<boolean> {
  const known = await findEnforcer(db.read, { id: client.enforcerId });
  return known !== undefined && known.position > 0 && !toldAlike(clientOf(known), client);
}

/**
 * What changed since this enforcement point's last completed pull. Decided per value and not per block: an address
 * whose block ended stays when another block still covers it.
 */
export async function readChanges({ db, clock }: Room, client: Client & { enforcerId: EnforcerId }): Promise<Changes> {
  const position = await headOf(db.read, "block");
  const since = (await findEnforcer(db.read, { id: client.enforcerId }))?.stream_position ?? 0;
  const changed = position > since ? await listChangedAfter(db.read, since) : [];
  if (changed.length === 0) return { position, added: [], removed: [] };
  const now = clock.now();
  const networks = changed.map(({ value }) => knownPrefix(value));
  const overlapping = await listOverlapping(db.read, networks);
  const inForce = overlapping.filter(({ expires_at: end }) => end > now);
  const touched = longest(changed.flatMap((block) => tell(client, block)));
  const current = longest(inForce.flatMap((block) => tell(client, block)));
  const added = [...touched.keys()].flatMap((value) => current.get(value) ?? []);
  // Told before, perhaps with another end: taken away and added again, because clients ignore what they have already.
  const known = [...changed, ...inForce].filter((block) => block.first_position <= since);
  const had = longest(known.flatMap((block) => tell(client, block)));
  const removed = [...touched.values()].filter(({ prefix: { text } }) => had.has(text) || !current.has(text));
  return { position, added, removed };
}
