import type {
  Action,
  ActionState,
  Block,
  SecurityAction,
  SecurityBlock,
  SecurityPolicy,
  SecurityStatus,
  Settings,
} from "@tyr/contract";

/** Our states in the four words of the security API: whether it can still run, and whether it did. */
const STATUS_OF: Readonly<Record<ActionState, SecurityStatus>> = {
  draft: "pending",
  dry_run_ok: "pending",
  dry_run_failed: "rejected",
  pending: "pending",
  approved: "approved",
  rejected: "rejected",
  expired: "rejected",
  cancelled: "rejected",
  executing: "approved",
  executed: "executed",
  failed: "rejected",
  unknown: "approved",
  reverting: "executed",
  reverted: "executed",
  revert_failed: "executed",
};

export function statesOf(status: SecurityStatus): readonly ActionState[] {
  return (Object.keys(STATUS_OF) as ActionState[]).filter((state) => STATUS_OF[state] === status);
}

const named = ({ kind, id, name }: Action["requester"]): string => (kind === "person" ? `human:${id}` : name);

function payloadOf({ type, target, justification, effectEndsAt }: Action): SecurityAction["payload"] {
  if (type === "set_mode") return { mode: target, reason: justification };
  if (type !== "block_ip") return { target, reason: justification };
  return { entity_type: "ip", value: target, reason: justification, expires_at: effectEndsAt };
}

export function securityAction(action: Action): SecurityAction {
  const approval = action.approvals.findLast(({ counts }) => counts);
  return {
    id: action.id,
    created_at: action.createdAt,
    updated_at: action.updatedAt,
    requested_by: named(action.requester),
    approved_by: approval === undefined ? null : named(approval.by),
    action_type: action.type === "block_ip" ? "block_entity" : action.type,
    payload: payloadOf(action),
    status: STATUS_OF[action.state],
    executed_at: action.executedAt,
    resolution_notes: action.failure ?? approval?.comment ?? null,
    state: action.state,
  };
}

export function securityBlock(block: Block): SecurityBlock {
  return {
    id: block.id,
    entity_type: "ip",
    value: block.value,
    reason: block.reason,
    active: block.state === "active",
    created_at: block.createdAt,
    expires_at: block.expiresAt,
    action_id: block.actionId,
    state: block.state,
  };
}

/** What was asked for and is no block yet. */
export function blockAsked(action: Action): SecurityBlock {
  return {
    id: action.id,
    entity_type: "ip",
    value: action.target,
    reason: action.justification,
    active: false,
    created_at: action.createdAt,
    expires_at: action.effectEndsAt,
    action_id: action.id,
    state: action.state,
  };
}

export function securityPolicy(settings: Settings): SecurityPolicy {
  return {
    id: 1,
    default_mode: settings.defaultMode,
    auto_elevate: settings.autoElevate,
    auto_lockdown: settings.autoLockdown,
    max_failed_auth: settings.maxFailedLoginsPerMinute,
    max_scan_events: settings.maxScanEventsPerMinute,
    notes: settings.notes,
    updated_at: settings.updatedAt,
  };
}
