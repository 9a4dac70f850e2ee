import {
  ok,
  refuse,
  type Action,
  type ActionId,
  type ActionCreate,
  type Decision,
  type Refused,
  type Result,
} from "@tyr/contract";
import type { Fact, WriteTransaction } from "#platform/database";
import { viewActions } from "./action-view.ts";
import { decisionDetails, draft, runDryRun, storeDraft, storeDryRun, type Draft, type Stored } from "./draft-action.ts";
import { withMove, type Held } from "./hold-action.ts";
import { submitEvent, voidsApprovals } from "./machine/events-of.ts";
import { GUARDS } from "./machine/guards.ts";
import { announce, moveAction, refuseMove } from "./move-action.ts";
import { NO_APPROVALS } from "./policy/decide.ts";
import { readShort } from "./read-short.ts";
import { settle, type By, type Room, type Settled } from "./room.ts";
import { findProposed, insertDecision, type ActionRow } from "./store.ts";
import { sayShort, type ShortGate } from "./satisfiable.ts";
import { tellDeciders } from "./tell-deciders.ts";
import { voidApprovals } from "./void-approvals.ts";
import { weigh, type Weighed } from "./weigh.ts";

async function viewOne(room: Room, row: ActionRow, asker: By): Promise<Action> {
  const [view] = await viewActions(room, [row], asker);
  if (view === undefined) throw new TypeError("a row has a view");
  return view;
}

/** Announces and shows what a transaction answered. */
export async function answerWith(room: Room, settled: Result<ActionRow>, asker: By): Promise<Result<Action>> {
  if (!settled.ok) return settled;
  announce(room.bus, settled.value);
  return ok(await viewOne(room, settled.value, asker));
}

/** `short`: the gates that too few people could pass, where a program asks all the same. */
type Submittable = Readonly<{ row: ActionRow; by: By; weighed: Weighed; short: readonly ShortGate[] }>;

/** How long people have: of the gates that ask, the one that gives least; one that says nothing gives as long as everywhere. */
async function decideWithin(room: Room, tx: WriteTransaction, { requirements }: Decision): Promise<number> {
  const { policies } = (await room.policies.inForce(tx)).bundle;
  const { decisionDeadlineMs: usual } = room;
  const given = requirements.map(({ policyId }) => policies.get(policyId)?.gate?.decideWithinMs ?? usual);
  return given.length === 0 ? usual : Math.min(...given);
}

/** The people behind every program that had a part in it. */
const behindAfter = ({ people_behind: before }: ActionRow, { behind = [] }: By): ActionRow["people_behind"] => [
  ...new Set([...before, ...behind]),
];

/** dry_run_ok → pending, or approved when policy allows it without anybody else. */
export async function storeSubmit(
  room: Room,
  tx: WriteTransaction,
  { row, by, weighed, short }: Submittable,
): Promise<{ row: ActionRow; fact: Fact }> {
  const at = room.clock.now();
  const deadline = new Date(at.getTime() + (await decideWithin(room, tx, weighed.decision)));
  await insertDecision(tx, { actionId: row.id, step: "submit", ...weighed });
  const submitted = await moveAction(tx, row, {
    event: submitEvent(weighed.decision),
    by,
    at,
    changes: {
      decision: JSON.stringify(weighed.decision),
      submitted_at: at,
      deadline_at: deadline,
      // Whoever submits what another drafted asks for it, and so do the people behind a program that does.
      people_behind: behindAfter(row, by),
    },
    details: {
      ...decisionDetails(weighed),
      ...(by.behind === undefined || by.behind.length === 0 ? {} : { behind: [...by.behind] }),
      deadline_at: deadline.toISOString(),
      ...(short.length === 0 ? {} : { short: short.map(({ policyId }) => policyId) }),
    },
  });
  if (short.length > 0) {
    const text = short.map(sayShort).join("; ");
    await tellDeciders(tx, { kind: "nobody_can_approve", action: submitted.row, by: by.actor, text, at });
  }
  return submitted;
}

export const mayBeSubmitted = ({ decision }: Pick<Weighed, "decision">): boolean =>
  decision.outcome === "allow" || decision.outcome === "require_approval";

/** `refused`: it was stored and not submitted, because nobody could approve it. */
type Requested = Stored & Readonly<{ refused?: Refused }>;

/** Stores a draft and, when wanted and possible, submits it: one transaction. @returns undefined when a program asked for the same already */
export async function storeRequest(
  room: Room,
  tx: WriteTransaction,
  { drafted, submit }: Readonly<{ drafted: Draft; submit: boolean }>,
): Promise<Requested | undefined> {
  const stored = await storeDraft(tx, drafted);
  if (stored === undefined || !submit || stored.row.state !== "dry_run_ok" || !mayBeSubmitted(drafted.weighed))
    return stored;
  const { row } = stored;
  const { by, weighed } = drafted;
  const { decision } = weighed;
  const authors = new Set([by.actor.id]);
  const short = await readShort(room, tx, { action: row, authors, decision });
  const now = room.clock.now();
  const refused = GUARDS.somebodyCanApprove({ action: row, by, now, approvals: [], authors, decision, short });
  if (refused !== undefined) return keptAsDraft(stored, by, refused);
  const submitted = await storeSubmit(room, tx, { row, by, weighed, short });
  return { row: submitted.row, facts: [...stored.facts, submitted.fact] };
}

