import { heldAddresses } from "#collect";
import type { SensorId } from "@tyr/contract";
import { type ExpressionBuilder, sql } from "kysely";
import { readPage, type Page, type PageBefore, type ReadDatabase, type WriteTransaction } from "#platform/database";
import { systemClock } from "#platform/clock";
import { uuidV5 } from "#platform/ids";
import type { Tables } from "#platform/tables";
import { eraseWindows } from "../erase-windows.ts";
import { eraseFromLift } from "./lift-store.ts";

type Outcome = "success" | "failure" | "observed";
type CredentialTable = {
  number: number;
  id: string;
  pair: string;
  src_ip: string;
  sensor_id: string;
  service: string;
  principal: string;
  secret_kind: string;
  secret_hash: string;
  common: boolean;
  attempt_count: number;
  outcome: Outcome;
  first_seen_at: Date;
  last_seen_at: Date;
  recorded_at: Date;
};

declare module "#platform/tables" {
  interface Tables {
    credential: CredentialTable;
  }
}

/** One attempt with some credentials. */
export type TriedOnce = Readonly<{
  src: string;
  sensorId: SensorId;
  service: string;
  principal: string;
  secretKind: string;
  secretHash: string;
  /** Everybody tries this pair. */
  common: boolean;
  outcome: Outcome;
  atMs: number;
}>;

const RANK: Readonly<Record<Outcome, number>> = { observed: 0, failure: 1, success: 2 };
const OUTCOMES = ["observed", "failure", "success"] as const;

/** PostgreSQL's text holds neither NUL nor lone surrogates, and attackers choose account names. */
const storable = (text: string): string => text.replaceAll("\0", "\uFFFD").toWellFormed();

type Summed = TriedOnce & { attempts: number; rank: number; firstMs: number; lastMs: number };

function summed(tried: readonly TriedOnce[]): ReadonlyMap<string, Summed> {
  const rows = new Map<string, Summed>();
  for (const one of tried) {
    const id = uuidV5([
      "credential",
      one.src,
      one.sensorId,
      one.service,
      one.secretKind,
      one.secretHash,
      one.principal,
    ]);
    const known = rows.get(id);
    const rank = RANK[one.outcome];
    rows.set(id, {
      ...one,
      attempts: (known?.attempts ?? 0) + 1,
      rank: Math.max(known?.rank ?? rank, rank),
      firstMs: Math.min(known?.firstMs ?? one.atMs, one.atMs),
      lastMs: Math.max(known?.lastMs ?? one.atMs, one.atMs),
    });
  }
  return rows;
}

/** Counts attempts, in the transaction that moves the cursor of whoever read them: each once. */
export async function countTried(tx: WriteTransaction, tried: readonly TriedOnce[], now: Date): Promise<void> {
  if (tried.length === 0) return;
  const rows = [...summed(tried)]
    .map(([id, one]) => ({
      id,
      pair: uuidV5(["pair", one.secretKind, one.secretHash, one.principal]),
      src_ip: one.src,
      sensor_id: one.sensorId.slice(4),
      service: storable(one.service),
      principal: storable(one.principal),
      secret_kind: one.secretKind,
      secret_hash: one.secretHash,
      common: one.common,
      attempt_count: one.attempts,
      outcome: OUTCOMES[one.rank],
      first_seen_at: new Date(one.firstMs),
      last_seen_at: new Date(one.lastMs),
    }))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
  await sql`
    insert into credential (id, pair, src_ip, sensor_id, service, principal, secret_kind, secret_hash, common,
      attempt_count, outcome, first_seen_at, last_seen_at, recorded_at)
    select id, pair, src_ip, sensor_id, service, principal, secret_kind, secret_hash, common,
      attempt_count, outcome, first_seen_at, last_seen_at, ${now}::timestamptz
    from json_to_recordset(${JSON.stringify(rows)}::json) as row (id uuid, pair uuid, src_ip inet, sensor_id uuid,
      service text, principal text, secret_kind text, secret_hash text, common boolean, attempt_count int8,
      outcome text, first_seen_at timestamptz, last_seen_at timestamptz)
    on conflict (id) do update set
      attempt_count = credential.attempt_count + excluded.attempt_count,
      outcome = case when 'success' in (credential.outcome, excluded.outcome) then 'success'
        when 'failure' in (credential.outcome, excluded.outcome) then 'failure' else 'observed' end,
      first_seen_at = least(credential.first_seen_at, excluded.first_seen_at),
      last_seen_at = greatest(credential.last_seen_at, excluded.last_seen_at),
      recorded_at = excluded.recorded_at
  `.execute(tx);
}

