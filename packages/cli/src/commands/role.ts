import { isCustomRole, ROLE_PERMISSIONS, type CustomRole, type Permission, type RoleView } from "@tyr/contract";
import type { Run } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { usage } from "../failure.ts";
import type { Input } from "../input.ts";
import { showInstant } from "../output/instants.ts";
import type { Column } from "../output/table.ts";
import { visible } from "../output/visible-text.ts";

const COLUMNS: readonly Column<RoleView>[] = [
  { name: "name", value: (row) => row.name },
  { name: "kind", value: (row) => (row.builtIn ? "built in" : "custom"), color: () => "dim" },
  { name: "holders", value: (row) => row.holders, right: true },
  { name: "permissions", value: (row) => row.permissions.join(", "), cuttable: true },
  { name: "about", value: (row) => row.about, cuttable: true },
  { name: "changed", value: (row) => (row.changedAt === null ? "" : showInstant(row.changedAt)) },
];

export const list: Run = async ({ api, print }) => {
  const { items } = await (await api()).call("role.list", {});
  print.many(items, COLUMNS, "No roles.");
  return EXIT.ok;
};

function nameIn(input: Input): CustomRole {
  const name = input.value(0, "the role's name");
  if (!isCustomRole(name)) throw usage(`${visible(name)} is not a custom role`, "Their names begin with custom_.");
  return name;
}

function permissionsIn(input: Input): Permission[] {
  return [...new Set(input.texts("permission"))].map((text) => {
    const found = ROLE_PERMISSIONS.find((one) => one === text);
    if (found === undefined)
      throw usage(`${visible(text)} is nothing a custom role can hold`, `Use: ${ROLE_PERMISSIONS.join(", ")}.`);
    return found;
  });
}

export const create: Run = async (context, input) => {
  const name = nameIn(input);
  const permissions = permissionsIn(input);
  if (permissions.length === 0) throw usage("--permission is missing", `Use: ${ROLE_PERMISSIONS.join(", ")}.`);
  const about = input.text("about");
  const body = { name, permissions, ...(about === undefined ? {} : { about }) };
  context.print.many([await (await context.api()).call("role.create", { body })], COLUMNS, "");
  return EXIT.ok;
};

export const change: Run = async (context, input) => {
  const name = nameIn(input);
  const permissions = permissionsIn(input);
  const about = input.text("about");
  const body = { ...(permissions.length === 0 ? {} : { permissions }), ...(about === undefined ? {} : { about }) };
  if (Object.keys(body).length === 0) throw usage("nothing to change", "Give --permission or --about.");
  context.print.many([await (await context.api()).call("role.change", { params: { name }, body })], COLUMNS, "");
  return EXIT.ok;
};

export const remove: Run = async (context, input) => {
  const name = nameIn(input);
  if (!input.flag("yes")) await context.ask.confirm(`Delete ${name} for good?`, "--yes");
  await (await context.api()).call("role.delete", { params: { name } });
  context.print.say(`Deleted ${name}.`);
  return EXIT.ok;
};
