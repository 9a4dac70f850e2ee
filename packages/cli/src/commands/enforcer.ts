import { isId, type Enforcer } from "@tyr/contract";
import type { Run } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { CliFailure } from "../failure.ts";
import { showInstant } from "../output/instants.ts";
import type { Column } from "../output/table.ts";
import { visible } from "../output/visible-text.ts";
import { printKey } from "./sensor.ts";

const COLUMNS: readonly Column<Enforcer>[] = [
  { name: "id", value: (row) => row.id },
  { name: "name", value: (row) => row.name, cuttable: true },
  { name: "active", value: (row) => (row.active ? "yes" : "no"), color: (row) => (row.active ? "green" : "dim") },
  { name: "key", value: (row) => `${row.keyHint}…` },
  { name: "last pull", value: (row) => showInstant(row.lastPullAt) },
  { name: "program", value: (row) => row.userAgent, cuttable: true },
];

export const list: Run = async ({ api, print }) => {
  const { items } = await (await api()).call("enforcer.list", {});
  print.many(items, COLUMNS, "No enforcement points. Register one: tyr enforcer add NAME");
  return EXIT.ok;
};

export const add: Run = async (context, input) => {
  const body = { name: input.value(0, "the enforcement point's name") };
  const made = await (await context.api()).call("enforcer.create", { body });
  return printKey(context, made, `Registered ${made.enforcer.id} ${visible(made.enforcer.name)}.`);
};

export const deactivate: Run = async ({ api: open, ask, print }, input) => {
  const api = await open();
  const wanted = input.value(0, "the enforcement point");
  const { items } = await api.call("enforcer.list", {});
  const found = items.find((one) => (isId("enforcer", wanted) ? one.id === wanted : one.name === wanted));
  if (found === undefined)
    throw new CliFailure(`there is no enforcement point ${visible(wanted)}`, {
      exit: EXIT.failed,
      fix: "See tyr enforcer list.",
    });
  if (!input.flag("yes"))
    await ask.confirm(`End the key of ${visible(found.name)}? It keeps what it blocks now.`, "--yes");
  print.many([await api.call("enforcer.deactivate", { params: { id: found.id } })], COLUMNS, "");
  return EXIT.ok;
};
