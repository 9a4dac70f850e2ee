import { refuse, type Action, type PolicyFile, type PolicyTest, type Result } from "@tyr/contract";
import type { Fact } from "#platform/database";
import { insertBundle, insertTrial, wasEverInForce, type PolicyBundleRow, type TrialSummary } from "../policy-store.ts";
import type { By, Room } from "../room.ts";
import { createAction } from "../submit-action.ts";
import type { PolicyBacktests } from "./backtests.ts";
import { loadBundle, sourceOf, type BundleSource } from "./bundle.ts";
import type { Sourced } from "./change.ts";
import { PolicyBundleInvalid } from "./errors.ts";
import { policyDetails, signedRow } from "./store-bundle.ts";

export type PublishRequest = Readonly<{ files: readonly PolicyFile[]; justification: string; by: By }>;
export type RollbackRequest = Readonly<{ digest: string; justification: string; by: By }>;

type Parts = Readonly<{
  room: Room;
  backtests: Pick<PolicyBacktests, "trial">;
  check(source: BundleSource): Promise<PolicyTest>;
}>;

/** Problems told in a refusal; `tyr policy test` tells all. */
const PROBLEMS_MAX = 20;

function refusedCheck({ problems }: Pick<PolicyTest, "problems">): Result<never> {
  const [first] = problems;
  const detail = first === undefined ? "its checks are not green" : `${first.where}: ${first.message.slice(0, 500)}`;
  const more = problems.length > 1 ? `, and ${problems.length - 1} more` : "";
  return refuse("POLICY_CHECK_FAILED", `${detail}${more}`, { problems: problems.slice(0, PROBLEMS_MAX) });
}

type Tried = Readonly<{ sourced: Sourced; inForce: string; trial: TrialSummary; at: Date }>;

function triedFact({ sourced, inForce, trial }: Tried, by: By): Fact {
  const { decisions, same, unanswerable, changes, days } = trial;
  return {
    type: "policy.tried",
    actor: by.actor,
    object: { kind: "policy", id: sourced.bundle.digest },
    before: inForce,
    requestId: by.requestId,
    details: {
      days,
      decisions,
      same,
      unanswerable,
      changes: changes.map(({ from, to, count }) => ({ from, to, count })),
    },
  };
}

async function writeDown(room: Room, tried: Tried, { by, row }: Readonly<{ by: By; row?: PolicyBundleRow }>) {
  const { sourced, inForce, trial: summary, at } = tried;
  const { bundle } = sourced;
  const stored: Fact = {
    type: "policy.stored",
    actor: by.actor,
    object: { kind: "policy", id: bundle.digest },
    after: "stored",
    requestId: by.requestId,
    details: policyDetails(bundle),
  };
  await room.db.audited(
    (isNew: boolean) => [...(isNew ? [stored] : []), triedFact(tried, by)],
    async (tx) => {
      const isNew = row !== undefined && (await insertBundle(tx, row));
      await insertTrial(tx, { candidate: bundle.digest, inForce, at, summary });
      return isNew;
    },
  );
}

type Asking = Readonly<{ digest: string; justification: string; by: By }>;

/** From here on it is an action like any other: policies say who must approve it, and people sign for it. */
async function askFor(room: Room, { digest, justification, by }: Asking): Promise<Result<Action>> {
  return await createAction(room, { type: "update_policy", target: digest, justification }, by);
}

function isInForceAlready(digest: string): Result<never> {
  return refuse("VALIDATION_FAILED", `the bundle ${digest} is in force already`);
}

/**
 * Stores a bundle whose checks are green, with what it would have decided otherwise, and asks for it to come into force.
 * Refusals: `POLICY_CHECK_FAILED`, `VALIDATION_FAILED` (it is in force), those of asking for an action.
 */
export async function publishBundle(
  { room, backtests, check }: Parts,
  { files, justification, by }: PublishRequest,
): Promise<Result<Action>> {
  let source: BundleSource;
  try {
    source = sourceOf(files);
  } catch (error) {
    if (!(error instanceof PolicyBundleInvalid)) throw error;
    return refusedCheck({ problems: [{ kind: "load", where: error.where, message: error.why }] });
  }
  const report = await check(source);
  if (!report.ok) return refusedCheck(report);
  const bundle = loadBundle(source);
  const inForce = (await room.policies.inForce(room.db.read)).bundle.digest;
  if (bundle.digest === inForce) return isInForceAlready(inForce);
  const trial = await backtests.trial(source);
  const at = room.clock.now();
  const sourced = { bundle, source };
  const row = await signedRow(room.policies.seal, { ...sourced, origin: "published", by: by.actor, at });
  await writeDown(room, { sourced, inForce, trial, at }, { by, row });
  return await askFor(room, { digest: bundle.digest, justification, by });
}

/**
 * Asks for a bundle that was in force before. Its own examples must still get their decisions from this version of Tyr.
 * Refusals: `NOT_FOUND` (never in force), `POLICY_CHECK_FAILED`, `VALIDATION_FAILED` (it is in force), those of asking.
 */
export async function rollBack(
  { room, backtests, check }: Parts,
  { digest, justification, by }: RollbackRequest,
): Promise<Result<Action>> {
  const sourced = await room.policies.read(room.db.read, digest);
  if (sourced === undefined || !(await wasEverInForce(room.db.read, digest)))
    return refuse("NOT_FOUND", `no bundle ${digest} was ever in force`);
  const inForce = (await room.policies.inForce(room.db.read)).bundle.digest;
  if (digest === inForce) return isInForceAlready(digest);
  const { problems } = await check(sourced.source);
  // How a file is laid out is no reason against what was in force.
  const serious = problems.filter(({ kind }) => kind !== "format");
  if (serious.length > 0) return refusedCheck({ problems: serious });
  const trial = await backtests.trial(sourced.source);
  await writeDown(room, { sourced, inForce, trial, at: room.clock.now() }, { by });
  return await askFor(room, { digest, justification, by });
}
