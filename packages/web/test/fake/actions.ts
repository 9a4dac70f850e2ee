import type { Action, Actor, Block, Decision, DryRun, Incident, PolicyView } from "@tyr/contract";
import { at, automation, hexOf, idOf, person } from "./make.ts";

const MINUTE = 60_000;
const BUNDLE = hexOf(900);
// The policies, plans and details below say what the product says: its policies/, its plans and its enforcement states.
const PERSON = "What automation proposes runs only after a person approved it.";
const PRODUCTION = "In production nobody blocks alone.";
const OWN = "The target overlaps a network that is configured as our own.";
const ONE_APPROVAL = { approvals: "1", approver_roles: "approver,security_manager" };

export const policyView = (now: number): PolicyView => ({
  digest: BUNDLE,
  activatedAt: at(now - 90 * 60 * MINUTE),
  policies: [
    {
      id: "automation-needs-a-person",
      effect: "forbid",
      reason: PERSON,
      text: `@id("automation-needs-a-person")\n@reason("${PERSON}")\n@approvals("1")\n@approver_roles("approver,security_manager")\nforbid (\n  principal is Automation,\n  action in Action::"execute",\n  resource is Target\n)\nunless { context.approvals.total >= 1 };`,
      annotations: { id: "automation-needs-a-person", reason: PERSON, ...ONE_APPROVAL },
    },
    {
      id: "production-needs-approval",
      effect: "forbid",
      reason: PRODUCTION,
      text: `@id("production-needs-approval")\n@reason("${PRODUCTION}")\n@approvals("1")\n@approver_roles("approver,security_manager")\nforbid (principal, action in Action::"execute", resource is Target)\nwhen { context.environment == Environment::"production" }\nunless { context.approvals.total >= 1 };`,
      annotations: { id: "production-needs-approval", reason: PRODUCTION, ...ONE_APPROVAL },
    },
    {
      id: "never-own-network",
      effect: "forbid",
      reason: OWN,
      text: `@id("never-own-network")\n@reason("${OWN}")\nforbid (principal, action, resource is Target)\nwhen { resource.ownNetwork };`,
      annotations: { id: "never-own-network", reason: OWN },
    },
  ],
});

const APPROVERS = ["approver", "security_manager"];

const decision = (now: number): Decision => ({
  outcome: "require_approval",
  reasons: [
    { policyId: "automation-needs-a-person", effect: "forbid", text: PERSON },
    { policyId: "production-needs-approval", effect: "forbid", text: PRODUCTION },
  ],
  requirements: [
    { policyId: "automation-needs-a-person", approvals: 1, roles: APPROVERS },
    { policyId: "production-needs-approval", approvals: 1, roles: APPROVERS },
  ],
  bundleDigest: BUNDLE,
  at: at(now),
});

export function dryRunFor(target: string, number: number, now: number): DryRun {
  return {
    ok: true,
    at: at(now),
    digest: hexOf(number + 300),
    summary: `Block ${target} for 1 day at 2 enforcement points.`,
    before: [`${target} is not blocked`],
    after: [`${target} is blocked for 1 day`],
    warnings: number === 1 ? ["2 successful log-ins from this address in 7 days"] : [],
    reach: { addresses: "1", enforcers: 2, successfulLogins: number === 1 ? 2 : 0, events: 214 },
  };
}

type Seed = Readonly<{ number: number; incident: Incident; now: number; requester: Actor; justification: string }>;

export function makeAction({ number, incident, now, requester, justification }: Seed): Action {
  const target = incident.actorIp ?? "203.0.113.1";
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
    requestDigest: hexOf(number + 200),
    decision: decision(now - number * 9 * MINUTE),
    dryRun: dryRunFor(target, number, now - number * 9 * MINUTE),
    approvals: [],
    approvalsMissing: 1,
    breakGlass: null,
    deadlineAt: at(now + (24 - number) * 60 * MINUTE),
    createdAt: at(now - number * 9 * MINUTE),
    updatedAt: at(now - number * 9 * MINUTE),
    executedAt: null,
    effectEndsAt: null,
    blockId: null,
    failure: null,
    legalMoves: ["edit", "dryRun", "approve", "reject", "withdraw", "cancel", "breakGlass"],
  };
}

export function makeActions(incidents: readonly Incident[], now: number): Action[] {
  const words = [
    "Risk 100 (critical) from 203.0.113.9: the incident's evidence asks for a block.",
    "Brute force over SSH, 36 failures in five minutes.",
    "Scanning for weeks; asking for a day of quiet. Note: <script>alert(1)</script>",
    "Risk 85 (high) from 2001:db8:bad::7: the incident's evidence asks for a block.",
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
    breakGlass: null,
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
    value: action.target,
    reason: action.justification,
    origin: "tyr",
    actionId: action.id,
    state: "active",
    createdAt: at(now),
    expiresAt: at(now + (action.ttlSeconds ?? 0) * 1000),
    endedAt: null,
    enforcement: [
      { enforcerId: idOf("enforcer", 1), name: "edge-fw-1", state: "requested", at: null, detail: "has never pulled" },
      { enforcerId: idOf("enforcer", 2), name: "edge-fw-2", state: "requested", at: null, detail: "has never pulled" },
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
    detail: "received this block",
  };
  const old: Block = {
    ...makeBlock(2, action, now - 80 * 60 * MINUTE),
    value: "198.51.100.199",
    state: "expired",
    endedAt: at(now - 56 * 60 * MINUTE),
    enforcement: [{ ...taken, detail: "received its end" }],
  };
  return [{ ...active, enforcement: [taken, second] }, old];
}
