import type { Action, Decision, DryRun } from "@tyr/contract";
import { showDuration } from "../duration.ts";
import type { Color, Paint } from "../output/color.ts";
import { showInstant } from "../output/instants.ts";
import { pairs } from "../output/table.ts";
import { visible } from "../output/visible-text.ts";

const OUTCOME_COLOR: Readonly<Record<Decision["outcome"], Color>> = {
  allow: "green",
  require_approval: "yellow",
  dry_run_only: "yellow",
  deny: "red",
};

function decisionLines(decision: Decision | null, paint: Paint): string[] {
  if (decision === null) return ["decision: none yet"];
  const reasons = decision.reasons.map((one) => `  ${one.effect} ${visible(one.policyId)}: ${visible(one.text)}`);
  const needs = decision.requirements.map(
    (one) =>
      `  needs ${one.approvals} from ${visible(one.roles.join(" or "))}, never the requester (${visible(one.policyId)})`,
  );
  const head = `decision: ${paint(OUTCOME_COLOR[decision.outcome], decision.outcome)} at ${showInstant(decision.at)}`;
  return [head, ...reasons, ...needs];
}

function dryRunLines(dryRun: DryRun | null, paint: Paint): string[] {
  if (dryRun === null) return ["dry run: none yet"];
  const { reach } = dryRun;
  const head = `dry run: ${dryRun.ok ? paint("green", "ok") : paint("red", "failed")} at ${showInstant(dryRun.at)}`;
  const before = new Set(dryRun.before);
  const after = new Set(dryRun.after);
  return [
    `${head}, ${visible(dryRun.summary)}`,
    ...dryRun.before.filter((line) => !after.has(line)).map((line) => `  ${paint("red", `- ${visible(line)}`)}`),
    ...dryRun.after.filter((line) => !before.has(line)).map((line) => `  ${paint("green", `+ ${visible(line)}`)}`),
    ...dryRun.warnings.map((line) => `  ${paint("yellow", "!")} ${visible(line)}`),
    `  reach: ${visible(reach.addresses)} addresses, ${reach.enforcers} enforcement points, ` +
      `${reach.events} events and ${reach.successfulLogins} successful logins seen from there`,
  ];
}

const lasting = (ttlSeconds: number | null): string =>
  ttlSeconds === null ? "until it is changed" : showDuration(ttlSeconds);

/** Everything an approver has to know on one screen: what, why, who asked, what policy says, what would change. */
export function actionCard(action: Action, paint: Paint): string[] {
  const ends = action.effectEndsAt === null ? lasting(action.ttlSeconds) : showInstant(action.effectEndsAt);
  const facts = pairs(
    [
      ["id", action.id],
      ["state", action.state],
      ["requested by", `${action.requester.name} (${action.requester.kind})`],
      ["because", action.justification],
      ["incident", action.evidence.incidentId],
      ["risk", action.evidence.risk],
      ["detections", action.evidence.detectionIds.length],
      [action.effectEndsAt === null ? "lasts" : "ends", ends],
      ["decide before", showInstant(action.deadlineAt)],
      ["connector", action.connector],
      ["block", action.blockId],
      ["failure", action.failure],
    ],
    paint,
  );
  const approvals = action.approvals.map(
    (one) =>
      `approved by ${visible(one.by.name)} (${visible(one.roles.join(", "))}) at ${showInstant(one.at)}` +
      `${one.counts ? "" : ", does not count"}${one.comment === null ? "" : `: ${visible(one.comment)}`}`,
  );
  const missing = action.approvalsMissing > 0 ? [`approvals missing: ${action.approvalsMissing}`] : [];
  return [
    paint("bold", `${action.type} ${visible(action.target)}`),
    ...facts,
    "",
    ...decisionLines(action.decision, paint),
    ...dryRunLines(action.dryRun, paint),
    ...approvals,
    ...missing,
  ];
}
