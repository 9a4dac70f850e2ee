import { eraseActorName, type WriteTransaction } from "#platform/database";

/** Takes a person's name out of incidents and what was done to them. @returns rows changed */
export async function eraseFromIncidents(tx: WriteTransaction, actorId: string): Promise<number> {
  const assigned = await eraseActorName(tx, { table: "incident", column: "assignee" }, actorId);
  return assigned + (await eraseActorName(tx, { table: "incident_entry", column: "actor" }, actorId));
}
