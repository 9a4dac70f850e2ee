#!/usr/bin/env node
// Checks every signed decision of an exported audit log, and each action that ran, with Node's crypto and nothing else:
//   node scripts/verify-approvals.mjs EXPORT [ARCHIVE…]
// Copy it with packages/cli/src/audit/approvals/*.ts, which it reads, to a machine of your own; they import nothing but Node. That the log itself is whole and whose it is, is shown by
// packages/ledger/verify-independent/verify.ts or `tyr audit verify`; here only its root is computed again.
// Exit code: 0 all holds, 6 a problem was found, 2 it was called wrongly.
import { readFile } from "node:fs/promises";
import path from "node:path";
import { checkApprovals } from "../packages/cli/src/audit/approvals/check-approvals.ts";
import { readExportEntries } from "../packages/cli/src/audit/approvals/export-entries.ts";

const PROBLEM = 6;
const USAGE = 2;
const HOW = {
  approvals: "signed by",
  own: "single-person mode, signed by its requester",
  break_glass: "break-glass by",
};

/** What came from somebody else must not steer the terminal it is read on. */
const plain = (text) => String(text).replaceAll(/[^ -~]/g, "?");
const say = (text) => process.stdout.write(`${plain(text)}\n`);

async function readFrom(places, name) {
  for (const place of places) {
    try {
      return await readFile(path.join(place, ...name.split("/")));
    } catch (error) {
      if (error.code !== "ENOENT" && error.code !== "ENOTDIR") throw error;
    }
  }
  return undefined;
}

async function check(places) {
  const { origin, size, entries, missing, rootFits } = await readExportEntries(
    async (name) => await readFrom(places, name),
  );
  const { ok, executed, findings, signatures } = checkApprovals(entries, origin);
  for (const { action, index, target, signers, by, reviewed } of executed) {
    const how = by === "nobody" ? "policy asked for nobody" : `${HOW[by]} ${signers.join(", ")}`;
    say(`entry ${index}: ${action} ${target} ran: ${how}${reviewed === false ? "; its review is owed" : ""}`);
  }
  for (const { code, index, action, message } of findings)
    say(`PROBLEM ${code} in entry ${index}, ${action}: ${message}`);
  if (missing > 0) say(`${missing} of ${size} entries are not there (pruned): keys and approvals in them are unknown`);
  if (rootFits === false) say("PROBLEM: the entries do not make the root of the checkpoint");
  const holds = ok && rootFits !== false;
  say(
    `${origin}: ${size} entries, ${signatures} signed decisions, ${executed.length} actions ran: ${holds ? "all holds" : "NOT verified"}`,
  );
  return holds ? 0 : PROBLEM;
}

const places = process.argv.slice(2);
if (places.length === 0) {
  process.stderr.write("usage: node scripts/verify-approvals.mjs EXPORT [ARCHIVE...]\n");
  process.exitCode = USAGE;
} else {
  try {
    process.exitCode = await check(places);
  } catch (error) {
    process.stderr.write(`${plain(error.message)}\n`);
    process.exitCode = PROBLEM;
  }
}
