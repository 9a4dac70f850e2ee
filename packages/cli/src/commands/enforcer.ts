import { isId, type Enforcer } from "@tyr/contract";
import type { Api } from "../api.ts";
import type { Run } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { CliFailure } from "../failure.ts";
import { showInstant } from "../output/instants.ts";
import type { Column } from "../output/table.ts";
import { visible } from "../output/visible-text.ts";
import { keyLife, printKey } from "./sensor.ts";

const COLUMNS: readonly Column<Enforcer>[] = [
  { name: "id", value: (row) => row.id },
  { name: "name", value: (row) => row.name, cuttable: true },
  { name: "active", value: (row) => (row.active ? "yes" : "no"), color: (row) => (row.active ? "green" : "dim") },
  { name: "key", value: (row) => `${row.keyHint}…` },
  { name: "key ends at", value: (row) => showInstant(row.keyEndsAt) },
  { name: "last pull", value: (row) => showInstant(row.lastPullAt) },
  { name: "program", value: (row) => row.userAgent, cuttable: true },
];

export const list: Run = async ({ api, print }) => {
  const { items } = await (await api()).call("enforcer.list", {});
  print.many(items, COLUMNS, "No enforcement points. Register one: tyr enforcer add NAME");
  return EXIT.ok;
};

export const add: Run = async (context, input) => {
  const body = { name: input.value(0, "the enforcement point's name"), ...keyLife(input) };
  const made = await (await context.api()).call("enforcer.create", { body });
  return printKey(context, made, `Registered ${made.enforcer.id} ${visible(made.enforcer.name)}.`);
};

async function needEnforcer(api: Api, wanted: string): Promise<Enforcer> {
  const { items } = await api.call("enforcer.list", {});
  const found = items.find((one) => (isId("enforcer", wanted) ? one.id === wanted : one.name === wanted));
  if (found !== undefined) return found;
  throw new CliFailure(`there is no enforcement point ${visible(wanted)}`, {
    exit: EXIT.failed,
    fix: "See tyr enforcer list.",
  });
}

export const rotate: Run = async (context, input) => {
  const api = await context.api();
  const { id, name } = await needEnforcer(api, input.value(0, "the enforcement point"));
  if (!input.flag("yes")) await context.ask.confirm(`End the key of ${visible(name)} and make a new one?`, "--yes");
  const made = await api.call("enforcer.rotate", { params: { id } });
  return printKey(context, made, `The old key of ${visible(name)} is dead.`);
};

export const deactivate: Run = async ({ api: open, ask, print }, input) => {
  const api = await open();
  const found = await needEnforcer(api, input.value(0, "the enforcement point"));
  if (!input.flag("yes"))
    await ask.confirm(`End the key of ${visible(found.name)}? It keeps what it blocks now.`, "--yes");
  print.many([await api.call("enforcer.deactivate", { params: { id: found.id } })], COLUMNS, "");
  return EXIT.ok;
};
