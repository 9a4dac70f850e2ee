import { readFile } from "node:fs/promises";
import {
  ASSETS_PER_IMPORT_MAX,
  CRITICALITIES,
  ENVIRONMENTS,
  isId,
  type Asset,
  type AssetCreate,
  type AssetEdit,
} from "@tyr/contract";
import type { Api } from "../api.ts";
import type { Run } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { CliFailure, usage } from "../failure.ts";
import type { Input } from "../input.ts";
import type { Column } from "../output/table.ts";
import { visible } from "../output/visible-text.ts";
import { printPages } from "./pages.ts";

const COLUMNS: readonly Column<Asset>[] = [
  { name: "id", value: (row) => row.id },
  { name: "name", value: (row) => row.name },
  { name: "criticality", value: (row) => row.criticality },
  { name: "environment", value: (row) => row.environment },
  { name: "groups", value: (row) => row.groups.join(", "), cuttable: true },
  { name: "owner", value: (row) => row.owner ?? "" },
  { name: "addresses", value: (row) => row.addresses.join(", "), cuttable: true },
];

export const list: Run = async (context, input) => {
  const group = input.text("group");
  const address = input.text("address");
  const filters = { ...(group === undefined ? {} : { group }), ...(address === undefined ? {} : { address }) };
  const api = await context.api();
  return await printPages(context, input, {
    fetchPage: async (page) => await api.call("asset.list", { query: { ...filters, ...page } }),
    columns: COLUMNS,
    none: "No assets.",
  });
};

/** What the options say; an empty `--group` or `--owner` takes away what there is. */
function saidBy(input: Input): Omit<AssetEdit, "name"> {
  const addresses = input.texts("address");
  const groups = input.texts("group");
  const owner = input.text("owner");
  const criticality = input.oneOf("criticality", CRITICALITIES);
  const environment = input.oneOf("environment", ENVIRONMENTS);
  return {
    ...(addresses.length === 0 ? {} : { addresses: [...addresses] }),
    ...(groups.length === 0 ? {} : { groups: groups.filter((one) => one !== "") }),
    ...(owner === undefined ? {} : { owner: owner === "" ? null : owner }),
    ...(criticality === undefined ? {} : { criticality }),
    ...(environment === undefined ? {} : { environment }),
  };
}

export const add: Run = async ({ api, print }, input) => {
  const { addresses, ...said } = saidBy(input);
  if (addresses === undefined) throw usage("--address is missing", "Name each with --address 192.0.2.7.");
  const body: AssetCreate = { name: input.value(0, "the name"), addresses, ...said };
  print.many([await (await api()).call("asset.create", { body })], COLUMNS, "");
  return EXIT.ok;
};

const SEARCH_PAGE = 500;

/** By id, or by its name, which each asset has for itself. */
async function needAsset(api: Api, wanted: string): Promise<Asset> {
  if (isId("asset", wanted)) return await api.call("asset.get", { params: { id: wanted } });
  for (let after: string | undefined; ;) {
    const query = { limit: SEARCH_PAGE, ...(after === undefined ? {} : { after }) };
    const { items, next } = await api.call("asset.list", { query });
    const found = items.find(({ name }) => name === wanted);
    if (found !== undefined) return found;
    if (next === null) break;
    after = next;
  }
  throw new CliFailure(`there is no asset ${visible(wanted)}`, { exit: EXIT.failed, fix: "See tyr asset list." });
}

export const edit: Run = async ({ api: open, print }, input) => {
  const name = input.text("name");
  const reason = input.text("reason");
  const said = { ...saidBy(input), ...(name === undefined ? {} : { name }) };
  if (Object.keys(said).length === 0)
    throw usage(
      "nothing to change was named",
      "Use at least one of --name, --address, --group, --owner, --criticality.",
    );
  const api = await open();
  const { id } = await needAsset(api, input.value(0, "the asset"));
  const body: AssetEdit = { ...said, ...(reason === undefined ? {} : { reason }) };
  print.many([await api.call("asset.edit", { params: { id }, body })], COLUMNS, "");
  return EXIT.ok;
};

export const remove: Run = async ({ api: open, ask, print }, input) => {
  const api = await open();
  const asset = await needAsset(api, input.value(0, "the asset"));
  if (!input.flag("yes"))
    await ask.confirm(
      `Take ${visible(asset.name)} out of the inventory? Policy then knows its addresses no more.`,
      "--yes",
    );
  await api.call("asset.remove", { params: { id: asset.id } });
  print.say(`Removed ${visible(asset.name)}.`);
  return EXIT.ok;
};

const FILE_BYTES_MAX = 4_194_304;

function itemsIn(text: string, file: string): AssetCreate[] {
  if (text.length > FILE_BYTES_MAX) throw usage(`${visible(file)} is larger than 4 MiB`, "Split it.");
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new CliFailure(`${visible(file)} is not JSON`, { exit: EXIT.usage, cause });
  }
  if (!Array.isArray(parsed) || parsed.length === 0 || parsed.length > ASSETS_PER_IMPORT_MAX)
    throw usage(
      `${visible(file)} must be a list of 1 to ${ASSETS_PER_IMPORT_MAX} assets`,
      'Each like {"name": "mail", "addresses": ["192.0.2.7"]}.',
    );
  // Field by field they are checked by the server, which says which one is wrong.
  return parsed as AssetCreate[];
}

export const importAssets: Run = async ({ api, print }, input) => {
  const file = input.value(0, "the file");
  const reason = input.required("reason");
  const items = itemsIn(await readFile(file, "utf8"), file);
  const done = await (await api()).call("asset.import", { body: { items, reason } });
  print.one(done, () => [`${done.added} added, ${done.changed} changed, ${done.unchanged} as before`]);
  return EXIT.ok;
};
