import { EVENT_KINDS } from "@tyr/contract";
import { applicability, type EventLogsource, loadRules, type Logsource, ruleApplies } from "@tyr/sigma";
import { expect, test } from "vitest";
import { readRuleLine } from "./rule-line.ts";
import { intakeLogsources } from "./rule-sources.ts";

const LINES = [
  "Feb  1 10:00:00 gate sshd[9]: Failed password for root from 203.0.113.7 port 4000 ssh2",
  "Feb  1 10:00:00 gate sudo:  eve : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/sh",
  "Feb  1 10:00:00 gate useradd[9]: new user: name=eve, UID=1001, GID=1001, home=/home/eve, shell=/bin/sh",
  "Feb  1 10:00:00 gate cron[9]: something",
  '203.0.113.7 - - [01/Feb/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 1 "-" "-"',
  ...["login.failed", "command.input", "session.connect", "unheard.of"].map((name) =>
    JSON.stringify({ eventid: `cowrie.${name}`, timestamp: "2026-02-01T10:00:00Z", session: "a1", input: "x" }),
  ),
  ...EVENT_KINDS.map((kind) => JSON.stringify({ kind, product: "acme", service: "gate", message: "x" })),
];

/** A rule may name any one of an event's products and services, and any of its categories. */
const asks = (of: EventLogsource): readonly Logsource[] =>
  listOf(of.product).flatMap((product) =>
    listOf(of.category).flatMap((category) =>
      listOf(of.service).map((service) => ({
        custom: {},
        ...(product === undefined ? {} : { product }),
        ...(category === undefined ? {} : { category }),
        ...(service === undefined ? {} : { service }),
      })),
    ),
  );
const listOf = (part: string | readonly string[] | undefined): readonly (string | undefined)[] => [part].flat();

test("every log source that reading a line gives is one rules can be written for", () => {
  for (const line of LINES) {
    const read = readRuleLine(line);
    if (!read.ok) throw new Error(`${line}: ${read.reason}`);
    const asked = asks(read.event.logsource);
    expect(asked.length).toBeGreaterThan(0);
    for (const one of asked) expect(intakeLogsources([one]).some((source) => ruleApplies(one, source))).toBe(true);
  }
});

test("a rule for data the server does not read is known never to match there", () => {
  const rule = (logsource: string) =>
    `title: A rule\nlogsource: { ${logsource} }\ndetection: { s: { a: b }, condition: s }\n`;
  const asked = [
    "product: acme, category: front_door",
    "product: windows, category: process_creation",
    "product: windows, service: security",
    "product: acme",
  ];
  const set = loadRules(asked.map((one, at) => ({ path: `${at}.yml`, text: rule(one) })));
  const { never } = applicability(set, intakeLogsources(set.rules.map(({ logsource }) => logsource)));
  expect(never.map(({ path, reason }) => [path, reason])).toEqual([["0.yml", "no log source has category front_door"]]);
});
