import { ok, refuse, type ActionId, type PolicyExplanation, type Result } from "@tyr/contract";
import { findDecision, type DecisionRow } from "../policy-store.ts";
import type { Room } from "../room.ts";
import { openEngine, type Engine } from "./engine.ts";
import { explain } from "./explain.ts";

export type ExplainRequest = Readonly<{
  action?: ActionId | undefined;
  decision?: number | undefined;
  /** Digest of a stored bundle; left out: the one that decided, or the one in force where that was never stored. */
  under?: string | undefined;
}>;

async function findAsked(room: Room, { action, decision }: ExplainRequest): Promise<Result<DecisionRow>> {
  if ((action === undefined) === (decision === undefined))
    return refuse("VALIDATION_FAILED", "body: say either which action, or which decision");
  const by = decision === undefined ? action && { actionId: action } : { number: decision };
  const row = by && (await findDecision(room.db.read, by));
  const what = action === undefined ? `decision ${decision}` : `decision about ${action}`;
  return row === undefined ? refuse("NOT_FOUND", `there is no ${what}`) : ok(row);
}

async function engineUnder(room: Room, row: DecisionRow, under: string | undefined): Promise<Result<Engine>> {
  const inForce = await room.policies.inForce(room.db.read);
  const digest = under ?? row.bundle_digest;
  if (digest === inForce.bundle.digest) return ok(inForce);
  const stored = await room.policies.read(room.db.read, digest);
  if (stored !== undefined) return ok(openEngine(stored.bundle, "explained"));
  return under === undefined ? ok(inForce) : refuse("NOT_FOUND", `no bundle ${under} is stored`);
}

/** Refusals: `VALIDATION_FAILED`, `NOT_FOUND`. */
export async function explainDecision(room: Room, request: ExplainRequest): Promise<Result<PolicyExplanation>> {
  const found = await findAsked(room, request);
  if (!found.ok) return found;
  const row = found.value;
  const engine = await engineUnder(room, row, request.under);
  if (!engine.ok) return engine;
  const { decision, policies } = explain(engine.value, row.input, room.clock.now());
  return ok({
    decision: row.number,
    actionId: row.action_id,
    step: row.step,
    at: row.at.toISOString(),
    stored: { outcome: row.outcome, by: [...row.policy_ids], bundleDigest: row.bundle_digest },
    again: { outcome: decision.outcome, bundleDigest: decision.bundleDigest, requirements: decision.requirements },
    input: Object.fromEntries(Object.entries(row.input)),
    policies: [...policies],
  });
}
