import { readFileSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import {
  applicability,
  applyToEvent,
  createCorrelator,
  createEngine,
  createGroupTable,
  createMatchPool,
  createRouter,
  explain,
  feedMatched,
  type GroupStore,
  loadRules,
  loadRuleTexts,
  type MatchedLine,
  matchedLines,
  nodePort,
  parsePipeline,
  reversePipeline,
  routeEvent,
  runRuleTests,
} from "./index.ts";

const self = readFileSync(new URL(import.meta.url), "utf8");
const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");

/** The lines between the marks of an example, as they must stand in the README. */
function example(name: string): string {
  const [, body = ""] = self.split(`  // example: ${name}\n`);
  const [lines = ""] = body.split("  // end\n");
  return squeezed(lines);
}

/** Formatters may break lines differently in the two places. */
function squeezed(text: string): string {
  return text.replaceAll(/\s+/g, " ");
}

test("the first example of the README finds a command and explains it", () => {
  // example: match
  const text = `
  title: Download with wget
  level: medium
  tags: [attack.command-and-control, attack.t1105]
  logsource: { product: linux, category: process_creation }
  detection:
    selection:
      CommandLine|contains|all: ["wget ", "http"]
    condition: selection
  `;
  const ruleSet = loadRules([{ path: "wget.yml", text }]);
  for (const entry of ruleSet.report)
    if (entry.status === "rejected") console.error(entry.path, entry.line, entry.message);

  const engine = createEngine(ruleSet);
  const event = {
    id: "evt_1",
    timeMs: Date.UTC(2026, 0, 2),
    logsource: { product: "linux", category: "process_creation" },
    fields: { CommandLine: "wget http://203.0.113.7/x.sh" },
  };
  const [match] = engine.match(event);
  const techniques = match?.rule.attack.techniques; // ["T1105"]
  const why = match && explain(match.rule, event).tree.children[0]?.why;
  // end
  expect(techniques).toEqual(["T1105"]);
  expect(why).toContain('it does match "*wget *" and 1 more');
  expect(squeezed(readme)).toContain(example("match"));
});

test("the second example of the README finds guessing, also across a restart", () => {
  // example: correlate
  const files = [
    {
      path: "failed.yml",
      text: `
  title: Failed login
  name: failed_login
  logsource: { category: authentication }
  detection: { selection: { outcome: failure }, condition: selection }
  `,
    },
    {
      path: "guessing.yml",
      text: `
  title: Password guessing
  name: guessing
  correlation: { type: event_count, rules: [failed_login], group-by: [source], timespan: 5m, condition: { gte: 3 } }
  `,
    },
  ];
  const ruleSet = loadRules(files);
  const engine = createEngine(ruleSet);
  let correlator = createCorrelator(ruleSet, {
    onLoss: (loss) => console.warn(loss.reason, loss.rule.title, loss.count),
  });

  const found = [];
  for (const second of [0, 10, 20, 30]) {
    const fields = { outcome: "failure", source: "203.0.113.7" };
    const event = { id: `evt_${second}`, timeMs: second * 1000, logsource: { category: "authentication" }, fields };
    found.push(...correlator.feed(event, engine.match(event)));

    const { upserts, checkpoint } = correlator.takeDirtyGroups(); // store these with the batch …
    correlator = createCorrelator(ruleSet);
    correlator.restore({ groups: upserts, checkpoint }); // … and go on from them after a restart
  }
  // found: one hit, completed by evt_20, for the group { source: "203.0.113.7" }
  // end
  expect(found.map(({ eventId, group }) => [eventId, group])).toEqual([["evt_20", { source: "203.0.113.7" }]]);
  expect(squeezed(readme)).toContain(example("correlate"));
});

test("the third example of the README routes an event and finds the rule nothing can reach", () => {
  // example: route
  const shell = `
  title: Command shell
  logsource: { product: windows, category: process_creation }
  detection: { selection: { NewProcessName|endswith: cmd.exe }, condition: selection }
  `;
  const frontend = `
  title: Frontend error
  logsource: { product: our-frontend, category: application }
  detection: { keywords: [SuspiciousOperation], condition: keywords }
  `;
  const ruleSet = loadRules([
    { path: "shell.yml", text: shell },
    { path: "frontend.yml", text: frontend },
  ]);
  const fields = { Channel: "Security", EventID: 4688, NewProcessName: "C:\\Windows\\System32\\cmd.exe" };
  const logsource = routeEvent(fields); // { product: "windows", category: "process_creation", service: "security" }
  const found = createEngine(ruleSet).match({ id: "evt_1", timeMs: 0, logsource, fields });
  const { never } = applicability(ruleSet); // [{ path: "frontend.yml", …, reason: "no log source has product our-frontend" }]
  // end
  expect(logsource).toEqual({ product: "windows", category: "process_creation", service: "security" });
  expect(found).toHaveLength(1);
  expect(never).toMatchObject([{ path: "frontend.yml", reason: "no log source has product our-frontend" }]);
  expect(squeezed(readme)).toContain(example("route"));
});

test("the fourth example of the README maps rules, or events, with the same answer", () => {
  // example: process
  const result = parsePipeline({
    path: "ecs.yml",
    text: `
  name: ECS
  transformations:
    - id: names
      type: field_name_mapping
      mapping: { Image: process.executable, CommandLine: [process.command_line, process.args] }
      rule_conditions: [{ type: logsource, category: process_creation }]
  `,
  });
  if (!result.ok) throw new Error(result.problems.map(({ line, message }) => `${line}: ${message}`).join("\n"));
  const text = `
  title: Shell
  logsource: { category: process_creation }
  detection: { selection: { Image|endswith: /sh }, condition: selection }
  `;
  const logsource = { category: "process_creation" };
  const event = { id: "evt_1", timeMs: 0, logsource, fields: { process: { executable: "/bin/sh" } } };

  // Either the rules are changed, once …
  const changed = loadRules([{ path: "shell.yml", text }], { pipelines: [result.pipeline] });
  const byRule = createEngine(changed).match(event);

  // … or the events, each: the same pipeline the other way round.
  const back = reversePipeline(result.pipeline);
  const mapped = back.ok ? applyToEvent(back.pipeline, event.fields, logsource) : event;
  const byEvent = createEngine(loadRules([{ path: "shell.yml", text }])).match({ ...event, ...mapped });
  // end
  expect([byRule, byEvent].map((found) => found.length)).toEqual([1, 1]);
  expect(squeezed(readme)).toContain(example("process"));
});

test("the NDJSON example of the README finds a command in bytes, and its rule passes its tests", () => {
  // example: line
  const text = `
  title: Encoded command
  logsource: { product: windows, category: process_creation }
  detection:
    selection: { CommandLine|windash|contains: " -enc " }
    condition: selection
  `;
  const ruleSet = loadRules([{ path: "encoded.yml", text }]);
  const engine = createEngine(ruleSet);
  const line = new TextEncoder().encode('{"CommandLine":"powershell /enc SQBFAFgA"}');
  const matches = engine.matchLine(line, {
    id: "evt_1",
    logsource: { product: "windows", category: "process_creation" },
  });

  // The same as a test beside the rule.
  const results = runRuleTests(ruleSet, "encoded.yml#0", [
    { name: "encoded", events: [{ fields: { CommandLine: "powershell -enc SQBFAFgA" } }], expected: true },
    { name: "plain", events: [{ fields: { CommandLine: "powershell -file a.ps1" } }], expected: false },
  ]);
  const failed = results.filter(({ passed }) => !passed); // none; a failed one says why in its explanations
  // end
  expect(matches.map(({ eventId }) => eventId)).toEqual(["evt_1"]);
  expect(results.map(({ passed }) => passed)).toEqual([true, true]);
  expect(failed).toEqual([]);
  expect(squeezed(readme)).toContain(example("line"));
});

test("the store example of the README finds spraying and counts its groups", () => {
  // example: store
  const failed = `
  title: Failed login
  name: failed_login
  logsource: { category: authentication }
  detection: { selection: { outcome: failure }, condition: selection }
  `;
  const spraying = `
  title: One source, many accounts
  name: spraying
  correlation:
    type: value_count
    rules: [failed_login]
    group-by: [source]
    timespan: 10m
    condition: { field: user, gte: 3 }
  `;
  const ruleSet = loadRules([
    { path: "failed.yml", text: failed },
    { path: "spraying.yml", text: spraying },
  ]);
  const engine = createEngine(ruleSet);
  const stores = new Map<string, GroupStore>();
  const correlator = createCorrelator(ruleSet, {
    groupsMax: 50_000,
    openStore: (rule, limits) => {
      const store = createGroupTable(rule, limits);
      stores.set(rule.key, store);
      return store;
    },
  });
  const hits = ["root", "admin", "backup"].flatMap((user, index) => {
    const fields = { outcome: "failure", source: "203.0.113.7", user };
    const event = { id: `evt_${index}`, timeMs: index * 1000, logsource: { category: "authentication" }, fields };
    return correlator.feed(event, engine.match(event));
  });
  const liveGroups = stores.get("spraying")?.groups; // 1
  // end
  expect(hits.map(({ eventId }) => eventId)).toEqual(["evt_2"]);
  expect(liveGroups).toBe(1);
  expect(squeezed(readme)).toContain(example("store"));
});

test("the router example of the README knows a log source of its own", () => {
  // example: router
  const router = createRouter([{ where: { appliance: "badge-reader" }, is: { product: "doors", category: "access" } }]);
  const ours = router.route({ appliance: "badge-reader", door: 7 }); // { product: "doors", category: "access" }
  // end
  expect(ours).toEqual({ product: "doors", category: "access" });
  expect(squeezed(readme)).toContain(example("router"));
});

test("the threads example of the README finds guessing with two workers", async () => {
  const matchWorker = new URL("parallel/testing/match-thread-entry.ts", import.meta.url);
  // example: threads
  const rules = {
    files: [
      {
        path: "failed.yml",
        text: `
  title: Failed login
  name: failed_login
  logsource: { category: authentication }
  detection: { selection: { outcome: failure }, condition: selection }
  `,
      },
      {
        path: "guessing.yml",
        text: `
  title: Password guessing
  correlation: { type: event_count, rules: [failed_login], group-by: [source], timespan: 5m, condition: { gte: 3 } }
  `,
      },
    ],
  };
  const ruleSet = loadRuleTexts(rules);
  const correlator = createCorrelator(ruleSet);
  await using pool = createMatchPool({
    spawn: () => nodePort(new Worker(matchWorker)),
    workers: 2,
    rules,
    ruleSet,
    routing: { by: "index", logsources: [{ category: "authentication" }] },
    onLoss: ({ reason, range, isRetried }) => console.warn("a worker was lost", reason, range, isRetried),
  });

  const eventOf = ({ number, bytes }: MatchedLine) => {
    const fields = JSON.parse(new TextDecoder().decode(bytes)) as { second: number };
    return { id: `line ${number}`, timeMs: fields.second * 1000, logsource: {}, fields };
  };
  const lines = [0, 10, 20, 30].map((second) =>
    new TextEncoder().encode(JSON.stringify({ second, outcome: "failure", source: "203.0.113.7" })),
  );
  const batches = [lines.slice(0, 2), lines.slice(2)].map((some) => ({ lines: some, logsources: some.map(() => 0) }));
  const guessed = [];
  for await (const outcome of pool.run(batches)) {
    if (!outcome.ok) throw outcome.error; // or set its lines aside and go on
    guessed.push(...feedMatched(correlator, matchedLines(outcome, ruleSet), eventOf));
  }
  // guessed: one hit, completed by "line 2"
  // end
  expect(guessed.map(({ eventId }) => eventId)).toEqual(["line 2"]);
  expect(squeezed(readme)).toContain(example("threads"));
});

test("the API part of the README names every export, and nothing that is none", () => {
  const index = readFileSync(new URL("index.ts", import.meta.url), "utf8");
  const exported = [...index.matchAll(/export (?:type )?\{([^}]*)\}/g)].flatMap(([, names = ""]) =>
    names.split(",").map((name) => name.replace("type ", "").trim()),
  );
  const [, part = ""] = /\n## API\n([\s\S]*?)\n## /.exec(readme) ?? [];
  const named = new Set([...part.matchAll(/`([A-Za-z]+)[`(]/g)].map(([, name = ""]) => name));
  expect(exported.filter((name) => name !== "" && !named.has(name))).toEqual([]);
  const functions = [...part.matchAll(/^\| `([a-zA-Z]+)(?:\(.*)?` \|/gm)].map(([, name = ""]) => name);
  expect(functions.length).toBeGreaterThan(15);
  expect(functions.filter((name) => !exported.includes(name))).toEqual([]);
});
