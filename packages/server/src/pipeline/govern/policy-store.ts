import type { ActionId, Actor, Decision, PolicyFile } from "@tyr/contract";
import type { Generated, JSONColumnType, Selectable } from "kysely";
import type { ReadDatabase, WriteTransaction } from "#platform/database";
import type { StoredInput } from "./policy/decide.ts";

type PolicyBundleTable = {
  digest: string;
  manifest: JSONColumnType<object>;
  files: JSONColumnType<PolicyFile[]>;
  signature: string;
  origin: "folder" | "published";
  policies: number;
  created_by: JSONColumnType<Actor>;
  created_at: Date;
};
export type PolicyBundleRow = Selectable<PolicyBundleTable>;
export type TrialRow = Readonly<{ in_force: string; at: Date; summary: TrialSummary }>;
/** What a backtest before a publication counted. */
export type TrialSummary = Readonly<{
  days: number;
  decisions: number;
  same: number;
  unanswerable: number;
  changes: readonly Readonly<{ from: string; to: string; count: number }>[];
}>;

declare module "#platform/tables" {
  interface Tables {
    policy_bundle: PolicyBundleTable;
    policy_trial: {
      number: Generated<number>;
      candidate: string;
      in_force: string;
      at: Date;
      summary: JSONColumnType<TrialSummary>;
    };
  }
}

/** Versions shown; older ones stay readable by their digest. */
const VERSIONS_MAX = 200;

export type ActivationRow = Readonly<{
  number: number;
  digest: string;
  activated_at: Date;
  actor: Actor | null;
  action_id: ActionId | null;
}>;

/** The bundle in force, as `db` sees it. */
export async function latestActivation(db: ReadDatabase): Promise<ActivationRow | undefined> {
  return await db
    .selectFrom("policy_activation")
    .select(["number", "digest", "activated_at", "actor", "action_id"])
    .orderBy("number", "desc")
    .limit(1)
    .executeTakeFirst();
}

/** The same, held: whoever brings another bundle into force waits. */
export async function lockActivation(tx: WriteTransaction): Promise<ActivationRow | undefined> {
  return await tx
    .selectFrom("policy_activation")
    .select(["number", "digest", "activated_at", "actor", "action_id"])
    .orderBy("number", "desc")
    .limit(1)
    .forUpdate()
    .executeTakeFirst();
}

