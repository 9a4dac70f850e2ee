import { isCustomRole, isId, ROLE_NAMES, type Role, type User, type UserChange } from "@tyr/contract";
import type { Api } from "../api.ts";
import type { Context, Run } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { CliFailure, usage } from "../failure.ts";
import { showInstant } from "../output/instants.ts";
import type { Column } from "../output/table.ts";
import { visible } from "../output/visible-text.ts";
import { readPassword } from "./password-input.ts";

const COLUMNS: readonly Column<User>[] = [
  { name: "id", value: (row) => row.id },
  { name: "name", value: (row) => row.name },
  { name: "roles", value: (row) => row.roles.join(", ") },
  { name: "active", value: (row) => (row.active ? "yes" : "no"), color: (row) => (row.active ? "green" : "dim") },
  { name: "last seen", value: (row) => showInstant(row.lastSeenAt) },
  { name: "created", value: (row) => showInstant(row.createdAt) },
];

/** Sign-in names compare without case, as the server compares them. */
export async function needUser(api: Api, nameOrId: string): Promise<User> {
  const { items } = await api.call("user.list", {});
  const key = nameOrId.toLowerCase();
  const found = items.find((one) => (isId("subject", nameOrId) ? one.id === nameOrId : one.name.toLowerCase() === key));
  if (found !== undefined) return found;
  throw new CliFailure(`there is no user ${visible(nameOrId)}`, { exit: EXIT.failed, fix: "See tyr user list." });
}

function rolesOf(names: readonly string[]): Role[] {
  return names.map((name): Role => {
    const role = ROLE_NAMES.find((builtIn) => builtIn === name) ?? (isCustomRole(name) ? name : undefined);
    if (role === undefined)
      throw usage(
        `${visible(name)} is not a role`,
        `Use one or more of: ${ROLE_NAMES.join(", ")}, or a custom_ one of tyr role list.`,
      );
    return role;
  });
}

export const list: Run = async ({ api, print }) => {
  const { items } = await (await api()).call("user.list", {});
  print.many(items, COLUMNS, "No users.");
  return EXIT.ok;
};

export const add: Run = async (context, input) => {
  const name = input.value(0, "the user's name");
  const roles = rolesOf(input.texts("role"));
  if (roles.length === 0) throw usage("--role is missing", `Give one or more of: ${ROLE_NAMES.join(", ")}.`);
  const api = await context.api();
  const password = await readPassword(context, input);
  const made = await api.call("user.create", { body: { name, password, roles } });
  context.print.many([made], COLUMNS, "");
  context.print.say(`They sign in with: tyr login --name ${visible(made.name)}`);
  context.print.say("The password is good for 72 hours, to choose one of their own.");
  return EXIT.ok;
};

async function change({ print }: Context, api: Api, { id, body }: { id: User["id"]; body: UserChange }) {
  const changed = await api.call("user.change", { params: { id }, body });
  print.many([changed], COLUMNS, "");
  return EXIT.ok satisfies ExitCode;
}

/** The roles named are all the user has from then on. */
export const roles: Run = async (context, input) => {
  const [nameOrId = "", ...names] = input.values;
  const wanted = rolesOf(names);
  const api = await context.api();
  const { id } = await needUser(api, nameOrId);
  return await change(context, api, { id, body: { roles: wanted } });
};

export const deactivate: Run = async (context, input) => {
  const api = await context.api();
  const user = await needUser(api, input.value(0, "the user"));
  if (!input.flag("yes"))
    await context.ask.confirm(`End every session of ${visible(user.name)} and let them sign in no more?`, "--yes");
  return await change(context, api, { id: user.id, body: { active: false } });
};

export const activate: Run = async (context, input) => {
  const api = await context.api();
  const { id } = await needUser(api, input.value(0, "the user"));
  return await change(context, api, { id, body: { active: true } });
};
