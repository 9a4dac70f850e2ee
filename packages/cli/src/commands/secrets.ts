import type { SecretKey } from "@tyr/contract";
import type { Run } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { showInstant } from "../output/instants.ts";
import type { Column } from "../output/table.ts";
import { visible } from "../output/visible-text.ts";

const COLUMNS: readonly Column<SecretKey>[] = [
  { name: "name", value: (row) => row.name },
  { name: "state", value: (row) => (row.active ? "in force" : row.secrets > 0 ? "being left" : "left") },
  { name: "secrets", value: (row) => row.secrets, right: true },
  { name: "since", value: (row) => showInstant(row.createdAt) },
  { name: "file", value: (row) => (row.inFile ? "has it" : "lacks it") },
];

export const status: Run = async ({ api, print }) => {
  const { items } = await (await api()).call("secret.keys", {});
  print.many(items, COLUMNS, "No key is in force.");
  return EXIT.ok;
};

export const rotate: Run = async ({ api: open, ask, print }, input) => {
  const reason = input.required("reason");
  const api = await open();
  if (!input.flag("yes")) await ask.confirm("Put another key in force and bring every secret under it?", "--yes");
  const made = await api.call("secret.rotate", { body: { reason } });
  print.one(made, () => [made.name]);
  print.say(`${visible(made.name)} is in force. Back the server's file of keys up now; see tyr secrets status.`);
  return EXIT.ok;
};
