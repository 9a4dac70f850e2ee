import { randomBytes } from "node:crypto";
import type { Action, Actor, BreakGlassUse, CallInput, DelegationId, RouteId, User } from "@tyr/contract";
import { dryRunFor, makeAction, makeBlock } from "./actions.ts";
import type { Answers, Asking, Tell } from "./answers.ts";
import { fits, found, pageOf } from "./found.ts";
import { at, hexOf, idOf, person } from "./make.ts";
import { Refused } from "./refused.ts";
import { isSigned, signable } from "./signed.ts";
import type { World } from "./world.ts";

const actorOf = (user: User): Actor => ({ kind: "person", id: user.id, name: user.name });
const DECIDING: readonly string[] = ["security_manager", "approver"];

/** As the server offers them to whoever asks: of what their state allows, what their role and part in it allow. */
function movesOf(action: Action, user: User): string[] {
  const decides = user.roles.some((role) => DECIDING.includes(role)) && action.requester.id !== user.id;
  const approved = action.approvals.some((one) => one.by.id === user.id);
  const asks = !user.roles.includes("viewer");
  const may: Readonly<Record<string, boolean>> = {
    approve: decides && !approved && action.dryRun?.ok === true,
    reject: decides,
    withdraw: decides && approved,
    edit: decides || action.requester.id === user.id,
    dryRun: asks,
    submit: asks,
    cancel: action.requester.id === user.id || user.roles.includes("security_manager"),
    revert: user.roles.includes("security_manager"),
    breakGlass: user.roles.includes("admin"),
  };
  return action.legalMoves.filter((move) => may[move] === true);
}

const seenBy = (action: Action, user: User): Action => ({ ...action, legalMoves: movesOf(action, user) });
const DRAFT_MOVES = ["edit", "dryRun", "submit", "cancel"];
export const PENDING_MOVES = ["edit", "dryRun", "approve", "reject", "withdraw", "cancel", "breakGlass"];

export function put(world: World, action: Action, tell: Tell): Action {
  world.actions = [action, ...world.actions.filter((one) => one.id !== action.id)];
  const { id, target, state, evidence } = action;
  tell("action.changed", { id, target, state, incidentId: evidence.incidentId });
  return action;
}

/** Approved now, executed and acknowledged a little later, as with a real enforcement point. */
function runLater(world: World, action: Action, tell: Tell): void {
  setTimeout(() => {
    const block = makeBlock(world.blocks.length + 10, action, Date.now());
    world.blocks = [block, ...world.blocks];
    const ran = { executedAt: at(Date.now()), effectEndsAt: block.expiresAt, blockId: block.id };
    put(world, { ...action, ...ran, state: "executed", legalMoves: ["revert"] }, tell);
    setTimeout(() => {
      const taken = { state: "acknowledged" as const, at: at(Date.now()), detail: "received this block" };
      world.blocks = world.blocks.map((one) =>
        one.id === block.id ? { ...one, enforcement: one.enforcement.map((point) => ({ ...point, ...taken })) } : one,
      );
      tell("block.changed", { id: block.id, value: block.value, state: block.state });
    }, 900);
  }, 700);
}

const actionOf = (world: World, id: string): Action => found(world.actions.find((one) => one.id === id));

const decisionFields = ({ decision, dryRun }: Action) => ({
  bundle_digest: decision?.bundleDigest ?? null,
  dry_run_digest: dryRun?.digest ?? null,
  requirements: decision?.requirements ?? [],
});

function statement({ params, body }: CallInput<"action.statement">, { world, user }: Asking) {
  const action = actionOf(world, params.id);
  if (body.requestDigest !== action.requestDigest || (body.dryRunDigest ?? "") !== (action.dryRun?.digest ?? ""))
    throw new Refused("APPROVAL_STALE", "the request or its dry run changed since it was shown");
  const fields = {
    action_id: action.id,
    ...decisionFields(action),
    ...(body.delegation === undefined ? {} : { on_behalf_of: { delegation: body.delegation } }),
    deadline_at: action.deadlineAt,
    expires_at: at(Date.now() + 5 * 60_000),
    installation: "tyr.example/log",
    nonce: randomBytes(32).toString("base64url"),
    reason: body.reason ?? body.comment ?? null,
    request_digest: action.requestDigest,
    revision: action.revision,
    signer: user.id,
    signer_roles: user.roles,
    statement: body.statement,
    target: world.tellsOtherTarget ? "198.51.100.66" : action.target,
    ttl_seconds: action.ttlSeconds,
    type: action.type,
    v: 1,
  };
  const text = JSON.stringify(fields);
  return { statement: body.statement, ...signable(world, text) };
}

