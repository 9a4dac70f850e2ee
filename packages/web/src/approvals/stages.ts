import { ACTION_TYPE_FACTS, type Action, type Block } from "@tyr/contract";

export type StageState = "done" | "now" | "ahead" | "stopped";
export type Stage = Readonly<{ title: string; state: StageState; at: string | null; detail: string }>;

const STOPPED: readonly Action["state"][] = ["rejected", "expired", "cancelled", "dry_run_failed"];
const DECIDED: readonly Action["state"][] = [
  "approved",
  "executing",
  "executed",
  "failed",
  "unknown",
  "reverting",
  "reverted",
  "revert_failed",
];
const RAN: readonly Action["state"][] = ["executed", "reverting", "reverted", "revert_failed"];

const nameOf = ({ by, onBehalfOf }: Action["approvals"][number]): string =>
  onBehalfOf === undefined ? by.name : `${by.name} on behalf of ${onBehalfOf.from.name}`;

function decisionStage(action: Action): Stage {
  const counted = action.approvals.filter((approval) => approval.counts);
  const last = counted.at(-1)?.at ?? null;
  const names = counted.map(nameOf).join(", ");
  if (DECIDED.includes(action.state))
    return { title: "Approved", state: "done", at: last, detail: names === "" ? "by policy" : names };
  if (STOPPED.includes(action.state)) {
    return { title: action.state.replaceAll("_", " "), state: "stopped", at: action.updatedAt, detail: "" };
  }
  const missing = action.approvalsMissing;
  if (action.state !== "pending") return { title: "Approved", state: "ahead", at: null, detail: "not submitted yet" };
  return {
    title: "Approved",
    state: "now",
    at: null,
    detail: `${missing} ${missing === 1 ? "approval" : "approvals"} missing`,
  };
}

function executionStage(action: Action): Stage {
  if (RAN.includes(action.state)) return { title: "Executed", state: "done", at: action.executedAt, detail: "" };
  if (action.state === "failed") return { title: "Failed", state: "stopped", at: action.updatedAt, detail: "" };
  if (action.state === "unknown")
    return { title: "Unknown", state: "now", at: action.updatedAt, detail: "the target is being read" };
  if (action.state === "approved") return { title: "Executing", state: "now", at: null, detail: "waits for its turn" };
  if (action.state === "executing") return { title: "Executing", state: "now", at: null, detail: "" };
  return { title: "Executed", state: "ahead", at: null, detail: "" };
}

/** Of what the platform does to itself: there is nobody else to take it, so it is in force as soon as it ran. */
function ownEffectStage({ state, executedAt, effectEndsAt }: Action): Stage {
  const done = state === "executed";
  const detail = done && effectEndsAt !== null ? "until its end" : "";
  return { title: "Effective", state: done ? "done" : "ahead", at: done ? executedAt : null, detail };
}

/** Read back at the point, it is effective; a point that says it took it has acknowledged it, and no more is known. */
function effectStage(action: Action, block: Block | undefined): Stage {
  const isEffective = block?.enforcement.every((point) => point.state === "effective") === true;
  const title = isEffective && block.enforcement.length > 0 ? "Effective" : "Acknowledged";
  if (action.state === "reverted") return { title: "Reverted", state: "stopped", at: action.updatedAt, detail: "" };
  if (block === undefined) return { title, state: "ahead", at: null, detail: "" };
  if (block.state !== "active")
    return { title: `Block ${block.state}`, state: "stopped", at: block.endedAt, detail: "" };
  const points = block.enforcement;
  const taken = points.filter((point) => point.state === "acknowledged" || point.state === "effective");
  const detail = `${taken.length} of ${points.length} enforcement points`;
  const last = taken.reduce<string | null>((latest, point) => {
    const later = point.at !== null && (latest === null || point.at > latest);
    return later ? point.at : latest;
  }, null);
  return { title, state: points.length > 0 && taken.length === points.length ? "done" : "now", at: last, detail };
}

/** Where an action stands on its way from a request to something an enforcement point confirmed. */
export function stagesOf(action: Action, block: Block | undefined): readonly Stage[] {
  const isEnforced = ACTION_TYPE_FACTS[action.type].targetType === "address";
  return [
    { title: "Requested", state: "done", at: action.createdAt, detail: action.requester.name },
    decisionStage(action),
    executionStage(action),
    isEnforced ? effectStage(action, block) : ownEffectStage(action),
  ];
}
