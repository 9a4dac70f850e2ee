import { isId, type AllowEntry } from "@tyr/contract";
import type { Api } from "../api.ts";
import type { Run } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { CliFailure } from "../failure.ts";
import { showInstant } from "../output/instants.ts";
import type { Column } from "../output/table.ts";
import { visible } from "../output/visible-text.ts";

const COLUMNS: readonly Column<AllowEntry>[] = [
  { name: "id", value: (row) => row.id },
  { name: "value", value: (row) => row.value },
  { name: "expires", value: (row) => showInstant(row.expiresAt) ?? "never" },
  { name: "by", value: (row) => row.by.name },
  { name: "since", value: (row) => showInstant(row.createdAt) },
  { name: "reason", value: (row) => row.reason, cuttable: true },
];
/** Ten years: longer is for ever, which is said by leaving --for out. */
const ENTRY_SECONDS = { min: 60, max: 315_360_000 };

export const list: Run = async ({ api, print }) => {
  const { items } = await (await api()).call("allow.list", {});
  print.many(items, COLUMNS, "The allow-list is empty.");
  return EXIT.ok;
};

export const add: Run = async ({ api: open, print, world }, input) => {
  const value = input.value(0, "the address or prefix");
  const reason = input.required("reason");
  const seconds = input.seconds("for", ENTRY_SECONDS);
  const expiresAt = seconds === undefined ? undefined : new Date(world.now() + seconds * 1000).toISOString();
  const body = { value, reason, ...(expiresAt === undefined ? {} : { expiresAt }) };
  print.many([await (await open()).call("allow.add", { body })], COLUMNS, "");
  print.say("Blocks that overlap it are lifted, and no new one will be made.");
  return EXIT.ok;
};

/** By id, or by the value as it is listed; several entries of one value are told apart by id alone. */
async function needEntry(api: Api, wanted: string): Promise<AllowEntry> {
  const { items } = await api.call("allow.list", {});
  const found = items.filter((one) => (isId("allow", wanted) ? one.id === wanted : one.value === wanted));
  const [entry] = found;
  if (entry === undefined)
    throw new CliFailure(`nothing on the allow-list is ${visible(wanted)}`, {
      exit: EXIT.failed,
      fix: "See tyr allow list.",
    });
  if (found.length > 1)
    throw new CliFailure(`${found.length} entries are ${visible(wanted)}`, {
      exit: EXIT.failed,
      fix: `Name one by its id: ${found.map(({ id }) => id).join(", ")}`,
    });
  return entry;
}

export const remove: Run = async ({ api: open, ask, print }, input) => {
  const api = await open();
  const entry = await needEntry(api, input.value(0, "the entry"));
  if (!input.flag("yes")) await ask.confirm(`Let ${visible(entry.value)} be blocked again?`, "--yes");
  await api.call("allow.remove", { params: { id: entry.id } });
  print.many([entry], COLUMNS, "");
  print.say(`${visible(entry.value)} is no longer on the allow-list. Nothing is blocked by that alone.`);
  return EXIT.ok;
};
