import { randomUUID } from "node:crypto";
import { INTEL_LISTS, type AddressIntel, type IntelListName, type IntelLoaded, type IntelStatus } from "@tyr/contract";
import type { Api } from "../api.ts";
import type { Run } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { usage } from "../failure.ts";
import { type ListPart, readParts } from "../import/list-parts.ts";
import { showInstant } from "../output/instants.ts";
import type { Column } from "../output/table.ts";
import { visible } from "../output/visible-text.ts";

type Answer = AddressIntel["answers"][number];

const ANSWERS: readonly Column<Answer>[] = [
  { name: "provider", value: (row) => row.provider },
  { name: "verdict", value: (row) => row.verdict, color: (row) => (row.verdict === "malicious" ? "red" : "dim") },
  { name: "sure", value: (row) => `${Math.round(row.score * 100)}%`, right: true },
  {
    name: "says",
    value: (row) => [...row.categories, ...row.threatTypes, ...row.malwareFamilies].join(", "),
    cuttable: true,
  },
  { name: "asked", value: (row) => showInstant(row.answeredAt) },
];

export const show: Run = async ({ api, print }, input) => {
  const address = input.value(0, "the address");
  const known = await (await api()).call("intel.address", { params: { address } });
  print.many(known.answers, ANSWERS, `Nobody has said anything of ${visible(known.address)}.`);
  return EXIT.ok;
};

const LISTS: readonly Column<IntelStatus["lists"][number]>[] = [
  { name: "list", value: (row) => row.list },
  { name: "entries", value: (row) => row.entries, right: true },
  { name: "loaded", value: (row) => showInstant(row.loadedAt) },
];

function providerLine(one: IntelStatus["providers"][number]): string {
  const paused = one.pausedUntil === null ? "" : `, left alone until ${showInstant(one.pausedUntil)}`;
  return `${one.name}: asked ${one.asked}, answered ${one.answered}, failed ${one.failed}, given up ${one.givenUp}${paused}`;
}

export const status: Run = async ({ api, print }) => {
  const now = await (await api()).call("intel.status", {});
  print.many(now.lists, LISTS, "No list is loaded.");
  const asked =
    now.providers.length === 0 ? ["Nobody is asked about attackers (TYR_INTEL)."] : now.providers.map(providerLine);
  for (const line of asked) print.say(line);
  if (now.waiting > 0) print.say(`${now.waiting} questions wait.`);
  if (now.unasked > 0) print.warn(`${now.unasked} questions were not asked: too many waited.`);
  return EXIT.ok;
};

function listOf(name: string): IntelListName {
  const found = INTEL_LISTS.find((list) => list === name);
  if (found === undefined) throw usage(`${visible(name)} is no list`, `Use one of: ${INTEL_LISTS.join(", ")}.`);
  return found;
}

/** Part by part; the list before counts until the last one is there. */
async function sendParts(api: Api, list: IntelListName, parts: AsyncIterable<ListPart>): Promise<IntelLoaded> {
  const load = randomUUID();
  let rejected = 0;
  let loaded: IntelLoaded = { list, entries: 0, rejected, inForce: false };
  for await (const { body, last } of parts) {
    loaded = await api.call("intel.load", { params: { list }, query: { load, last }, body });
    rejected += loaded.rejected;
  }
  return { ...loaded, rejected };
}

export const load: Run = async ({ api, print, world }, input) => {
  const list = listOf(input.value(0, "the list"));
  const file = input.value(1, "the file");
  const loaded = await sendParts(await api(), list, readParts(file, world));
  print.one(loaded, () => [`${loaded.list}: ${loaded.entries} entries in force`]);
  if (loaded.rejected > 0) print.warn(`${loaded.rejected} entries are of no use here and were left out`);
  return EXIT.ok;
};
