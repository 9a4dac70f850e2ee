import { BLOCK_STATES, type Block } from "@tyr/contract";
import type { Run } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { showInstant } from "../output/instants.ts";
import type { Column } from "../output/table.ts";
import { printAction, requestAction } from "./action.ts";
import { idOf } from "./id-value.ts";
import { printPages } from "./pages.ts";

/** `1/2`: enforcement points where it is read back as in force, of those that should have it. */
function inForce(block: Block): string {
  const effective = block.enforcement.filter((one) => one.state === "effective").length;
  return block.enforcement.length === 0 ? "nowhere" : `${effective}/${block.enforcement.length}`;
}

const COLUMNS: readonly Column<Block>[] = [
  { name: "id", value: (row) => row.id },
  { name: "value", value: (row) => row.value },
  { name: "state", value: (row) => row.state, color: (row) => (row.state === "active" ? "green" : "dim") },
  { name: "in force", value: inForce },
  { name: "expires", value: (row) => showInstant(row.expiresAt) },
  { name: "origin", value: (row) => row.origin },
  { name: "action", value: (row) => row.actionId },
  { name: "reason", value: (row) => row.reason, cuttable: true },
];

export const request: Run = async (context, input) =>
  await requestAction(context, input, { type: "block_ip", target: input.value(0, "the address") });

export const list: Run = async (context, input) => {
  const state = input.oneOf("state", BLOCK_STATES);
  const value = input.text("value");
  const filters = { ...(state === undefined ? {} : { state }), ...(value === undefined ? {} : { value }) };
  const api = await context.api();
  return await printPages(context, input, {
    fetchPage: async (page) => await api.call("block.list", { query: { ...filters, ...page } }),
    columns: COLUMNS,
    none: "No blocks.",
  });
};

/** A block is the effect of an action: lifting it is reverting that action. */
export const lift: Run = async (context, input) => {
  const id = idOf("block", input.value(0, "the block's id"));
  const reason = input.required("reason");
  const api = await context.api();
  const block = await api.call("block.get", { params: { id } });
  const action = await api.call("action.revert", { params: { id: block.actionId }, body: { reason } });
  printAction(context, action);
  context.print.say(`The action behind ${id} is ${action.state}. See it end: tyr block list --value ${block.value}`);
  return action.state === "revert_failed" ? EXIT.failed : EXIT.ok;
};
