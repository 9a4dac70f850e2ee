import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { applicability, createEngine, evaluate, loadRules, routeEvent, ruleApplies, type RuleFile } from "./index.ts";
import { readPlainYaml } from "./parse/plain-yaml.ts";
import { defaultYamlLimits, readFullYaml } from "./parse/yaml.ts";

/**
 * Against the published SigmaHQ rules, which are under the Detection Rule License and therefore not part of this
 * repository. Point SIGMAHQ_DATA at a folder with `rules/` (unpacked) and `tests.ndjson.gz`; left out of the run without it.
 * Recorded events in `events/*.ndjson.gz`, if they are there, are put to every rule, of the engine and of the oracle.
 */
const folder = process.env["SIGMAHQ_DATA"] ?? "";
const rulesFolder = join(folder, "rules");
const regression = join(folder, "tests.ndjson.gz");

const recorded = join(folder, "events");
/** Of each recording and of the regression tests: the oracle takes half a second to put one event to all rules. */
const SAMPLED = 20;

type RegressionTest = Readonly<{ test: string; rule: string; events: readonly Readonly<Record<string, unknown>>[] }>;

function ruleFiles(): readonly RuleFile[] {
  return readdirSync(rulesFolder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".yml"))
    .map((path) => ({ path, text: readFileSync(join(rulesFolder, path), "utf8") }));
}

describe("the published rules", () => {
  test("load, or say why not", () => {
    const files = ruleFiles();
    const { rules, report } = loadRules(files);
    const rejected = report.filter(({ status }) => status === "rejected");
    expect(rules.length + rejected.length).toBe(files.length);
    expect(rejected.filter((entry) => "code" in entry && entry.code !== "placeholder-unresolved")).toEqual([]);
  }, 60_000);

  test("are nearly all read the fast way, and as the full reader reads them", () => {
    const files = ruleFiles();
    const read = files.flatMap(({ path, text }) => {
      const document = readPlainYaml(text, defaultYamlLimits.depthMax);
      return document === undefined ? [] : [{ path, text, document }];
    });
    const different = read.filter(({ text, document }) => {
      const [full] = readFullYaml(text, defaultYamlLimits);
      return full?.ok !== true || JSON.stringify(full.value) !== JSON.stringify(document.value);
    });
    expect(different.map(({ path }) => path)).toEqual([]);
    expect(read.length / files.length).toBeGreaterThan(0.99);
  }, 60_000);

  test("are about log sources the routing table knows, but for those of application frameworks and three routers", () => {
    const { never } = applicability(loadRules(ruleFiles()));
    const missing = new Set(never.map(({ reason }) => reason.replace(/^no log source has /, "")));
    expect([...missing].sort()).toEqual([
      "product django",
      "product fortios and service sslvpnd",
      "product huawei",
      "product juniper",
      "product jvm",
      "product nodejs",
      "product python",
      "product ruby_on_rails",
      "product spring",
      "product sql",
      "product velocity",
    ]);
  }, 60_000);
});

describe("the published regression tests", () => {
  test("are all hit by their rule", () => {
    const lines = gunzipSync(readFileSync(regression)).toString("utf8").trim().split("\n");
    const missed = lines
      .map((line) => JSON.parse(line) as RegressionTest)
      .filter(({ rule, events }) => {
        const engine = createEngine(loadRules([{ path: "rule.yml", text: rule }]), { routing: "none" });
        return !events.some((fields) => engine.match({ id: "e", timeMs: 0, logsource: {}, fields }).length > 0);
      });
    expect(missed.map((one) => one.test)).toEqual([]);
    expect(lines.length).toBeGreaterThan(0);
  });

  test("are routed to a logsource their rule applies to, event by event", () => {
    const lines = gunzipSync(readFileSync(regression)).toString("utf8").trim().split("\n");
    const lost = lines
      .map((line) => JSON.parse(line) as RegressionTest)
      .filter(({ rule, events }) => {
        const [loaded] = loadRules([{ path: "rule.yml", text: rule }]).rules;
        return loaded === undefined || !events.every((event) => ruleApplies(loaded.logsource, routeEvent(event)));
      });
    expect(lost.map((one) => one.test)).toEqual([]);
  });
});

/** Lines from the whole length of each recording, and of the events of the regression tests. */
function sampledLines(): readonly string[] {
  const unpacked = (path: string): readonly string[] =>
    gunzipSync(readFileSync(path)).toString("utf8").trim().split("\n");
  const tests = unpacked(regression).flatMap((line) => (JSON.parse(line) as RegressionTest).events);
  const names = existsSync(recorded) ? readdirSync(recorded).filter((name) => name.endsWith(".ndjson.gz")) : [];
  const sources = [tests.map((event) => JSON.stringify(event)), ...names.map((name) => unpacked(join(recorded, name)))];
  return sources.flatMap((lines) => {
    const step = Math.max(1, Math.ceil(lines.length / SAMPLED));
    return lines.filter((_, place) => place % step === 0);
  });
}

describe("published rules on recorded events", () => {
  const ruleSet = loadRules(ruleFiles());
  const lines = sampledLines();
  let expected: readonly (readonly string[])[] = [];
  beforeAll(() => {
    expected = lines.map((line) => {
      const fields = JSON.parse(line) as Readonly<Record<string, unknown>>;
      return ruleSet.rules.filter(({ expression }) => evaluate(expression, { fields })).map(({ key }) => key);
    });
  }, 240_000);

  test.each([{}, { kernel: false }, { generate: false }, { kernel: false, generate: false }])(
    "are found by the engine, with %o, where the oracle finds them and nowhere else",
    (options) => {
      const engine = createEngine(ruleSet, { ...options, routing: "none" });
      const about = { id: "e", logsource: {} };
      const keys = (matches: ReturnType<typeof engine.match>) => matches.map(({ rule }) => rule.key);
      const parsed = lines.map((line) =>
        keys(engine.match({ ...about, timeMs: 0, fields: JSON.parse(line) as Record<string, unknown> })),
      );
      expect(parsed).toEqual(expected);
      expect(lines.map((line) => keys(engine.matchLine(Buffer.from(line), about)))).toEqual(expected);
      expect(expected.flat().length).toBeGreaterThan(lines.length / 4);
    },
    120_000,
  );
});