export type StoredCredential = Readonly<{
  number: number;
  src: string;
  sensorId: SensorId;
  service: string;
  principal: string;
  secretKind: string;
  secretHash: string;
  common: boolean;
  attempts: number;
  outcome: Outcome;
  firstSeenAt: Date;
  lastSeenAt: Date;
  targets: number;
  sources: number;
}>;
export type CredentialFilter = Readonly<{
  src?: string | undefined;
  principal?: string | undefined;
  secretHash?: string | undefined;
  /** Only pairs tried at two targets or more. */
  reused?: boolean | undefined;
}>;

type Eb = ExpressionBuilder<Tables, "credential">;

/** Over all rows of the same pair. */
const targetsOf = (eb: Eb) =>
  eb
    .selectFrom("credential as other")
    .whereRef("other.pair", "=", "credential.pair")
    .select(sql<number>`count(distinct (other.sensor_id, other.service))`.as("n"));
const sourcesOf = (eb: Eb) =>
  eb
    .selectFrom("credential as other")
    .whereRef("other.pair", "=", "credential.pair")
    .select(sql<number>`count(distinct other.src_ip)`.as("n"));

/** Credentials recorded last come first. */
export async function listCredentials(
  db: ReadDatabase,
  { filter, ...page }: PageBefore<number> & Readonly<{ filter: CredentialFilter }>,
): Promise<Page<StoredCredential, number>> {
  const { src, principal, secretHash, reused } = filter;
  let rows = db
    .selectFrom("credential")
    .selectAll()
    .select((eb) => [targetsOf(eb).as("targets"), sourcesOf(eb).as("sources")]);
  if (src !== undefined) rows = rows.where(sql<boolean>`src_ip = ${src}::inet`);
  if (principal !== undefined) rows = rows.where("principal", "=", principal);
  if (secretHash !== undefined) rows = rows.where("secret_hash", "=", secretHash);
  if (reused === true) rows = rows.where((eb) => eb(targetsOf(eb), ">=", 2));
  const found = await readPage(rows, "number", page);
  return { rows: found.rows.map(toStored), next: found.next };
}

function toStored(
  row: CredentialTable & Readonly<{ targets: number | null; sources: number | null }>,
): StoredCredential {
  return {
    number: row.number,
    src: row.src_ip,
    sensorId: `snr_${row.sensor_id}` as SensorId,
    service: row.service,
    principal: row.principal,
    secretKind: row.secret_kind,
    secretHash: row.secret_hash,
    common: row.common,
    attempts: row.attempt_count,
    outcome: row.outcome,
    firstSeenAt: row.first_seen_at,
    lastSeenAt: row.last_seen_at,
    targets: row.targets ?? 1,
    sources: row.sources ?? 1,
  };
}

type Due = Readonly<{ cutoff: Date; heldSubjects: readonly string[] }>;

/** Credentials nobody tried again for as long as events are kept; a held address keeps its own. */
export const retainedCredentials = {
  async count(tx: WriteTransaction, due: Due): Promise<{ due: number; held: { why: string; records: number }[] }> {
    const hold = sql`src_ip = any (${heldAddresses(due.heldSubjects)}::inet[])`;
    const { rows } = await sql<{ due: number; hold: number }>`
      select count(*) as due, count(*) filter (where ${hold}) as hold
      from credential where recorded_at < ${due.cutoff}`.execute(tx);
    const records = rows[0]?.hold ?? 0;
    return { due: rows[0]?.due ?? 0, held: records > 0 ? [{ why: "legal hold", records }] : [] };
  },
  async remove(tx: WriteTransaction, due: Due, limit: number): Promise<number> {
    const { numAffectedRows } = await sql`
      delete from credential where id in (
        select id from credential where recorded_at < ${due.cutoff}
          and not src_ip = any (${heldAddresses(due.heldSubjects)}::inet[]) limit ${limit})`.execute(tx);
    return Number(numAffectedRows ?? 0n);
  },
};

/** Takes an erased address with what was tried from it, what providers said of it, and what lifters and correlations remember. @returns rows changed */
export async function eraseAddress(tx: WriteTransaction, subject: string): Promise<number> {
  const [address] = heldAddresses([subject]);
  if (address === undefined) return 0;
  const tried = await sql`delete from credential where src_ip = ${address}::inet`.execute(tx);
  const said = await sql`delete from intel_verdict where address = ${address}`.execute(tx);
  const now = systemClock.now();
  const remembered = (await eraseFromLift(tx, address, now)) + (await eraseWindows(tx, address, now));
  return Number(tried.numAffectedRows ?? 0) + Number(said.numAffectedRows ?? 0) + remembered;
}
