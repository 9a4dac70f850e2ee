import type { SessionInfo } from "@tyr/contract";
import type { Run } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { showInstant } from "../output/instants.ts";
import type { Column } from "../output/table.ts";
import { visible } from "../output/visible-text.ts";
import { readPassword } from "./password-input.ts";
import { needUser } from "./user.ts";

const COLUMNS: readonly Column<SessionInfo>[] = [
  { name: "id", value: (row) => row.id },
  { name: "from", value: (row) => row.address ?? "unknown" },
  { name: "by", value: (row) => row.factor },
  { name: "signed in", value: (row) => showInstant(row.createdAt) },
  { name: "last seen", value: (row) => showInstant(row.lastSeenAt) },
  { name: "client", value: (row) => row.userAgent ?? "unknown" },
];

export const sessions: Run = async ({ api: open, print }, input) => {
  const api = await open();
  const { id } = await needUser(api, input.value(0, "the user"));
  const { items } = await api.call("user.sessions", { params: { id } });
  print.many(items, COLUMNS, "Signed in nowhere.");
  return EXIT.ok;
};

export const endSessions: Run = async ({ api: open, ask, print }, input) => {
  const api = await open();
  const { id, name } = await needUser(api, input.value(0, "the user"));
  if (!input.flag("yes")) await ask.confirm(`End every session of ${visible(name)}?`, "--yes");
  await api.call("user.endSessions", { params: { id } });
  print.say(`${visible(name)} is signed in nowhere.`);
  return EXIT.ok;
};

export const unlock: Run = async ({ api: open, print }, input) => {
  const api = await open();
  const { id, name } = await needUser(api, input.value(0, "the user"));
  await api.call("user.unlock", { params: { id } });
  print.say(`The password of ${visible(name)} counts, whatever failed before.`);
  return EXIT.ok;
};

/** The password is the new first one: whoever gets it has to choose their own. */
export const reset: Run = async (context, input) => {
  const api = await context.api();
  const { id, name } = await needUser(api, input.value(0, "the user"));
  const password = await readPassword(context, input);
  await api.call("user.resetSignIn", { params: { id }, body: { password } });
  context.print.say(`${visible(name)} signs in with that password alone now; second factors and sessions are gone.`);
  context.print.say("The password is good for 72 hours, to choose one of their own.");
  return EXIT.ok;
};
