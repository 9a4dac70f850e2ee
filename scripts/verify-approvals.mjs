#!/usr/bin/env node
// Checks every signed decision of an exported audit log, and each action that ran, with Node's crypto and nothing else:
//   node scripts/verify-approvals.mjs EXPORT [ARCHIVE…]
// Copy it with packages/cli/src/audit/approvals/*.ts, which it reads, to a machine of your own; they import nothing but Node. That the log itself is whole and whose it is, is shown by
// packages/ledger/verify-independent/verify.ts or `tyr audit verify`; here only its root is computed again.
// Exit code: 0 all holds, 6 a problem was found, 2 it was called wrongly.
import { readFile } from "node:fs/promises";
import path from "node:path";
import { checkExported } from "../packages/cli/src/audit/approvals/check-exported.ts";

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

/** An archive gives entries and nothing else: what they are measured by comes from the export. */
async function readFrom([exported, ...archives], name) {
  for (const place of name.startsWith("tile/entries/") ? [exported, ...archives] : [exported]) {
    try {
      return await readFile(path.join(place, ...name.split("/")));
    } catch (error) {
      if (error.code !== "ENOENT" && error.code !== "ENOTDIR") throw error;
    }
  }
  return undefined;
}

async function check(places) {
  const report = await checkExported(async (name) => await readFrom(places, name));
  const { ok, origin, size, executed, keys, findings, signatures } = report;
  for (const { action, index, target, signers, by, reviewed } of executed) {
    const how = by === "nobody" ? "signed by nobody" : `${HOW[by]} ${signers.join(", ")}`;
    say(`entry ${index}: ${action} ${target} ran: ${how}${reviewed === false ? "; its review is owed" : ""}`);
  }
  for (const { key, owner, index, fingerprint } of keys)
    say(`entry ${index}: ${key}, SHA-256 ${fingerprint}, is ${owner}'s by this log: ask them`);
  for (const { code, index, action, message } of findings)
    say(`PROBLEM ${code} in entry ${index}${action === "" ? "" : `, ${action}`}: ${message}`);
  const unsigned = executed.filter(({ by }) => by === "nobody").length;
  say(
    `${origin}: ${size} entries, ${signatures} signed decisions, ${executed.length} actions ran${unsigned === 0 ? "" : ` (${unsigned} without people, by the server's word that policy asked for none)`}: ${ok ? "all holds" : "NOT verified"}`,
  );
  return ok ? 0 : PROBLEM;
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
