import { randomBytes } from "node:crypto";
import { commitTo, LedgerError, saltBytes, type Disclosure } from "@tyr/ledger";
import { undeclaredFields, type AuditEntry } from "@tyr/contract";
import type { Clock } from "#platform/clock";
import type { FactValue, PersonalEncoder, PersonalValue, ReadDatabase, WriteTransaction } from "#platform/database";
import { decrypt, encrypt, KEY_BYTES, SecretUnreadable, type Place, type Secrets } from "#platform/secrets";
import { encodeLogged, placeField } from "../entry.ts";
import { AuditFactRefused } from "../errors.ts";
import { splitRecord } from "./split-record.ts";
import { findValues, holdSubject, insertSubject, insertValues, type PersonalRow } from "./store.ts";

export type PersonalDeps = Readonly<{
  secrets: Pick<Secrets, "seal" | "open" | "drop">;
  clock: Clock;
  /**
   * A field that `AUDIT_FIELDS` does not declare: refused, or sealed like a personal one and told. Sealing shows nobody
   * anything, and what was forgotten in our code stops nobody from lifting a block or ending a key.
   */
  undeclared?: "refuse" | ((type: string, fields: readonly string[]) => void);
}>;

/** Personal values of the log: kept beside it, opened for those who may read them. */
export type PersonalValues = PersonalEncoder &
  Readonly<{
    /** The same entries with personal values in their places, or saying that they were erased. */
    reveal<E extends AuditEntry>(db: ReadDatabase, entries: readonly E[]): Promise<E[]>;
    /** What opens the personal values of these entries to a verifier; what was erased is left out. */
    disclose(db: ReadDatabase, entryIds: readonly string[]): Promise<readonly Disclosure[]>;
  }>;

export const dataKeyPlace = (subject: string): Place => ({
  table: "personal_subject",
  column: "data_key",
  record: subject,
});

const aadOf = (entryId: string, field: string): Uint8Array => Buffer.from(JSON.stringify(["personal", entryId, field]));
/** Somebody is erased, or appears, between two looks at most. */
const TRIES = 3;

async function dataKeyFor(
  { secrets, clock }: PersonalDeps,
  tx: WriteTransaction,
  subject: string,
): Promise<Uint8Array> {
  const place = dataKeyPlace(subject);
  for (let tries = 0; tries < TRIES; tries += 1) {
    if (await holdSubject(tx, subject)) {
      const key = await secrets.open(tx, place);
      if (key === undefined) throw new SecretUnreadable(`the data key of ${subject} is missing`);
      return key;
    }
    if (!(await insertSubject(tx, subject, clock.now()))) continue;
    const key = randomBytes(KEY_BYTES);
    await secrets.seal(tx, place, key);
    return key;
  }
  throw new SecretUnreadable(`the data key of ${subject} changed again and again`);
}

async function keep(deps: PersonalDeps, tx: WriteTransaction, values: readonly PersonalValue[]): Promise<void> {
  const rows: PersonalRow[] = [];
  // In one order, so that two transactions never wait for each other.
  const bySubject = [...Map.groupBy(values, (one) => one.subject)].toSorted(([a], [b]) => (a < b ? -1 : 1));
  for (const [subject, its] of bySubject) {
    const key = await dataKeyFor(deps, tx, subject);
    for (const { entryId, field, salt, value } of its) {
      const plain = Buffer.concat([salt, Buffer.from(JSON.stringify(value))]);
      rows.push({ entry_id: entryId, field, subject, box: encrypt(key, plain, aadOf(entryId, field)) });
    }
  }
  await insertValues(tx, rows);
}

type Record = Parameters<typeof splitRecord>[0];

function checkDeclared({ undeclared = "refuse" }: PersonalDeps, record: Record): void {
  const fields = undeclaredFields(record);
  if (fields.length === 0) return;
  if (undeclared !== "refuse") return undeclared(record.type, fields);
  throw new AuditFactRefused(
    `the fact ${record.type} has fields that AUDIT_FIELDS does not declare: ${fields.join(", ")}`,
  );
}

/** @throws {AuditFactRefused} `AUDIT_FACT_REFUSED` */
function encode(deps: PersonalDeps, record: Record): ReturnType<PersonalEncoder["encode"]> {
  checkDeclared(deps, record);
  try {
    const { logged, values } = splitRecord(record);
    return { bytes: encodeLogged(logged), values };
  } catch (cause) {
    if (!(cause instanceof LedgerError)) throw cause;
    throw new AuditFactRefused(`the fact ${record.type} cannot be logged: ${cause.message}`, { cause });
  }
}

/** A kept value, or only its place when somebody altered what is kept. */
type Opened = Disclosure | Readonly<{ entry: string; field: string; salt?: never }>;

function openRow(key: Uint8Array, { entry_id: entry, field, box }: PersonalRow): Opened {
  try {
    const plain = Buffer.from(decrypt(key, box, aadOf(entry, field)));
    const value = JSON.parse(plain.subarray(saltBytes).toString("utf8")) as FactValue;
    return { entry, field, salt: plain.subarray(0, saltBytes).toString("base64"), value };
  } catch (error) {
    // One altered row must not hide all others.
    if (error instanceof SecretUnreadable) return { entry, field };
    throw error;
  }
}

async function openAll(
  { secrets }: PersonalDeps,
  db: ReadDatabase,
  entryIds: readonly string[],
): Promise<readonly Opened[]> {
  const keys = new Map<string, Uint8Array | undefined>();
  const opened: Opened[] = [];
  for (const row of await findValues(db, entryIds)) {
    const { subject } = row;
    if (!keys.has(subject)) keys.set(subject, await secrets.open(db, dataKeyPlace(subject)));
    const key = keys.get(subject);
    if (key !== undefined) opened.push(openRow(key, row));
  }
  return opened;
}

type State = NonNullable<AuditEntry["personal"]>[number]["state"];

type Look = Readonly<{ state: State; shown: unknown }>;

/** What is shown was committed to: a value that somebody exchanged beside the log is not shown. */
function look(commitment: string, opened: Opened | undefined): Look {
  if (opened === undefined) return { state: "erased", shown: "(erased)" };
  const fits = opened.salt !== undefined && commitTo(Buffer.from(opened.salt, "base64"), opened.value) === commitment;
  return fits ? { state: "opened", shown: opened.value } : { state: "altered", shown: "(altered)" };
}

function revealOne<E extends AuditEntry>(entry: E, opened: readonly Opened[]): E {
  let shown = entry;
  const personal = (entry.personal ?? []).map(({ field, commitment }) => {
    const found = opened.find((one) => one.entry === entry.id && one.field === field);
    const { state, shown: value } = look(commitment, found);
    shown = placeField(shown, field, value);
    return { field, commitment, state };
  });
  return entry.personal === undefined ? entry : { ...shown, personal };
}

export function createPersonalValues(deps: PersonalDeps): PersonalValues {
  return {
    encode: (record) => encode(deps, record),
    keep: async (tx, values) => await keep(deps, tx, values),
    async reveal(db, entries) {
      const ids = entries.filter((one) => one.personal !== undefined).map((one) => one.id);
      const opened = await openAll(deps, db, ids);
      return entries.map((entry) => revealOne(entry, opened));
    },
    async disclose(db, entryIds) {
      return (await openAll(deps, db, entryIds)).filter((one) => one.salt !== undefined);
    },
  };
}
