import { ACTION_STATES, ACTION_TYPES, type Action, type ActionCreate, type ActionEdit } from "@tyr/contract";
import type { Context, Run } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { usage } from "../failure.ts";
import type { Input } from "../input.ts";
import { showInstant } from "../output/instants.ts";
import type { Column } from "../output/table.ts";
import { visible } from "../output/visible-text.ts";
import { actionCard } from "./action-card.ts";
import { idOf } from "./id-value.ts";
import { printPages } from "./pages.ts";

/** Shortest and longest effect the contract takes: a minute and a year. */
const EFFECT_SECONDS = { min: 60, max: 31_536_000 };

const COLUMNS: readonly Column<Action>[] = [
  { name: "id", value: (row) => row.id },
  { name: "type", value: (row) => row.type },
  { name: "target", value: (row) => row.target },
  { name: "state", value: (row) => row.state },
  { name: "decision", value: (row) => row.decision?.outcome },
  { name: "missing", value: (row) => row.approvalsMissing, right: true },
  { name: "requested by", value: (row) => row.requester.name },
  { name: "created", value: (row) => showInstant(row.createdAt) },
  { name: "because", value: (row) => row.justification, cuttable: true },
];

export function printAction({ print }: Context, action: Action): void {
  print.one(action, () => actionCard(action, print.paint));
}

const FAILED_STATES: ReadonlySet<Action["state"]> = new Set(["dry_run_failed", "failed", "revert_failed", "unknown"]);

/** What a request came to, as an exit code: done, refused or waiting, failed. */
export function exitOfRequest(action: Action, draft: boolean): ExitCode {
  if (FAILED_STATES.has(action.state)) return EXIT.failed;
  if (action.decision?.outcome === "deny" || action.decision?.outcome === "dry_run_only") return EXIT.refused;
  if (action.state === "pending") return EXIT.refused;
  if (action.state === "rejected" || action.state === "expired" || action.state === "cancelled") return EXIT.refused;
  return action.state === "draft" && !draft ? EXIT.failed : EXIT.ok;
}

function sayOutcome({ print }: Context, action: Action): void {
  if (action.state === "pending")
    print.say(`Waits for ${action.approvalsMissing} approval(s) by somebody else: tyr approve ${action.id}`);
  else if (action.decision?.outcome === "deny") print.say(`Policy denies it; nothing was changed (${action.id}).`);
  else if (action.state === "dry_run_ok") print.say(`The dry run is fine. Submit it: tyr action submit ${action.id}`);
  else print.say(`${action.id} is ${action.state}.`);
}

/** Sends a request and says what became of it. Shared by `action request` and `block request`. */
export async function requestAction(
  context: Context,
  input: Input,
  what: Pick<ActionCreate, "type" | "target">,
): Promise<ExitCode> {
  const ttlSeconds = input.seconds("for", EFFECT_SECONDS);
  const incident = input.text("incident");
  const draft = input.flag("draft");
  const body: ActionCreate = {
    ...what,
    justification: input.required("reason"),
    submit: !draft,
    ...(ttlSeconds === undefined ? {} : { ttlSeconds }),
    ...(incident === undefined ? {} : { incidentId: idOf("incident", incident) }),
  };
  const action = await (await context.api()).call("action.create", { body });
  printAction(context, action);
  sayOutcome(context, action);
  return exitOfRequest(action, draft);
}

export const request: Run = async (context, input) => {
  const wanted = input.value(0, "the type");
  const type = ACTION_TYPES.find((one) => one === wanted);
  if (type === undefined)
    throw usage(`${visible(wanted)} is no action type`, `Use one of: ${ACTION_TYPES.join(", ")}.`);
  return await requestAction(context, input, { type, target: input.value(1, "the target") });
};

export const list: Run = async (context, input) => {
  const state = input.oneOf("state", ACTION_STATES);
  const incident = input.text("incident");
  const target = input.text("target");
  const filters = {
    ...(state === undefined ? {} : { state }),
    ...(input.flag("waiting") ? { waiting: true } : {}),
    ...(incident === undefined ? {} : { incident: idOf("incident", incident) }),
    ...(target === undefined ? {} : { target }),
  };
  const api = await context.api();
  return await printPages(context, input, {
    fetchPage: async (page) => await api.call("action.list", { query: { ...filters, ...page } }),
    columns: COLUMNS,
    none: "No actions.",
  });
};

export const show: Run = async (context, input) => {
  const id = idOf("action", input.value(0, "the action's id"));
  printAction(context, await (await context.api()).call("action.get", { params: { id } }));
  return EXIT.ok;
};

/** The moves that take an id alone, then those that take a reason: one shape each. */
function move(route: "action.dryRun" | "action.submit"): Run {
  return async (context, input) => {
    const id = idOf("action", input.value(0, "the action's id"));
    const action = await (await context.api()).call(route, { params: { id } });
    printAction(context, action);
    sayOutcome(context, action);
    return exitOfRequest(action, route === "action.dryRun");
  };
}

export function moveWithReason(route: "action.cancel" | "action.revert"): Run {
  return async (context, input) => {
    const id = idOf("action", input.value(0, "the action's id"));
    const body = { reason: input.required("reason") };
    const action = await (await context.api()).call(route, { params: { id }, body });
    printAction(context, action);
    context.print.say(`${action.id} is ${action.state}.`);
    return FAILED_STATES.has(action.state) ? EXIT.failed : EXIT.ok;
  };
}

/** Changes what this reading of the action shows: if somebody was faster, nothing happens. */
export const edit: Run = async (context, input) => {
  const id = idOf("action", input.value(0, "the action's id"));
  const target = input.text("target");
  const ttlSeconds = input.seconds("for", EFFECT_SECONDS);
  const justification = input.text("reason");
  if (target === undefined && ttlSeconds === undefined && justification === undefined)
    throw usage("nothing to change was named", "Use at least one of --target, --for and --reason.");
  const api = await context.api();
  const { requestDigest } = await api.call("action.get", { params: { id } });
  const body: ActionEdit = {
    requestDigest,
    ...(target === undefined ? {} : { target }),
    ...(ttlSeconds === undefined ? {} : { ttlSeconds }),
    ...(justification === undefined ? {} : { justification }),
  };
  const action = await api.call("action.edit", { params: { id }, body });
  printAction(context, action);
  sayOutcome(context, action);
  return exitOfRequest(action, false);
};

export const clone: Run = async (context, input) => {
  const id = idOf("action", input.value(0, "the action's id"));
  const action = await (await context.api()).call("action.clone", { params: { id } });
  printAction(context, action);
  sayOutcome(context, action);
  return exitOfRequest(action, false);
};

export const dryRun: Run = move("action.dryRun");
export const submit: Run = move("action.submit");
export const cancel: Run = moveWithReason("action.cancel");
export const revert: Run = moveWithReason("action.revert");
