import type { ReadDatabase } from "#platform/database";
import { readStandings, type Standing } from "./delegations/standing.ts";
import type { Person } from "./ports.ts";
import type { Room } from "./room.ts";
import { listKeyHolders } from "./signatures/store.ts";

/** Whose approvals may count now: who may approve, and who may in somebody's place. */
export type Electorate = Readonly<{ people: readonly Person[]; standings: readonly Standing[] }>;

/** With who could sign one now: holders of a passkey that counts, or of a personal key. */
export type Signatories = Electorate & Readonly<{ signers: ReadonlySet<string> }>;

async function readElectorate(room: Room, db: ReadDatabase): Promise<Electorate> {
  const people = await room.ports.people(db);
  return { people, standings: await readStandings(room, db, people) };
}

export async function readSignatories(room: Room, db: ReadDatabase): Promise<Signatories> {
  const keys = await listKeyHolders(db, room.clock.now());
  const passkeys = await room.ports.passkeys.holders(db);
  return { ...(await readElectorate(room, db)), signers: new Set([...keys, ...passkeys]) };
}
