import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import { isId } from "@tyr/contract";
import {
  addressesOfLevel,
  checkDisclosure,
  decodeBundle,
  entriesPath,
  fieldOf,
  readEntry,
  type Disclosure,
} from "@tyr/ledger";
import { checkExport, printReport } from "../audit/check-export.ts";
import type { Context, Run } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { CliFailure, systemCode, usage } from "../failure.ts";
import type { Column } from "../output/table.ts";
import { visible } from "../output/visible-text.ts";

const COLUMNS: readonly Column<Disclosure>[] = [
  { name: "entry", value: (row) => row.entry },
  { name: "field", value: (row) => row.field },
  { name: "value", value: (row) => JSON.stringify(row.value), cuttable: true },
];

export const disclose: Run = async ({ api, print }, input) => {
  const reason = input.required("reason");
  const entries = input.values.map((id) => {
    if (isId("auditEntry", id)) return id;
    throw usage(`${visible(id)} is not the id of an audit entry`);
  });
  const { items } = await (await api()).call("privacy.disclose", { body: { entries, reason } });
  print.many(items, COLUMNS, "Nothing to open: these entries hold nothing personal, or it was erased.");
  print.say("Whoever has the salts can show what the log says; with -o json they go into a file.");
  return EXIT.ok;
};

/** Entries that can be asked about at once; a file of more is not one of disclosures. */
const DISCLOSURES_MAX = 100_000;

function isDisclosure(value: unknown): value is Disclosure {
  if (typeof value !== "object" || value === null) return false;
  const { entry, field, salt } = value as Record<string, unknown>;
  return [entry, field, salt].every((part) => typeof part === "string") && "value" in value;
}

async function readDisclosures(file: string): Promise<readonly Disclosure[]> {
  let read: unknown;
  try {
    read = JSON.parse(await readFile(file, "utf8"));
  } catch (error) {
    if (error instanceof SyntaxError) throw usage(`${visible(file)} is not JSON: ${visible(error.message)}`);
    throw error;
  }
  if (Array.isArray(read) && read.length <= DISCLOSURES_MAX && read.every(isDisclosure)) return read;
  throw usage(`${visible(file)} is not a list of disclosures`, "Make it with tyr privacy disclose … -o json.");
}

/** Nothing where the bundle is pruned: that it may be missing, the export's verification has shown. */
async function readBundle(directory: string, name: string): Promise<Uint8Array> {
  try {
    return await readFile(path.join(directory, ...name.split("/")));
  } catch (error) {
    if (systemCode(error) === "ENOENT") return new Uint8Array();
    throw error;
  }
}

/** The bytes of these entries in an export that was just verified. */
async function findEntries(
  directory: string,
  size: number,
  wanted: ReadonlySet<string>,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const found = new Map<string, Uint8Array>();
  for (const { index, width } of addressesOfLevel(size, 0)) {
    const bundle = decodeBundle(await readBundle(directory, entriesPath({ index, width })), width);
    for (const entry of bundle.ok ? bundle.value : []) {
      const id = fieldOf(readEntry(entry), "id");
      if (typeof id === "string" && wanted.has(id)) found.set(id, entry);
    }
  }
  return found;
}

async function trustedKeys(
  directory: string,
  { print }: Context,
  given: string | undefined,
): Promise<readonly string[]> {
  if (given !== undefined && given.includes("+")) return [given];
  if (given === undefined)
    print.warn("the key comes from the export itself: this does not show whose it is; give --vkey");
  const text = await readFile(given ?? path.join(directory, "vkey"), "utf8");
  return text.split("\n").filter((line) => line !== "");
}

function judge(disclosed: Disclosure, entries: ReadonlyMap<string, Uint8Array>): string | undefined {
  const entry = entries.get(disclosed.entry);
  if (entry === undefined) return `${disclosed.entry} is not in the export, or its body is pruned there`;
  const checked = checkDisclosure(entry, disclosed);
  return checked.ok ? undefined : checked.refusal.message;
}

export const check: Run = async (context, input) => {
  const [file, directory] = [input.value(0, "the file"), input.value(1, "the export's directory")];
  if (!(await stat(directory)).isDirectory()) throw usage(`${visible(directory)} is not a directory`);
  const disclosed = await readDisclosures(file);
  const keys = await trustedKeys(directory, context, input.text("vkey"));
  const report = await checkExport(context, { directory, trustedKeys: keys, earlier: [] });
  if (!report.ok) return printReport(context, report);
  const entries = await findEntries(directory, report.size ?? 0, new Set(disclosed.map((one) => one.entry)));
  const problems = disclosed.flatMap((one) => judge(one, entries) ?? []);
  if (problems.length > 0)
    throw new CliFailure(
      `${problems.length} of ${disclosed.length} disclosures do not hold: ${visible(problems[0] ?? "")}`,
      {
        exit: EXIT.checkFailed,
        fix: "Treat these values as made up; ask for the disclosure again.",
      },
    );
  context.print.many(disclosed, COLUMNS, "No disclosures.");
  context.print.say(`Every value is the one its entry committed to, in a log of ${report.size} entries.`);
  return EXIT.ok;
};
