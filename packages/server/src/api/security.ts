import {
  isId,
  ok,
  refuse,
  SecurityBlockCreate,
  type ActionCreate,
  type ActionId,
  type InputOf,
  type Result,
  type SecurityAction,
  type SecurityActionCreate,
  type SecurityBlock,
  type SecurityPolicyEdit,
  type SettingsEdit,
} from "@tyr/contract";
import { Check } from "typebox/value";
import { countWaiting, type Govern } from "#govern";
import type { Clock } from "#platform/clock";
import type { ReadDatabase } from "#platform/database";
import type { Respond } from "#respond";
import { byOf } from "./actions.ts";
import type { Call, Handlers } from "./handler.ts";
import { blockAsked, securityAction, securityBlock, securityPolicy, statesOf } from "./security-views.ts";

export type SecurityDeps = Readonly<{
  govern: Govern;
  respond: Pick<Respond, "list" | "get" | "revert">;
  database: Readonly<{ read: ReadDatabase }>;
  clock: Clock;
}>;

const ACTIONS_MAX = 50;
const BLOCKS_MAX = 500;
const WITHOUT_REASON = "asked for over the security API";

/** What is named and is not null: null leaves what cannot be cleared. */
function given<K extends string, V>(name: K, value: V | null | undefined): { [P in K]?: V } {
  return value === null || value === undefined ? {} : ({ [name]: value } as { [P in K]: V });
}

function editOf(body: SecurityPolicyEdit): SettingsEdit {
  const { notes } = body;
  return {
    ...given("defaultMode", body.default_mode),
    ...given("autoElevate", body.auto_elevate),
    ...given("autoLockdown", body.auto_lockdown),
    ...given("maxFailedLoginsPerMinute", body.max_failed_auth),
    ...given("maxScanEventsPerMinute", body.max_scan_events),
    ...(notes === undefined ? {} : { notes: notes === "" ? null : notes }),
  };
}

const TTL_SECONDS = { min: 60, max: 31_536_000 } as const;

/** A block as our own request for one. */
function askedBlock({ entity_type, value, reason, expires_at }: SecurityBlockCreate, now: Date): Result<ActionCreate> {
  if (entity_type !== "ip")
    return refuse(
      "VALIDATION_FAILED",
      `entity_type ${entity_type}: Tyr blocks addresses and prefixes, entity_type "ip"`,
    );
  const request = { type: "block_ip" as const, target: value, justification: reason };
  if (expires_at === undefined || expires_at === null) return ok(request);
  const ttlSeconds = Math.ceil((new Date(expires_at).getTime() - now.getTime()) / 1_000);
  if (ttlSeconds < TTL_SECONDS.min || ttlSeconds > TTL_SECONDS.max)
    return refuse(
      "VALIDATION_FAILED",
      `expires_at ${expires_at}: a block ends in a minute at the earliest, in a year at the latest`,
    );
  return ok({ ...request, ttlSeconds });
}

function askedAction({ action_type, payload }: SecurityActionCreate, now: Date): Result<ActionCreate> {
  const given = payload ?? {};
  if (action_type === "update_policy") {
    const detail =
      "change settings with POST /security/policy, and policies by publishing a bundle (tyr policy publish)";
    return refuse("VALIDATION_FAILED", `action_type update_policy: ${detail}`);
  }
  if (action_type === "block_entity") {
    if (Check(SecurityBlockCreate, given)) return askedBlock(given, now);
    return refuse("VALIDATION_FAILED", "payload of block_entity: entity_type, value, reason and perhaps expires_at");
  }
  const { mode, reason } = given;
  if (typeof mode !== "string") return refuse("VALIDATION_FAILED", "payload of set_mode: mode, and perhaps reason");
  const justification = typeof reason === "string" && reason.trim() !== "" ? reason.slice(0, 4_000) : WITHOUT_REASON;
  return ok({ type: "set_mode", target: mode.slice(0, 64), justification });
}

async function listActions({ govern, database }: SecurityDeps, status: InputOf<"security.actions">["query"]["status"]) {
  const states = status === undefined ? [undefined] : statesOf(status);
  const pages = await Promise.all(
    states.map(async (state) => await govern.list({ state, before: undefined, limit: ACTIONS_MAX })),
  );
  // Ids begin with the time, so their order is that of the actions.
  const rows = pages.flatMap((page) => page.rows).toSorted((a, b) => (a.id < b.id ? 1 : -1));
  const items = rows.slice(0, ACTIONS_MAX).map(securityAction);
  const pending = (await countWaiting(database.read)).reduce((sum, { waiting }) => sum + waiting, 0);
  return ok({ total: items.length, pending, items });
}

