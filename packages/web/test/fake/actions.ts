import type { Action, Actor, Block, Decision, DryRun, Incident, PolicyView } from "@tyr/contract";
import { at, automation, hexOf, idOf, person } from "./make.ts";

const MINUTE = 60_000;
const BUNDLE = `sha256:${hexOf(900)}`;

export const policyView = (now: number): PolicyView => ({
  digest: BUNDLE,
  activatedAt: at(now - 90 * 60 * MINUTE),
  policies: [
    {
      id: "block-ip.request.analysts",
      effect: "permit",
      reason: "People who respond and the automation may ask for a block",
      text: 'permit (\n  principal,\n  action == Tyr::Action::"block_ip.request",\n  resource\n) when {\n  principal.permissions.contains("action:request")\n};',
      annotations: {},
    },
    {
      id: "block-ip.execute.one-approval",
      effect: "permit",
      reason: "A block runs once one other person has approved it",
      text: 'permit (\n  principal,\n  action == Tyr::Action::"block_ip.execute",\n  resource\n) when {\n  context.approvals.size >= 1\n};',
      annotations: {},
    },
    {
      id: "block-ip.never-own",
      effect: "forbid",
      reason: "Own and reserved addresses are never blocked",
      text: "forbid (\n  principal,\n  action,\n  resource\n) when {\n  context.target.overlaps_own || context.target.reserved\n};",
      annotations: {},
    },
  ],
});

const decision = (now: number): Decision => ({
  outcome: "require_approval",
  reasons: [
    {
      policyId: "block-ip.request.analysts",
      effect: "permit",
      text: "People who respond and the automation may ask for a block",
    },
    {
      policyId: "block-ip.execute.one-approval",
      effect: "permit",
      text: "A block runs once one other person has approved it",
    },
  ],
  requirements: [{ policyId: "block-ip.execute.one-approval", approvals: 1, roles: ["approver", "security_manager"] }],
  bundleDigest: BUNDLE,
  at: at(now),
});

export function dryRunFor(target: string, number: number, now: number): DryRun {
  return {
    ok: true,
    at: at(now),
    digest: `sha256:${hexOf(number + 300)}`,
    summary: `Adds ${target} to the block list; 2 enforcement points will take it with their next pull.`,
    before: ["ban 198.51.100.200/32 until 2026-02-03T08:00:00Z"],
    after: [`ban ${target} for 24h`, "ban 198.51.100.200/32 until 2026-02-03T08:00:00Z"],
    warnings: number === 1 ? ["From this address somebody signed in successfully 2 times in 7 days."] : [],
    reach: { addresses: "1", enforcers: 2, successfulLogins: number === 1 ? 2 : 0, events: 214 },
  };
}

type Seed = Readonly<{ number: number; incident: Incident; now: number; requester: Actor; justification: string }>;

export function makeAction({ number, incident, now, requester, justification }: Seed): Action {
  const target =
    incident.actorIp?.includes(":") === true ? `${incident.actorIp}/128` : `${incident.actorIp ?? "203.0.113.1"}/32`;
  return {
    id: idOf("action", number),
    type: "block_ip",
    target,
    justification,
    evidence: {
      incidentId: incident.id,
      detectionIds: [1, 2, 3].map((one) => idOf("detection", one)),
      risk: incident.risk.score,
    },
    requester,
    ttlSeconds: 86_400,
    connector: "blocklist",
    state: "pending",
    revision: 1,
    requestDigest: `sha256:${hexOf(number + 200)}`,
    decision: decision(now - number * 9 * MINUTE),
    dryRun: dryRunFor(target, number, now - number * 9 * MINUTE),
    approvals: [],
    approvalsMissing: 1,
    deadlineAt: at(now + (24 - number) * 60 * MINUTE),
    createdAt: at(now - number * 9 * MINUTE),
    updatedAt: at(now - number * 9 * MINUTE),
    executedAt: null,
    effectEndsAt: null,
    blockId: null,
    failure: null,
    legalMoves: ["dryRun", "approve", "reject", "withdraw", "cancel"],
  };
}

export function makeActions(incidents: readonly Incident[], now: number): Action[] {
  const words = [
    "Risk 100: break-in over SSH, then tools fetched and an account with user id 0 created.",
    "Brute force over SSH, 36 failures in five minutes.",
    "Scanning for weeks; asking for a day of quiet. Note: <script>alert(1)</script>",
    "Password spraying against the decoys.",
    "Miner commands in three sessions.",
  ];
  const all = incidents.map((incident, index) =>
    makeAction({
      number: index + 1,
      incident,
      now,
      requester: index === 1 ? person(1, "mara") : index === 2 ? person(3, "jonas") : automation,
      justification: words[index] ?? "",
    }),
  );
  return all.map((action, index): Action => {
    if (index < 3) return action;
    if (index === 3) return executed(action, now);
    return { ...action, state: "rejected", legalMoves: [], updatedAt: at(now - 20 * MINUTE) };
  });
}

function executed(action: Action, now: number): Action {
  const approval = {
    id: idOf("approval", 1),
    by: person(1, "mara"),
    roles: ["security_manager"],
    at: at(now - 30 * MINUTE),
    comment: "Seen on two decoys as well.",
    counts: true,
  };
  return {
    ...action,
    state: "executed",
    approvals: [approval],
    approvalsMissing: 0,
    executedAt: at(now - 29 * MINUTE),
    effectEndsAt: at(now + 23 * 60 * MINUTE),
    updatedAt: at(now - 29 * MINUTE),
    blockId: idOf("block", 1),
    legalMoves: ["revert"],
  };
}

export function makeBlock(number: number, action: Action, now: number): Block {
  return {
    id: idOf("block", number),
    scope: "ip",
    value: action.target.replace(/\/(32|128)$/, ""),
    reason: action.justification,
    origin: "tyr",
    actionId: action.id,
    state: "active",
    createdAt: at(now),
    expiresAt: at(now + action.ttlSeconds * 1000),
    endedAt: null,
    enforcement: [
      { enforcerId: idOf("enforcer", 1), name: "edge-fw-1", state: "requested", at: null, detail: "not pulled since" },
      { enforcerId: idOf("enforcer", 2), name: "edge-fw-2", state: "requested", at: null, detail: "never pulled" },
    ],
  };
}

export function makeBlocks(actions: readonly Action[], now: number): Block[] {
  const action = actions[3];
  if (action === undefined) return [];
  const active = makeBlock(1, action, now - 29 * MINUTE);
  const [first, second] = active.enforcement;
  if (first === undefined || second === undefined) return [active];
  const taken = {
    ...first,
    state: "acknowledged" as const,
    at: at(now - 28 * MINUTE),
    detail: "pulled and kept the list",
  };
  const old: Block = {
    ...makeBlock(2, action, now - 80 * 60 * MINUTE),
    value: "198.51.100.199",
    state: "expired",
    endedAt: at(now - 56 * 60 * MINUTE),
    enforcement: [{ ...taken, detail: "removed with expiry" }],
  };
  return [{ ...active, enforcement: [taken, second] }, old];
}
