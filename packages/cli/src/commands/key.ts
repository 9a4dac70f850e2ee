import {
  isId,
  KEY_LIFE_DAYS_MAX,
  KEY_OVERLAP_SECONDS_MAX,
  KEY_SCOPES,
  type ApiKey,
  type KeyCreate,
  type KeyId,
} from "@tyr/contract";
import type { Run } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { usage } from "../failure.ts";
import type { Input } from "../input.ts";
import { showInstant } from "../output/instants.ts";
import type { Column } from "../output/table.ts";
import { visible } from "../output/visible-text.ts";
import { printKey } from "./sensor.ts";

const DAYS = 90;
const OVERLAP_SECONDS = 86_400;

const COLUMNS: readonly Column<ApiKey>[] = [
  { name: "id", value: (row) => row.id },
  { name: "name", value: (row) => row.name, cuttable: true },
  { name: "acts as", value: (row) => row.owner.name },
  { name: "state", value: (row) => row.state, color: (row) => (row.state === "active" ? "green" : "dim") },
  { name: "scopes", value: (row) => row.scopes.join(", "), cuttable: true },
  { name: "networks", value: (row) => (row.networks.length === 0 ? "any" : row.networks.join(", ")), cuttable: true },
  { name: "expires", value: (row) => showInstant(row.expiresAt) },
  { name: "last used", value: (row) => showInstant(row.lastUsedAt) },
  { name: "from", value: (row) => row.lastUsedFrom ?? "" },
];

export const list: Run = async ({ api, print }) => {
  const { items } = await (await api()).call("key.list", {});
  print.many(items, COLUMNS, "You have no keys. Make one: tyr key create NAME --scope event:read");
  return EXIT.ok;
};

export const listAll: Run = async ({ api, print }) => {
  const { items } = await (await api()).call("key.listAll", {});
  print.many(items, COLUMNS, "Nobody has keys.");
  return EXIT.ok;
};

/** The wish of a command that makes a key. */
export function wishOf(input: Input, name: string): KeyCreate {
  const scopes = input.texts("scope").map((text) => {
    const scope = KEY_SCOPES.find((known) => known === text);
    if (scope === undefined)
      throw usage(`${visible(text)} is nothing a key can do`, `Use one or more of: ${KEY_SCOPES.join(", ")}.`);
    return scope;
  });
  if (scopes.length === 0) throw usage("--scope is missing", `Give one or more of: ${KEY_SCOPES.join(", ")}.`);
  const lifeDays = input.whole("days", { min: 1, max: KEY_LIFE_DAYS_MAX }) ?? DAYS;
  return { name, scopes: [...new Set(scopes)], networks: [...new Set(input.texts("network"))], lifeDays };
}

export const create: Run = async (context, input) => {
  const body = wishOf(input, input.value(0, "the key's name"));
  const made = await (await context.api()).call("key.create", { body });
  const { key, secret } = made;
  return printKey(context, { ...made, key: secret, made: key }, `Made ${key.id}, until ${showInstant(key.expiresAt)}.`);
};

function keyIdIn(input: Input): KeyId {
  const id = input.value(0, "the key's id");
  if (!isId("key", id)) throw usage(`${visible(id)} is not the id of a key`, "See tyr key list.");
  return id;
}

export const rotate: Run = async (context, input) => {
  const id = keyIdIn(input);
  const overlapSeconds = input.seconds("overlap", { min: 0, max: KEY_OVERLAP_SECONDS_MAX }) ?? OVERLAP_SECONDS;
  const lifeDays = input.whole("days", { min: 1, max: KEY_LIFE_DAYS_MAX }) ?? DAYS;
  const made = await (await context.api()).call("key.rotate", { params: { id }, body: { overlapSeconds, lifeDays } });
  const until = made.key.overlapEndsAt;
  const old = until === null ? "The old secret is dead." : `The old secret counts until ${showInstant(until)}.`;
  return printKey(context, { ...made, key: made.secret, made: made.key }, old);
};

export const revoke: Run = async (context, input) => {
  const id = keyIdIn(input);
  if (!input.flag("yes")) await context.ask.confirm(`End ${id} for good?`, "--yes");
  const ended = await (await context.api()).call("key.revoke", { params: { id } });
  context.print.many([ended], COLUMNS, "");
  return EXIT.ok;
};
