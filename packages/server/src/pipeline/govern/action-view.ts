import type { Action } from "@tyr/contract";
import type { ReadDatabase } from "#platform/database";
import { listBroken, type BreakGlassRow } from "./break-glass/store.ts";
import { viewBreakGlass } from "./break-glass/view.ts";
import { movesOf } from "./machine/moves-of.ts";
import { approvalsMissing, approversOf, ownApproversOf, unsatisfiable } from "./count-approvals.ts";
import type { Person } from "./ports.ts";
import type { By } from "./room.ts";
import { ownApprovalDelay } from "./single-person/single-person.ts";
import { listApprovals, listAuthors, type ActionRow, type ApprovalRow } from "./store.ts";

const WAITING: ReadonlySet<ActionRow["state"]> = new Set(["draft", "dry_run_ok", "pending"]);
const iso = (at: Date | null): string | null => at?.toISOString() ?? null;

/** Waiting for people, it says at every reading whether there are enough of them: people come and go. */
function shownDryRun(row: ActionRow, people: readonly Person[]): Action["dryRun"] {
  if (row.dry_run === null || row.decision === null || !WAITING.has(row.state)) return row.dry_run;
  const missing = unsatisfiable(row.decision, people, row);
  return { ...row.dry_run, warnings: [...row.dry_run.warnings, ...missing] };
}

type Viewed = Readonly<{
  approvals: readonly ApprovalRow[];
  authors: ReadonlySet<string>;
  people: readonly Person[];
  asker: By | undefined;
  now: Date;
  broken: BreakGlassRow | undefined;
  /** In single-person mode: how long one's own approval waits before it counts. */
  ownApprovalDelayMs: number | undefined;
}>;

function toView(row: ActionRow, { people, broken, ...read }: Viewed): Action {
  const { approvals } = read;
  const others = approversOf(row, approvals, people);
  const isAlone = others.length === 0 && read.ownApprovalDelayMs !== undefined;
  const approvers = isAlone ? ownApproversOf(row, approvals, { people, now: read.now }) : others;
  const counting = new Set(approvers.map(({ id }) => id));
  const covers = (one: ApprovalRow): boolean =>
    counting.has(one.subject_id) &&
    one.request_digest === row.request_digest &&
    one.dry_run_digest === row.dry_run?.digest;
  return {
    id: row.id,
    type: row.type,
    target: row.target,
    justification: row.justification,
    evidence: { incidentId: row.incident_id, detectionIds: row.detection_ids, risk: row.risk },
    requester: row.requester,
    ttlSeconds: row.ttl_seconds,
    connector: row.connector,
    state: row.state,
    revision: row.revision,
    requestDigest: row.request_digest,
    decision: row.decision,
    dryRun: shownDryRun(row, people),
    approvals: approvals.map((one) => ({
      id: one.id,
      by: one.actor,
      roles: one.roles,
      at: one.at.toISOString(),
      comment: one.comment,
      counts: covers(one),
      ...(one.not_before === null ? {} : { countsFrom: one.not_before.toISOString() }),
    })),
    approvalsMissing: row.state === "pending" && row.decision !== null ? approvalsMissing(row.decision, approvers) : 0,
    ...(read.ownApprovalDelayMs === undefined ? {} : { singlePerson: true }),
    breakGlass: broken === undefined ? null : viewBreakGlass(broken),
    deadlineAt: iso(row.deadline_at),
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    executedAt: iso(row.executed_at),
    effectEndsAt: iso(row.effect_ends_at),
    blockId: row.block_id,
    failure: row.failure,
    legalMoves: [...movesOf(row, read)],
  };
}

/** Actions as people see them, with the approvals that count now and the moves of who asks. Five queries for any number of rows. */
export async function viewActions(
  db: ReadDatabase,
  rows: readonly ActionRow[],
  read: Omit<Viewed, "approvals" | "authors" | "broken" | "ownApprovalDelayMs">,
): Promise<Action[]> {
  const ids = rows.map(({ id }) => id);
  const approvals = await listApprovals(db, ids);
  const authors = await listAuthors(db, ids);
  const broken = await listBroken(db, ids);
  const ownApprovalDelayMs = await ownApprovalDelay(db, read.now);
  return rows.map((row) =>
    toView(row, {
      ...read,
      ownApprovalDelayMs,
      broken: broken.find((one) => one.action_id === row.id),
      approvals: approvals.filter((one) => one.action_id === row.id),
      authors: new Set(authors.filter((one) => one.action_id === row.id).map(({ id }) => id)),
    }),
  );
}
