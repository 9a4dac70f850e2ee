import type { EventId } from "@tyr/contract";
import { sql } from "kysely";
import type { ReadDatabase, WriteTransaction } from "#platform/database";
import type { IntelAnswer } from "./answer.ts";

type IntelVerdictTable = {
  provider: string;
  address: string;
  answer: unknown;
  answered_at: Date | null;
  wanted: boolean;
  next_at: Date;
  failures: number;
  event_id: string;
  event_time: Date;
};
declare module "#platform/tables" {
  interface Tables {
    intel_verdict: IntelVerdictTable;
  }
}

/** An address somebody shall be asked about, and the event that brought it up. */
export type Question = Readonly<{ provider: string; address: string; eventId: EventId; eventTime: Date }>;
export type KnownAnswer = Readonly<{ provider: string; address: string; answer: IntelAnswer; answeredAt: Date }>;

/** Answers that are no older than `since`, for these addresses. */
export async function freshAnswers(
  db: ReadDatabase,
  addresses: readonly string[],
  since: Date,
): Promise<readonly KnownAnswer[]> {
  if (addresses.length === 0) return [];
  const rows = await db
    .selectFrom("intel_verdict")
    .select(["provider", "address", "answer", "answered_at"])
    .where(sql<boolean>`address = any(${[...addresses]}::text[])`)
    .where("answered_at", ">=", since)
    .execute();
  return rows.flatMap(toAnswer);
}

/** Everything ever said of an address, newest first. */
export async function answersFor(db: ReadDatabase, address: string): Promise<readonly KnownAnswer[]> {
  const rows = await db
    .selectFrom("intel_verdict")
    .selectAll()
    .where("address", "=", address)
    .orderBy("answered_at", "desc")
    .execute();
  return rows.flatMap(toAnswer);
}

type Row = Pick<IntelVerdictTable, "provider" | "address" | "answer" | "answered_at">;

function toAnswer({ provider, address, answer, answered_at: answeredAt }: Row): readonly KnownAnswer[] {
  if (answer === null || answeredAt === null) return [];
  return [{ provider, address, answer: answer as IntelAnswer, answeredAt }];
}

/** Questions that wait for one of these; those for a provider that was switched off wait for nobody. */
export async function countWanted(db: ReadDatabase, providers: readonly string[]): Promise<number> {
  const { count } = await db
    .selectFrom("intel_verdict")
    .select((all) => all.fn.countAll<number>().as("count"))
    .where("wanted", "=", true)
    .where(sql<boolean>`provider = any(${[...providers]}::text[])`)
    .executeTakeFirstOrThrow();
  return count;
}

/** Notes questions down; one that is open already keeps its turn. */
export async function want(tx: WriteTransaction, questions: readonly Question[], now: Date): Promise<void> {
  if (questions.length === 0) return;
  const rows = questions.map(({ provider, address, eventId, eventTime }) => ({
    provider,
    address,
    event_id: eventId,
    event_time: eventTime.toISOString(),
  }));
  await sql`
    insert into intel_verdict (provider, address, wanted, next_at, event_id, event_time)
    select provider, address, true, ${now}, event_id, event_time
    from json_to_recordset(${JSON.stringify(rows)}::json)
      as row (provider text, address text, event_id text, event_time timestamptz)
    on conflict (provider, address) do update set
      wanted = true, next_at = excluded.next_at, failures = 0, event_id = excluded.event_id, event_time = excluded.event_time
    where not intel_verdict.wanted
  `.execute(tx);
}

/** The questions whose turn it is, oldest first. */
export async function dueQuestions(
  db: ReadDatabase,
  { provider, now, limit }: Readonly<{ provider: string; now: Date; limit: number }>,
): Promise<readonly (Question & Readonly<{ failures: number }>)[]> {
  const rows = await db
    .selectFrom("intel_verdict")
    .selectAll()
    .where("provider", "=", provider)
    .where("wanted", "=", true)
    .where("next_at", "<=", now)
    .orderBy("next_at")
    .orderBy("address")
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    provider,
    address: row.address,
    eventId: row.event_id as EventId,
    eventTime: row.event_time,
    failures: row.failures,
  }));
}

type Place = Readonly<{ provider: string; address: string }>;

export async function keepAnswer(
  tx: WriteTransaction,
  place: Place,
  { answer, now }: Readonly<{ answer: IntelAnswer; now: Date }>,
): Promise<void> {
  await tx
    .updateTable("intel_verdict")
    .set({ answer: JSON.stringify(answer), answered_at: now, wanted: false, failures: 0 })
    .where("provider", "=", place.provider)
    .where("address", "=", place.address)
    .execute();
}

/** The answer there was stays. `nextAt` null: nobody is asked again until the address comes up anew. */
export async function postpone(
  tx: WriteTransaction,
  place: Place,
  { failures, nextAt }: Readonly<{ failures: number; nextAt: Date | null }>,
): Promise<void> {
  await tx
    .updateTable("intel_verdict")
    .set(nextAt === null ? { failures, wanted: false } : { failures, next_at: nextAt })
    .where("provider", "=", place.provider)
    .where("address", "=", place.address)
    .execute();
}

/**
 * Answers nobody needs any more: their addresses did not come up again. Questions too that wait for nobody who is switched
 * on, of whatever age: whoever is switched on again is asked about what comes up then.
 */
export async function forgetAnswers(
  tx: WriteTransaction,
  { before, providers }: Readonly<{ before: Date; providers: readonly string[] }>,
): Promise<void> {
  await tx.deleteFrom("intel_verdict").where("wanted", "=", false).where("event_time", "<", before).execute();
  const isOff = sql<boolean>`not provider = any(${[...providers]}::text[])`;
  await tx
    .deleteFrom("intel_verdict")
    .where("wanted", "=", true)
    .where("answered_at", "is", null)
    .where(isOff)
    .execute();
  await tx.updateTable("intel_verdict").set({ wanted: false }).where("wanted", "=", true).where(isOff).execute();
}