/** Whether a bundle ever came into force because people approved it. */
export async function wasEverPublished(db: ReadDatabase): Promise<boolean> {
  const row = await db
    .selectFrom("policy_activation")
    .select("number")
    .where("action_id", "is not", null)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

export async function wasEverInForce(db: ReadDatabase, digest: string): Promise<boolean> {
  const row = await db
    .selectFrom("policy_activation")
    .select("number")
    .where("digest", "=", digest)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

type Activation = Readonly<{
  digest: string;
  manifest: object;
  at: Date;
  actor: Actor;
  actionId: ActionId | null;
}>;

export async function insertActivation(tx: WriteTransaction, activation: Activation): Promise<void> {
  const { digest, manifest, at, actor, actionId } = activation;
  await tx
    .insertInto("policy_activation")
    .values({
      digest,
      manifest: JSON.stringify(manifest),
      activated_at: at,
      actor: JSON.stringify(actor),
      action_id: actionId,
    })
    .execute();
}

export async function listActivations(db: ReadDatabase, digests: readonly string[]): Promise<readonly ActivationRow[]> {
  if (digests.length === 0) return [];
  return await db
    .selectFrom("policy_activation")
    .select(["number", "digest", "activated_at", "actor", "action_id"])
    .where("digest", "in", [...digests])
    .orderBy("number", "desc")
    .limit(1_000)
    .execute();
}

export async function findBundle(db: ReadDatabase, digest: string): Promise<PolicyBundleRow | undefined> {
  return await db.selectFrom("policy_bundle").selectAll().where("digest", "=", digest).executeTakeFirst();
}

export type BundleHead = Omit<PolicyBundleRow, "files" | "signature" | "manifest">;

export async function listBundles(db: ReadDatabase): Promise<readonly BundleHead[]> {
  return await db
    .selectFrom("policy_bundle")
    .select(["digest", "origin", "policies", "created_by", "created_at"])
    .orderBy("created_at", "desc")
    .orderBy("digest")
    .limit(VERSIONS_MAX)
    .execute();
}

/** @returns false when it is stored already */
export async function insertBundle(tx: WriteTransaction, row: PolicyBundleRow): Promise<boolean> {
  const inserted = await tx
    .insertInto("policy_bundle")
    .values({
      ...row,
      manifest: JSON.stringify(row.manifest),
      files: JSON.stringify(row.files),
      created_by: JSON.stringify(row.created_by),
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning("digest")
    .executeTakeFirst();
  return inserted !== undefined;
}

/** The newest trial of a bundle against the one in force. */
export async function findTrial(
  db: ReadDatabase,
  { candidate, inForce }: Readonly<{ candidate: string; inForce: string }>,
): Promise<TrialRow | undefined> {
  return await db
    .selectFrom("policy_trial")
    .select(["in_force", "at", "summary"])
    .where("candidate", "=", candidate)
    .where("in_force", "=", inForce)
    .orderBy("number", "desc")
    .limit(1)
    .executeTakeFirst();
}

export async function insertTrial(
  tx: WriteTransaction,
  trial: Readonly<{ candidate: string; inForce: string; at: Date; summary: TrialSummary }>,
): Promise<void> {
  const { candidate, inForce, at, summary } = trial;
  await tx
    .insertInto("policy_trial")
    .values({ candidate, in_force: inForce, at, summary: JSON.stringify(summary) })
    .execute();
}

export type DecisionRow = Readonly<{
  number: number;
  action_id: ActionId | null;
  step: string;
  input: StoredInput;
  outcome: Decision["outcome"];
  policy_ids: readonly string[];
  bundle_digest: string;
  at: Date;
}>;

const DECISION = ["number", "action_id", "step", "input", "outcome", "policy_ids", "bundle_digest", "at"] as const;

/** Stored decisions in their order. */
export async function readDecisionsAfter(
  db: ReadDatabase,
  { after, upTo, limit }: Readonly<{ after: number; upTo: number; limit: number }>,
): Promise<readonly DecisionRow[]> {
  const rows = await db
    .selectFrom("policy_decision")
    .select(DECISION)
    .where("number", ">", after)
    .where("number", "<=", upTo)
    .orderBy("number")
    .limit(limit)
    .execute();
  return rows as readonly DecisionRow[];
}

/** The decisions since then, newest so many of them: how many, and between which numbers. */
export async function decisionsSince(
  db: ReadDatabase,
  { since, max }: Readonly<{ since: Date; max: number }>,
): Promise<Readonly<{ count: number; after: number; upTo: number }>> {
  const newest = db
    .selectFrom("policy_decision")
    .select("number")
    .where("at", ">=", since)
    .orderBy("number", "desc")
    .limit(max);
  const row = await db
    .selectFrom(newest.as("newest"))
    .select(({ fn }) => [
      fn.countAll<number>().as("count"),
      fn.min<number | null>("number").as("first"),
      fn.max<number | null>("number").as("last"),
    ])
    .executeTakeFirstOrThrow();
  return { count: row.count, after: (row.first ?? 1) - 1, upTo: row.last ?? 0 };
}

/** A stored decision by its number, or the newest about an action. */
export async function findDecision(
  db: ReadDatabase,
  by: Readonly<{ number: number } | { actionId: ActionId }>,
): Promise<DecisionRow | undefined> {
  const rows = db.selectFrom("policy_decision").select(DECISION);
  const row = await ("number" in by ? rows.where("number", "=", by.number) : rows.where("action_id", "=", by.actionId))
    .orderBy("number", "desc")
    .limit(1)
    .executeTakeFirst();
  return row as DecisionRow | undefined;
}
