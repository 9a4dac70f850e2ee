import type { Action } from "@tyr/contract";
import { listBroken, type BreakGlassRow } from "./break-glass/store.ts";
import { viewBreakGlass } from "./break-glass/view.ts";
import { movesOf } from "./machine/moves-of.ts";
import { approvalsMissing, approversOf, ownApproversOf } from "./count-approvals.ts";
import { listByIds, type DelegationRow } from "./delegations/store.ts";
import { readSignatories, type Signatories } from "./electorate.ts";
import type { By, Room } from "./room.ts";
import { sayShort, shortGates } from "./satisfiable.ts";
import { ownApprovalDelay } from "./single-person/single-person.ts";
import { listApprovals, listAuthors, listDisbelieved, type ActionRow, type ApprovalRow } from "./store.ts";

const WAITING: ReadonlySet<ActionRow["state"]> = new Set(["draft", "dry_run_ok", "pending"]);
const iso = (at: Date | null): string | null => at?.toISOString() ?? null;

/** Waiting for people, it says at every reading whether there are enough of them: people come and go. */
function shownDryRun(row: ActionRow, { who, authors, ownApprovalDelayMs }: Viewed): Action["dryRun"] {
  if (row.dry_run === null || row.decision === null || !WAITING.has(row.state)) return row.dry_run;
  const short = shortGates(row.decision, row, { ...who, authors, ownCounts: ownApprovalDelayMs !== undefined });
  return { ...row.dry_run, warnings: [...row.dry_run.warnings, ...short.map(sayShort)] };
}

type Viewed = Readonly<{
  approvals: readonly ApprovalRow[];
  /** What was taken back because it did not hold up. */
  disbelieved: readonly ApprovalRow[];
  authors: ReadonlySet<string>;
  who: Signatories;
  /** Those that approvals of it were given by, and those of whoever reads. */
  delegations: readonly DelegationRow[];
  asker: By | undefined;
  now: Date;
  broken: BreakGlassRow | undefined;
  /** In single-person mode: how long one's own approval waits before it counts. */
  ownApprovalDelayMs: number | undefined;
}>;

function approvalView(
  one: ApprovalRow,
  counts: boolean,
  delegations: readonly DelegationRow[],
): Action["approvals"][0] {
  const lent = delegations.find(({ id }) => id === one.delegation_id);
  return {
    id: one.id,
    by: one.actor,
    roles: one.roles,
    at: one.at.toISOString(),
    comment: one.comment,
    counts,
    ...(lent === undefined ? {} : { onBehalfOf: { delegation: lent.id, from: lent.from_actor } }),
    ...(one.disbelieved === null ? {} : { disbelieved: one.disbelieved }),
    ...(one.not_before === null ? {} : { countsFrom: one.not_before.toISOString() }),
  };
}

function evidenceView(row: ActionRow): Action["evidence"] {
  const { incident_id: incidentId, detection_ids: detectionIds, risk, severity, confidence } = row;
  return { incidentId, detectionIds, risk, severity, confidence };
}

/** By which whoever reads could decide about it. */
function refsOf(ids: readonly string[], delegations: readonly DelegationRow[]): Pick<Action, "delegations"> {
  const refs = delegations
    .filter(({ id }) => ids.includes(id))
    .map(({ id, from_actor: from, ends_at: endsAt }) => ({ id, from, endsAt: endsAt.toISOString() }));
  return refs.length === 0 ? {} : { delegations: refs };
}

function toView(row: ActionRow, viewed: Viewed): Action {
  const { who, broken, delegations, disbelieved, ...read } = viewed;
  const { approvals } = read;
  const others = approversOf(row, approvals, who);
  const isAlone = others.length === 0 && read.ownApprovalDelayMs !== undefined;
  const approvers = isAlone ? ownApproversOf(row, approvals, { people: who.people, now: read.now }) : others;
  const offered = movesOf(row, { ...read, standings: who.standings });
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
    evidence: evidenceView(row),
    requester: row.requester,
    ttlSeconds: row.ttl_seconds,
    connector: row.connector,
    state: row.state,
    revision: row.revision,
    requestDigest: row.request_digest,
    decision: row.decision,
    dryRun: shownDryRun(row, viewed),
    approvals: [
      ...approvals.map((one) => approvalView(one, covers(one), delegations)),
      ...disbelieved.map((one) => approvalView(one, false, delegations)),
    ],
    approvalsMissing: row.state === "pending" && row.decision !== null ? approvalsMissing(row.decision, approvers) : 0,
    ...(read.ownApprovalDelayMs === undefined ? {} : { singlePerson: true }),
    breakGlass: broken === undefined ? null : viewBreakGlass(broken),
    ...refsOf(
      offered.standings.map(({ id }) => id),
      delegations,
    ),
    deadlineAt: iso(row.deadline_at),
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    executedAt: iso(row.executed_at),
    effectEndsAt: iso(row.effect_ends_at),
    blockId: row.block_id,
    failure: row.failure,
    legalMoves: [...offered.moves],
  };
}

/** Actions as people see them, with the approvals that count now and the moves of who asks. As many queries for any number of rows. */
export async function viewActions(room: Room, rows: readonly ActionRow[], asker: By | undefined): Promise<Action[]> {
  const db = room.db.read;
  const now = room.clock.now();
  const ids = rows.map(({ id }) => id);
  const approvals = await listApprovals(db, ids);
  const disbelieved = await listDisbelieved(db, ids);
  const authors = await listAuthors(db, ids);
  const broken = await listBroken(db, ids);
  const ownApprovalDelayMs = await ownApprovalDelay(db, now);
  const who = await readSignatories(room, db);
  const own = who.standings.filter(({ to }) => to === asker?.actor.id).map(({ id }) => id);
  const used = approvals.flatMap(({ delegation_id: id }) => id ?? []);
  const delegations = await listByIds(db, [...new Set([...own, ...used])]);
  return rows.map((row) =>
    toView(row, {
      who,
      delegations,
      asker,
      now,
      ownApprovalDelayMs,
      broken: broken.find((one) => one.action_id === row.id),
      approvals: approvals.filter((one) => one.action_id === row.id),
      disbelieved: disbelieved.filter((one) => one.action_id === row.id),
      authors: new Set(authors.filter((one) => one.action_id === row.id).map(({ id }) => id)),
    }),
  );
}