/** What is over or has begun is the same for everybody: no block stands where one was rejected. */
function ended(action: Action, state: Action["state"]): Action {
  return { ...action, state, updatedAt: at(Date.now()), legalMoves: [] };
}

function edited(action: Action, body: CallInput<"action.edit">["body"]): Action {
  if (body.requestDigest !== action.requestDigest)
    throw new Refused("APPROVAL_STALE", "somebody changed the request since it was shown");
  const number = action.revision * 1000 + 7;
  const target = body.target ?? action.target;
  if (!/^[0-9a-f.:]+(\/\d+)?$/.test(target))
    throw new Refused("TARGET_INVALID", `"${target}" is not an IPv4 or IPv6 address or prefix`);
  return {
    ...action,
    target,
    justification: body.justification ?? action.justification,
    ttlSeconds: body.ttlSeconds === undefined ? action.ttlSeconds : body.ttlSeconds,
    revision: action.revision + 1,
    requestDigest: hexOf(number),
    dryRun: dryRunFor(target, number, Date.now()),
    approvals: [],
    updatedAt: at(Date.now()),
  };
}

type Deciding = CallInput<"action.approve">;

function approved({ params, body }: Deciding, { world, user, tell }: Asking): Action {
  const action = actionOf(world, params.id);
  if (action.requester.id === user.id)
    throw new Refused("APPROVAL_BY_REQUESTER", "whoever asked for an action or changed it does not decide about it");
  if (body.requestDigest !== action.requestDigest || body.dryRunDigest !== action.dryRun?.digest)
    throw new Refused("APPROVAL_STALE", "the request or its dry run changed since it was shown");
  isSigned(body.signature, world);
  const approval = {
    ...approvalOf(user, Date.now() % 9999),
    ...onBehalf(action, body.delegation),
    comment: body.comment ?? null,
  };
  const approvals = [...action.approvals, approval];
  const approvalsMissing = Math.max(0, action.approvalsMissing - 1);
  if (approvalsMissing > 0) return put(world, { ...action, approvals, approvalsMissing }, tell);
  const done = put(world, { ...ended(action, "approved"), approvals, approvalsMissing: 0 }, tell);
  runLater(world, done, tell);
  return done;
}

function onBehalf({ delegations = [] }: Action, delegation: DelegationId | undefined) {
  const found = delegations.find(({ id }) => id === delegation);
  return found === undefined ? {} : { onBehalfOf: { delegation: found.id, from: found.from } };
}

const approvalOf = (user: User, number: number): Action["approvals"][number] => ({
  id: idOf("approval", number),
  by: actorOf(user),
  roles: user.roles,
  at: at(Date.now()),
  comment: null,
  counts: true,
});

function created({ body }: CallInput<"action.create">, { world, user, tell }: Asking): Action {
  const incident = found(world.incidents.find((one) => one.id === (body.incidentId ?? world.incidents[0]?.id)));
  const number = world.actions.length + 20;
  const { justification, target } = body;
  const made = makeAction({ number, incident, now: Date.now(), requester: actorOf(user), justification });
  if (!/^[0-9a-f.:]+(\/\d+)?$/.test(target))
    throw new Refused(
      "TARGET_INVALID",
      `"${target}" is not an IPv4 or IPv6 address or prefix (no names, no leading zeroes)`,
    );
  const dryRun = dryRunFor(target, number, Date.now());
  const ttlSeconds = body.ttlSeconds ?? 86_400;
  const rest = { createdAt: at(Date.now()), ttlSeconds, legalMoves: DRAFT_MOVES };
  return put(world, { ...made, ...rest, target, dryRun, state: "dry_run_ok" }, tell);
}

/** Owed its review, and reviewed. */
export const makeBreakGlass = (now: number): BreakGlassUse[] => [
  {
    id: idOf("breakGlass", 2),
    actionId: idOf("action", 5),
    by: person(2, "astrid"),
    at: at(now - 5 * 3_600_000),
    reason: "Nobody was to be reached at 03:00, and the miner spread. <b>now</b>",
    review: null,
    action: { type: "block_ip", target: "203.0.113.140", state: "reverted" },
  },
  {
    id: idOf("breakGlass", 1),
    actionId: idOf("action", 4),
    by: person(2, "astrid"),
    at: at(now - 90 * 3_600_000),
    reason: "The second approver was on a plane.",
    review: { by: person(1, "mara"), at: at(now - 80 * 3_600_000), verdict: "justified", text: "Right call." },
    action: { type: "block_ip", target: "2001:db8:bad::7", state: "executed" },
  },
];

