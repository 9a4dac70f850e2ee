import type { Actor, AuditEvent } from "@tyr/contract";
import type { Kysely, Transaction } from "kysely";
import type { Tables } from "./tables.ts";
import { newId } from "#platform/ids";
import type { Clock } from "#platform/clock";
import { originOfRequest, type Origin } from "./origin.ts";

/** JSON that may enter an audit entry: no fractions, so that its canonical form is the same everywhere (RFC 8785). */
export type FactValue = string | number | boolean | null | readonly FactValue[] | { readonly [key: string]: FactValue };

/** What happened, as it will stand in the log. Never credentials, tokens or raw session ids. */
export type Fact = Readonly<{
  type: AuditEvent;
  actor: Actor;
  object: Readonly<{ kind: string; id: string }>;
  outcome?: "success" | "refused" | "failure";
  before?: string | null;
  after?: string | null;
  requestId?: string | null;
  /** Where it was asked for: found by the request, unless it is written later than its request or for several. */
  origin?: Origin;
  details?: Readonly<Record<string, FactValue>>;
}>;

/** A fact with its own id and time: what is hashed into the log. */
export type AuditRecord = Readonly<Required<Fact> & { v: 1; id: string; at: string }>;
export type EncodeRecord = (record: AuditRecord) => Uint8Array;

/** A value the entry only commits to. It is kept beside the log, in the transaction that writes the entry. */
export type PersonalValue = Readonly<{
  entryId: string;
  field: string;
  /** Whose it is: what an erasure names. */
  subject: string;
  salt: Uint8Array;
  value: FactValue;
}>;
/** Takes personal values out of the bytes that are hashed. */
export type PersonalEncoder = Readonly<{
  encode: (record: AuditRecord) => Readonly<{ bytes: Uint8Array; values: readonly PersonalValue[] }>;
  keep: (tx: WriteTransaction, values: readonly PersonalValue[]) => Promise<void>;
}>;

/** Can read, cannot write: `insertInto`, `updateTable`, `deleteFrom` and raw SQL are not there. */
export type ReadDatabase = Pick<Kysely<Tables>, "selectFrom" | "selectNoFrom" | "fn" | "dynamic" | "case">;
export type WriteTransaction = Transaction<Tables>;

/** Writes that change no domain state. Everything else goes through `audited`. */
export type Bookkeeping =
  | "cursor"
  | "last-seen"
  | "lead"
  | "audit-tree"
  | "idempotency"
  | "counters"
  | "enforcer-pull"
  | "secret-rewrap"
  | "notification"
  | "intel";

export type Audited = <T>(
  fact: Fact | ((value: T) => readonly Fact[]),
  work: (tx: WriteTransaction) => Promise<T>,
) => Promise<T>;

class RollBack<T> extends Error {
  readonly value: T;
  constructor(value: T) {
    super("rolled back: nothing to record");
    this.value = value;
  }
}

function isRefused(value: unknown): boolean {
  return typeof value === "object" && value !== null && "ok" in value && value.ok === false;
}

function factsOf<T>(fact: Fact | ((value: T) => readonly Fact[]), value: T): readonly Fact[] {
  if (typeof fact === "function") return fact(value);
  return isRefused(value) ? [] : [fact];
}

/**
 * Makes `audited`: the state change and its audit entries are one transaction.
 *
 * `fact` may be computed from what the work returned. No fact means no change: the transaction is rolled back, so a
 * refusal (`ok: false`) or an unaudited write leaves nothing behind. To record a refusal, return its fact yourself.
 */
export function createAudited(db: Kysely<Tables>, clock: Clock, encode: EncodeRecord | PersonalEncoder): Audited {
  return async (fact, work) => {
    try {
      return await db.transaction().execute(async (tx) => {
        const value = await work(tx);
        const facts = factsOf(fact, value);
        if (facts.length === 0) throw new RollBack(value);
        const records = facts.map((one) => toRecord(one, clock.now()));
        await writeRecords(tx, records, encode);
        return value;
      });
    } catch (error) {
      if (error instanceof RollBack) return error.value as Awaited<ReturnType<typeof work>>;
      throw error;
    }
  };
}

async function writeRecords(
  tx: WriteTransaction,
  records: readonly AuditRecord[],
  encoder: EncodeRecord | PersonalEncoder,
): Promise<void> {
  const encode =
    typeof encoder === "function" ? (one: AuditRecord) => ({ bytes: encoder(one), values: [] }) : encoder.encode;
  const encoded = records.map((one) => ({ id: one.id, ...encode(one) }));
  await tx
    .insertInto("audit_intake")
    .values(encoded.map(({ id, bytes }) => ({ id, bytes })))
    .execute();
  const values = encoded.flatMap((one) => one.values);
  if (typeof encoder !== "function" && values.length > 0) await encoder.keep(tx, values);
}

function toRecord(fact: Fact, now: Date): AuditRecord {
  const id = newId("auditEntry", now);
  const {
    type,
    actor,
    object,
    outcome = "success",
    before = null,
    after = null,
    requestId = null,
    origin = originOfRequest(requestId),
    details = {},
  } = fact;
  const place = { v: 1, id, at: now.toISOString() } as const;
  return { ...place, type, actor, object, outcome, before, after, requestId, origin, details };
}
