import { KEY_LIFE_DAYS_MAX, type ScimClient } from "@tyr/contract";
import type { Run } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { showInstant } from "../output/instants.ts";
import type { Column } from "../output/table.ts";
import { idOf } from "./id-value.ts";
import { printKey } from "./sensor.ts";

const COLUMNS: readonly Column<ScimClient>[] = [
  { name: "id", value: (row) => row.id },
  { name: "name", value: (row) => row.name, cuttable: true },
  { name: "provider", value: (row) => row.provider ?? "" },
  { name: "issuer", value: (row) => row.issuer, cuttable: true },
  { name: "state", value: (row) => (row.active && row.owner.active ? "active" : "disabled") },
  { name: "owner", value: (row) => row.owner.name },
  { name: "created", value: (row) => showInstant(row.createdAt) },
];

export const list: Run = async ({ api, print }) => {
  const { items } = await (await api()).call("scimClient.list", {});
  print.many(items, COLUMNS, "No identity provider provisions users. Let one: tyr scim create NAME --provider ID");
  return EXIT.ok;
};

export const create: Run = async (context, input) => {
  const name = input.value(0, "the client's name");
  const provider = input.text("provider");
  const networks = [...new Set(input.texts("network"))];
  const lifeDays = input.whole("days", { min: 1, max: KEY_LIFE_DAYS_MAX }) ?? KEY_LIFE_DAYS_MAX;
  const body = { name, networks, lifeDays, ...(provider === undefined ? {} : { provider }) };
  const made = await (await context.api()).call("scimClient.create", { body });
  const say = `Made ${made.client.id}. Give the provider ${made.baseUrl} and the key as bearer token.`;
  return printKey(context, { ...made, key: made.secret }, say);
};

export const remove: Run = async ({ api, ask, print }, input) => {
  const id = idOf("serviceAccount", input.value(0, "the client's id"));
  if (!input.flag("yes")) await ask.confirm(`End the provisioning through ${id} and revoke its keys?`, "--yes");
  await (await api()).call("scimClient.remove", { params: { id } });
  print.say(`Ended ${id}. Whom it provisioned keeps their account.`);
  return EXIT.ok;
};
