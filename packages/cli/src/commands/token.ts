import { isId, type TokenFamily, type TokenKey } from "@tyr/contract";
import type { Run } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { usage } from "../failure.ts";
import { showInstant } from "../output/instants.ts";
import type { Column } from "../output/table.ts";
import { visible } from "../output/visible-text.ts";

const COLUMNS: readonly Column<TokenFamily>[] = [
  { name: "id", value: (row) => row.id },
  { name: "key", value: (row) => row.keyName, cuttable: true },
  { name: "acts as", value: (row) => row.owner.name },
  { name: "state", value: (row) => row.state, color: (row) => (row.state === "active" ? "green" : "dim") },
  { name: "scopes", value: (row) => row.scopes.join(", "), cuttable: true },
  { name: "refreshed", value: (row) => (row.renewable ? `${row.refreshes}` : "never"), right: true },
  { name: "since", value: (row) => showInstant(row.createdAt) },
  { name: "ends", value: (row) => showInstant(row.endedAt ?? row.expiresAt) },
  { name: "why", value: (row) => row.endedWhy ?? "", cuttable: true },
];

export const list: Run = async ({ api, print }) => {
  const { items } = await (await api()).call("token.list", {});
  print.many(items, COLUMNS, "None of your keys was exchanged for tokens.");
  return EXIT.ok;
};

export const listAll: Run = async ({ api, print }) => {
  const { items } = await (await api()).call("token.listAll", {});
  print.many(items, COLUMNS, "Nobody's key was exchanged for tokens.");
  return EXIT.ok;
};

export const revoke: Run = async ({ api, ask, print }, input) => {
  const id = input.value(0, "the id of the tokens");
  if (!isId("tokenFamily", id)) throw usage(`${visible(id)} is not the id of tokens`, "See tyr token list.");
  if (!input.flag("yes"))
    await ask.confirm(`End the tokens ${id}? The next request with one of them is refused`, "--yes");
  const ended = await (await api()).call("token.revoke", { params: { id } });
  print.many([ended], COLUMNS, "");
  return EXIT.ok;
};

const KEY_COLUMNS: readonly Column<TokenKey>[] = [
  { name: "kid", value: (row) => row.kid },
  { name: "algorithm", value: (row) => row.algorithm },
  { name: "state", value: (row) => row.state, color: (row) => (row.state === "signing" ? "green" : "dim") },
  { name: "signs from", value: (row) => showInstant(row.signsFrom) },
  { name: "published until", value: (row) => showInstant(row.publishedUntil) },
];

export const keys: Run = async ({ api, print }) => {
  const { items } = await (await api()).call("tokenKey.list", {});
  print.many(items, KEY_COLUMNS, "There is no signing key.");
  return EXIT.ok;
};

export const rotateKey: Run = async ({ api: open, ask, print }, input) => {
  const reason = input.required("reason");
  const compromised = input.flag("compromised");
  const api = await open();
  const what = compromised
    ? "Sign with another key now, and refuse every token given so far?"
    : "Make another signing key?";
  if (!input.flag("yes")) await ask.confirm(what, "--yes");
  const made = await api.call("tokenKey.rotate", { body: { reason, ...(compromised ? { compromised } : {}) } });
  print.one(made, () => [made.kid]);
  const signs = compromised ? "signs now; clients get new tokens with their keys" : "is published, and signs from";
  print.say(`${made.kid} ${signs}${compromised ? "" : ` ${showInstant(made.signsFrom) ?? ""}`}.`);
  return EXIT.ok;
};