async function listBlocks({ respond }: SecurityDeps, activeOnly: boolean) {
  const { rows } = await respond.list({
    before: undefined,
    limit: BLOCKS_MAX,
    value: undefined,
    ...(activeOnly ? { state: "active" as const } : {}),
  });
  const items = rows.map(securityBlock);
  return ok({ total: items.length, active: items.filter(({ active }) => active).length, items });
}

async function deactivate({ govern, respond }: SecurityDeps, id: string, call: Call): Promise<Result<SecurityBlock>> {
  const block = isId("block", id) ? await respond.get(id) : undefined;
  if (block !== undefined && !block.ok) return block;
  const actionId = block?.value.actionId ?? id;
  if (!isId("action", actionId)) return refuse("NOT_FOUND", `there is no block ${id.slice(0, 64)}`);
  const reverted = await respond.revert({ id: actionId, by: byOf(call), reason: "deactivated over the security API" });
  if (!reverted.ok) return reverted;
  const action = await govern.get(actionId, byOf(call));
  if (!action.ok) return action;
  const { blockId } = action.value;
  const now = blockId === null ? undefined : await respond.get(blockId);
  if (now === undefined) return ok(blockAsked(action.value));
  return now.ok ? ok(securityBlock(now.value)) : now;
}

type Update = InputOf<"security.actionUpdate">;

/** Deciding is signing: one status in one call is enough only with somebody's signature. */
async function update(
  { govern }: SecurityDeps,
  { params: { id }, body }: Update,
  call: Call,
): Promise<Result<SecurityAction>> {
  const by = byOf(call);
  const { status, resolution_notes: notes, signature } = body;
  const known = await govern.get(id, by);
  if (!known.ok) return known;
  if (status === "executed" || status === "pending")
    return alreadyOrNever(known.value.id, { status, now: securityAction(known.value) });
  if (signature === undefined) {
    const how = `ask POST /api/v1/actions/${id}/statements for the text, sign it with a passkey or a key of your own and send it as signature`;
    return refuse(
      "SIGNATURE_REQUIRED",
      `${status} is somebody's word: ${how}; or open the action in the browser, or use tyr approve ${id}`,
    );
  }
  const { requestDigest, dryRun } = known.value;
  const decided =
    status === "approved"
      ? await govern.approve({
          id,
          by,
          requestDigest,
          dryRunDigest: dryRun?.digest ?? "",
          comment: notes ?? undefined,
          signature,
        })
      : await govern.reject({ id, by, reason: notes ?? WITHOUT_REASON, signature });
  return decided.ok ? ok(securityAction(decided.value)) : decided;
}

function alreadyOrNever(
  id: ActionId,
  { status, now }: Readonly<{ status: string; now: SecurityAction }>,
): Result<SecurityAction> {
  // What is approved runs by itself at once: who says so too is told how far it is.
  if (now.status === status || (status === "executed" && now.status === "approved")) return ok(now);
  const detail = `${id} is ${now.state}: nobody makes it ${status}; what is approved is executed by Tyr, once`;
  return refuse("ACTION_TRANSITION_REFUSED", detail, { state: now.state, legal: [] });
}

export function securityHandlers(deps: SecurityDeps): Pick<Handlers, Extract<keyof Handlers, `security.${string}`>> {
  const { govern, clock } = deps;
  const edit = async (body: SecurityPolicyEdit, call: Call) => {
    const edited = await govern.editSettings({ edit: editOf(body), by: byOf(call) });
    return edited.ok ? ok(securityPolicy(edited.value)) : edited;
  };
  return {
    "security.policy": async () => ok(securityPolicy(await govern.settings())),
    "security.policyEdit": async ({ body }, call) => await edit(body, call),
    "security.policyPut": async ({ body }, call) => await edit(body, call),
    "security.blocks": async ({ query: { active_only: only = "true" } }) =>
      await listBlocks(deps, only === "true" || only === "1"),
    "security.blockCreate": async ({ body }, call) => {
      const request = askedBlock(body, clock.now());
      if (!request.ok) return request;
      const asked = await govern.create(request.value, byOf(call));
      return asked.ok ? ok(blockAsked(asked.value)) : asked;
    },
    "security.blockDeactivate": async ({ params: { id } }, call) => await deactivate(deps, id, call),
    "security.actions": async ({ query: { status } }) => await listActions(deps, status),
    "security.actionCreate": async ({ body }, call) => {
      const request = askedAction(body, clock.now());
      if (!request.ok) return request;
      const asked = await govern.create(request.value, byOf(call));
      return asked.ok ? ok(securityAction(asked.value)) : asked;
    },
    "security.action": async ({ params: { id } }, call) => {
      const action = await govern.get(id, byOf(call));
      return action.ok ? ok(securityAction(action.value)) : action;
    },
    "security.actionUpdate": async (input, call) => await update(deps, input, call),
    "security.actionPut": async (input, call) => await update(deps, input, call),
  };
}