/** Answers with the action as whoever asked may go on with it. */
function moving<K extends RouteId>(work: (input: CallInput<K>, asking: Asking) => Action) {
  return (input: CallInput<K>, asking: Asking): Action => seenBy(work(input, asking), asking.user);
}

export const approvalAnswers: Answers = {
  "action.list": ({ query = {} }, { world, user }) =>
    pageOf(
      world.actions
        .filter(
          (one) =>
            fits(query.state, one.state) &&
            fits(query.target, one.target) &&
            fits(query.incident, one.evidence.incidentId) &&
            (query.waiting === undefined || query.waiting === (one.state === "pending")),
        )
        .map((one) => seenBy(one, user)),
      query,
    ),
  "action.get": moving<"action.get">(({ params }, { world }) => actionOf(world, params.id)),
  "action.create": moving<"action.create">(created),
  "action.submit": moving<"action.submit">(({ params }, { world, tell }) =>
    put(world, { ...actionOf(world, params.id), state: "pending", legalMoves: PENDING_MOVES }, tell),
  ),
  "action.edit": moving<"action.edit">(({ params, body }, { world, user, tell }) => {
    const changed = edited(actionOf(world, params.id), body);
    const isOwn = changed.requester.id === user.id;
    // Who changed it is an author, and decides no more.
    const legalMoves = isOwn
      ? changed.legalMoves
      : changed.legalMoves.filter((move) => move !== "approve" && move !== "reject");
    return put(world, { ...changed, legalMoves }, tell);
  }),
  "action.dryRun": moving<"action.dryRun">(({ params }, { world, tell }) => {
    const action = actionOf(world, params.id);
    const number = Date.now() % 100_000;
    const fresh = {
      ...dryRunFor(action.target, number, Date.now()),
      after: [`${action.target} is blocked for 1 day`, "its /24 stays as it is"],
    };
    return put(world, { ...action, dryRun: fresh }, tell);
  }),
  "action.clone": moving<"action.clone">(({ params }, { world, user, tell }) => {
    const old = actionOf(world, params.id);
    const id = idOf("action", 700 + world.actions.length);
    const times = { createdAt: at(Date.now()), updatedAt: at(Date.now()), executedAt: null, effectEndsAt: null };
    const clean = { approvals: [], blockId: null, breakGlass: null, requester: actorOf(user) };
    return put(world, { ...old, ...times, ...clean, id, state: "pending", legalMoves: PENDING_MOVES }, tell);
  }),
  "action.statement": statement,
  "action.approve": moving<"action.approve">(approved),
  "action.reject": moving<"action.reject">(({ params, body }, { world, tell }) => {
    isSigned(body.signature, world);
    return put(world, ended(actionOf(world, params.id), "rejected"), tell);
  }),
  "action.withdraw": moving<"action.withdraw">(({ params, body }, { world, user, tell }) => {
    isSigned(body?.signature, world);
    const action = actionOf(world, params.id);
    const approvals = action.approvals.filter((one) => one.by.id !== user.id);
    return put(world, { ...action, approvals, approvalsMissing: action.approvalsMissing + 1 }, tell);
  }),
  "action.cancel": moving<"action.cancel">(({ params }, { world, tell }) =>
    put(world, ended(actionOf(world, params.id), "cancelled"), tell),
  ),
  "action.revert": moving<"action.revert">(({ params }, { world, tell }) =>
    put(world, ended(actionOf(world, params.id), "reverted"), tell),
  ),
  "action.breakGlass": moving<"action.breakGlass">(({ params, body }, { world, user, tell }) => {
    isSigned(body.signature, world);
    const action = actionOf(world, params.id);
    const { id: actionId, type, target, state } = action;
    const use = {
      id: idOf("breakGlass", 9),
      actionId,
      by: actorOf(user),
      at: at(Date.now()),
      reason: body.reason,
      review: null,
    };
    world.breakGlass = [{ ...use, action: { type, target, state } }, ...world.breakGlass];
    const done = put(world, { ...ended(action, "approved"), breakGlass: use }, tell);
    runLater(world, done, tell);
    return done;
  }),
  "breakGlass.list": ({ query }, { world }) =>
    pageOf(
      world.breakGlass.filter((one) => query?.owed === undefined || query.owed === (one.review === null)),
      query,
    ),
  "breakGlass.review": ({ params, body }, { world, user }) => {
    const use = found(world.breakGlass.find((one) => one.id === params.id));
    const reviewed = { ...use, review: { by: actorOf(user), at: at(Date.now()), ...body } };
    world.breakGlass = world.breakGlass.map((one) => (one.id === use.id ? reviewed : one));
    const { action: _, ...answer } = reviewed;
    return answer;
  },
};
