import { isId, type ServiceAccount, type ServiceAccountChange } from "@tyr/contract";
import type { Api } from "../api.ts";
import type { Context, Run } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { CliFailure } from "../failure.ts";
import { showInstant } from "../output/instants.ts";
import type { Column } from "../output/table.ts";
import { visible } from "../output/visible-text.ts";
import { wishOf } from "./key.ts";
import { printKey } from "./sensor.ts";
import { needUser } from "./user.ts";

const COLUMNS: readonly Column<ServiceAccount>[] = [
  { name: "id", value: (row) => row.id },
  { name: "name", value: (row) => row.name, cuttable: true },
  { name: "active", value: (row) => (row.active ? "yes" : "no"), color: (row) => (row.active ? "green" : "dim") },
  { name: "owner", value: (row) => (row.owner.active ? row.owner.name : `${row.owner.name} (disabled)`) },
  { name: "about", value: (row) => row.about, cuttable: true },
  { name: "created", value: (row) => showInstant(row.createdAt) },
];

export const list: Run = async ({ api, print }) => {
  const { items } = await (await api()).call("serviceAccount.list", {});
  print.many(items, COLUMNS, "No service accounts. Make one: tyr service create NAME");
  return EXIT.ok;
};

async function needService(api: Api, nameOrId: string): Promise<ServiceAccount> {
  const { items } = await api.call("serviceAccount.list", {});
  const key = nameOrId.toLowerCase();
  const found = items.find((one) =>
    isId("serviceAccount", nameOrId) ? one.id === nameOrId : one.name.toLowerCase() === key,
  );
  if (found !== undefined) return found;
  throw new CliFailure(`there is no service account ${visible(nameOrId)}`, {
    exit: EXIT.failed,
    fix: "See tyr service list.",
  });
}

export const create: Run = async (context, input) => {
  const name = input.value(0, "the service account's name");
  const about = input.text("about");
  const owner = input.text("owner");
  const api = await context.api();
  const ownerId = owner === undefined ? undefined : (await needUser(api, owner)).id;
  const body = { name, ...(about === undefined ? {} : { about }), ...(ownerId === undefined ? {} : { ownerId }) };
  context.print.many([await api.call("serviceAccount.create", { body })], COLUMNS, "");
  context.print.say(`Give it a key: tyr service key ${visible(name)} KEY-NAME --scope event:read`);
  return EXIT.ok;
};

export const createKey: Run = async (context, input) => {
  const [nameOrId = "", keyName = ""] = input.values;
  const body = wishOf(input, keyName);
  const api = await context.api();
  const { id, name } = await needService(api, nameOrId);
  const made = await api.call("serviceAccount.createKey", { params: { id }, body });
  const about = `Made ${made.key.id} for ${visible(name)}, until ${showInstant(made.key.expiresAt)}.`;
  return printKey(context, { ...made, key: made.secret, made: made.key }, about);
};

type Wanted = Readonly<{ id: ServiceAccount["id"]; body: ServiceAccountChange }>;

async function change({ print }: Context, api: Api, { id, body }: Wanted): Promise<ExitCode> {
  print.many([await api.call("serviceAccount.change", { params: { id }, body })], COLUMNS, "");
  return EXIT.ok;
}

export const give: Run = async (context, input) => {
  const [nameOrId = "", user = ""] = input.values;
  const api = await context.api();
  const { id } = await needService(api, nameOrId);
  return await change(context, api, { id, body: { ownerId: (await needUser(api, user)).id } });
};

export const disable: Run = async (context, input) => {
  const api = await context.api();
  const { id, name } = await needService(api, input.value(0, "the service account"));
  if (!input.flag("yes")) await context.ask.confirm(`Disable ${visible(name)} and revoke its keys?`, "--yes");
  return await change(context, api, { id, body: { active: false } });
};

export const enable: Run = async (context, input) => {
  const api = await context.api();
  const { id } = await needService(api, input.value(0, "the service account"));
  return await change(context, api, { id, body: { active: true } });
};
