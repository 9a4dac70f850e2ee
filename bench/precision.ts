/**
 * How often each rule of our pack finds something in corpora that are too large to ship, for docs/reference/rule-precision.md.
 *
 *     node_modules/.bin/node --conditions=@tyr/source bench/precision.ts FOLDER && npm run docs
 *
 * FOLDER holds `elastic-auth-and-web`, `cowrie-otori`, `uqo-honeypot` and `suricata-eve-alerts` as their sources publish them
 * (names, licences and commits: the page, and packages/server/src/pipeline/detect/testing/crowdsec-hub/SOURCE.txt for the
 * corpus that is shipped). Each file is one log, played in its order through one evaluator, as a server fed by one sensor.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { playLog } from "../packages/server/src/pipeline/detect/testing/play-log.ts";
import { shippedPack } from "../packages/server/src/pipeline/detect/testing/precision-page.ts";

const CORPORA: Readonly<Record<string, readonly string[]>> = {
  web: ["elastic-auth-and-web/apache_access.log.gz"],
  auth: ["elastic-auth-and-web/auth.log.gz"],
  otori: ["cowrie-otori/cowrie.json"],
  heralding: ["uqo-honeypot/heralding.ndjson.gz"],
  dionaea: ["uqo-honeypot/dionaea.ndjson.gz"],
  suricata: ["first-org-conf-2015", "honeypot-2018", "wrccdc-2017", "wrccdc-2018"].map(
    (name) => `suricata-eve-alerts/${name}.eve.json`,
  ),
};

/**
 * What was found by reading, line by line, what a rule found in a log whose truth can be told, by rule name: every hit of it
 * there is right (an attack or its preparation) or wrong. Rules that are not here are not judged.
 */
const READ_BY_HAND: Readonly<Record<string, Readonly<Record<string, "right" | "wrong">>>> = {
  web: {
    // 41 requests for pages of WordPress and Joomla, all answered 404 by a site that runs neither.
    admin_pages: "right",
  },
  auth: {
    brute_force: "right",
    brute_force_sustained: "right",
    too_many_attempts: "right",
    no_identification: "right",
    unknown_accounts: "right",
    unknown_accounts_slowly: "right",
    unknown_account_again: "right",
    // Hundreds of refusals from the address, then the account it tried was let in.
    success_after_brute_force: "right",
    // Ten accounts the operator made at once.
    account_added: "wrong",
  },
};

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error("which folder are the corpora in?");
const pack = shippedPack();
const corpora: Record<string, { lines: number; unread: number }> = {};
const hits: Record<string, Record<string, number>> = {};
const judged: Record<string, { right: number; wrong: number }> = {};

for (const [corpus, files] of Object.entries(CORPORA)) {
  const seen = { lines: 0, unread: 0 };
  corpora[corpus] = seen;
  for (const file of files) {
    const lines = linesOf(join(folder, file));
    const { found, unread } = playLog(pack, lines);
    seen.lines += lines.length;
    seen.unread += unread;
    for (const { ruleId } of found) count(corpus, ruleId);
  }
}

function linesOf(path: string): readonly string[] {
  const bytes = readFileSync(path);
  const text = (path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
  if (text.startsWith("[")) return (JSON.parse(text) as readonly unknown[]).map((one) => JSON.stringify(one));
  return text.split("\n").filter((line) => line.trim() !== "");
}

function count(corpus: string, ruleId: string): void {
  const ofRule = (hits[ruleId] ??= {});
  ofRule[corpus] = (ofRule[corpus] ?? 0) + 1;
  const verdict = READ_BY_HAND[corpus]?.[pack.rules.get(ruleId)?.sigma.name ?? ""];
  if (verdict === undefined) return;
  const ofJudge = (judged[ruleId] ??= { right: 0, wrong: 0 });
  ofJudge[verdict] += 1;
}

const measuredAt = new Date().toISOString().slice(0, 10);
const target = new URL("../packages/server/src/pipeline/detect/testing/measured.json", import.meta.url);
writeFileSync(target, `${JSON.stringify({ measuredAt, corpora, hits, judged }, undefined, 2)}\n`);
for (const [name, { lines, unread }] of Object.entries(corpora))
  process.stdout.write(`${name}: ${lines} lines, ${unread} unread\n`);