/** What nobody could approve is not lost: it stays a draft, to be submitted when somebody can. */
function keptAsDraft({ row, facts }: Stored, by: By, { refusal }: Refused): Requested {
  const detail = `${refusal.detail}. It is kept as a draft: ${row.id}`;
  const refused = refuse(refusal.code, detail, { ...refusal.facts, id: row.id });
  return { row, facts: [...facts, ...refuseMove(row, by, { move: "submit", refused }).facts], refused };
}

/**
 * Does `work` while the account of whoever asks stays open: held before any action is, as whoever disables an account
 * holds it first and its actions then. Refusal `NOT_AUTHENTICATED` when it was disabled since the request came in.
 */
export async function whileOpen(
  room: Room,
  tx: WriteTransaction,
  { by, work }: Readonly<{ by: By; work: () => Promise<Settled<ActionRow>> }>,
): Promise<Settled<ActionRow>> {
  const isOpen = by.actor.kind !== "person" || (await room.ports.holdAccount(tx, by.actor.id));
  return isOpen ? await work() : { answer: refuse("NOT_AUTHENTICATED", "the account is disabled"), facts: [] };
}

async function proposedAlready(tx: WriteTransaction, { row }: Draft): Promise<Settled<ActionRow>> {
  const known = await findProposed(tx, row);
  const detail = `a program asked for ${row.target} already`;
  return { answer: refuse("ACTION_PROPOSED_ALREADY", detail, { id: known?.id ?? null }), facts: [] };
}

/**
 * Drafts an action with its dry run and, unless `submit` is false, submits it.
 *
 * Refusals: `TARGET_INVALID`, `NOT_FOUND`, `ACTION_DENIED`, `ACTION_PROPOSED_ALREADY`, `NOBODY_CAN_APPROVE` (the draft is kept). What policy lets be tried only stays `dry_run_ok`.
 */
export async function createAction(room: Room, request: ActionCreate, by: By): Promise<Result<Action>> {
  const drafted = await draft(room, request, by);
  if (!drafted.ok) return drafted;
  const stored = await settle<ActionRow>(room.db, async (tx) => {
    const work = async (): Promise<Settled<ActionRow>> => {
      const stored = await storeRequest(room, tx, { drafted: drafted.value, submit: request.submit ?? true });
      return stored === undefined
        ? await proposedAlready(tx, drafted.value)
        : { answer: stored.refused ?? ok(stored.row), facts: stored.facts };
    };
    return await whileOpen(room, tx, { by, work });
  });
  return await answerWith(room, stored, by);
}

type Wanted = Readonly<{ id: ActionId; by: By }>;

const WHY_VOID = "the dry run of what was approved failed";

/** Looks at the target again. Approvals of an earlier dry run stop counting; where policy asks for nobody any more, it is approved. */
export async function repeatDryRun(room: Room, { id, by }: Wanted): Promise<Result<Action>> {
  const settled = await settle<ActionRow>(room.db, async (tx) => {
    const work = async ({ action, approvals, now: at }: Held): Promise<Settled<ActionRow>> => {
      const dryRun = await runDryRun(room, tx, action);
      const voided = voidsApprovals(dryRun, action.state) ? approvals : [];
      const { row, facts } = await voidApprovals(tx, action, { approvals: voided, by, at, note: WHY_VOID });
      const weighed = await weigh(room, tx, { action: { ...row, dry_run: dryRun }, approvals: NO_APPROVALS });
      const { row: moved, fact } = await storeDryRun(tx, row, { by, weighed, dryRun });
      return { answer: ok(moved), facts: [...facts, fact] };
    };
    return await withMove(room, tx, { id, by, move: "dryRun", work });
  });
  return await answerWith(room, settled, by);
}

/** Refusals: `NOT_FOUND`, `ACTION_TRANSITION_REFUSED`, `DRY_RUN_STALE`, `ACTION_DENIED`, `NOBODY_CAN_APPROVE`. */
export async function submitAction(room: Room, { id, by }: Wanted): Promise<Result<Action>> {
  const settled = await settle<ActionRow>(room.db, async (tx) => {
    const ask = async (row: ActionRow) => await weigh(room, tx, { action: row, approvals: NO_APPROVALS });
    const work = async ({ action: row, weighed, short = [] }: Held): Promise<Settled<ActionRow>> => {
      const asked = weighed ?? (await ask(row));
      const { row: moved, fact } = await storeSubmit(room, tx, { row, by, weighed: asked, short });
      return { answer: ok(moved), facts: [fact] };
    };
    return await withMove(room, tx, { id, by, move: "submit", weigh: ask, work });
  });
  return await answerWith(room, settled, by);
}
