/**
 * The verdicts of other engines beside ours, as a part of CONFORMANCE.md.
 *
 *     node --conditions=@tyr/source packages/sigma/src/testing/engines-table.ts
 *
 * writes it; a test only compares.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";

type Verdict = unknown;
type Vector = Readonly<{
  id: string;
  status: "spec" | "contested";
  expected?: unknown;
  expected_titles?: unknown;
  expected_first_fire_index?: number | null;
  engines?: Readonly<Record<string, Verdict>>;
}>;
type Engine = Readonly<{
  id: string;
  name: string;
  version: string;
  ranAgain?: string;
  recordedVersion?: string;
  newer?: Readonly<Record<string, Verdict>>;
}>;
type Outcome = "agrees" | "differs" | "rejects" | "not run";

const marks: Readonly<Record<Outcome, string>> = { agrees: "=", differs: "≠", rejects: "×", "not run": "" };
/** It parses rules and judges no events. */
const PARSER_ONLY = "pysigma-parse";

const page = new URL("../../CONFORMANCE.md", import.meta.url);
const part = /(<!-- engines -->\n)[\s\S]*?(\n<!-- \/engines -->)/;

function read(name: string): Readonly<Record<string, unknown>> {
  const text = readFileSync(new URL(`../../vectors/${name}.json`, import.meta.url), "utf8");
  return JSON.parse(text) as Readonly<Record<string, unknown>>;
}

function vectorsOf(kind: string): readonly Vector[] {
  return read(`sigma-${kind}`)["vectors"] as readonly Vector[];
}

function outcome(vector: Vector, engine: Engine): Outcome {
  const verdict = engine.newer?.[vector.id] ?? vector.engines?.[engine.id];
  if (verdict === undefined || verdict === null || verdict === "n/a") return "not run";
  if (verdict === vector.expected || (verdict === "rejects" && vector.expected === "reject")) return "agrees";
  return verdict === "rejects" ? "rejects" : "differs";
}

function count(vectors: readonly Vector[], engine: Engine): Readonly<Record<Outcome, number>> {
  const counts = { agrees: 0, differs: 0, rejects: 0, "not run": 0 };
  for (const vector of vectors) counts[outcome(vector, engine)] += 1;
  return counts;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function refused(vectors: readonly Vector[], engine: Engine): string {
  const verdicts = vectors.map(({ engines }) => engines?.[engine.id]).filter((verdict) => verdict !== undefined);
  if (verdicts.length === 0) return "not run";
  const version = engine.recordedVersion === undefined ? "" : ` (${engine.recordedVersion})`;
  return `${verdicts.filter((verdict) => verdict === "rejects").length} of ${verdicts.length}${version}`;
}

function decided(engines: readonly Engine[], detection: readonly Vector[]): string {
  const spec = detection.filter(({ status }) => status === "spec");
  const bad = vectorsOf("reject").filter(({ status }) => status === "spec");
  const ours = ["**Tyr**", "", String(spec.length), "0", "0", "0", `${bad.length} of ${bad.length}`];
  const rows = engines.map((engine) => {
    const counts = count(spec, engine);
    const isParser = engine.id === PARSER_ONLY;
    const numbers = [counts.agrees, counts.differs, counts.rejects, counts["not run"]].map(String);
    return [engine.name, engine.version, ...(isParser ? ["", "", "", ""] : numbers), refused(bad, engine)];
  });
  const head = ["Engine", "Version", "Agrees", "Differs", "Rejects the rule", "Not run", "Refuses"];
  return table(head, [ours, ...rows]);
}

function contested(engines: readonly Engine[], detection: readonly Vector[]): string {
  const judging = engines.filter(({ id }) => id !== PARSER_ONLY);
  const rows = [...detection, ...vectorsOf("reject")]
    .filter(({ status }) => status === "contested")
    .map((vector) => {
      // Only detection was run again, so what is recorded besides is about another version.
      const isKnown = (engine: Engine): boolean => vector.expected !== "reject" || engine.recordedVersion === undefined;
      const outcomes = judging.map((engine) => (isKnown(engine) ? outcome(vector, engine) : "not run"));
      const ours = vector.expected === "reject" ? "rejects" : vector.expected === true ? "match" : "no match";
      return [`\`${vector.id}\``, ours, ...outcomes.map((one) => marks[one])];
    });
  return table(["Vector", "Tyr", ...judging.map(({ name }) => name.replace(/ .*/, ""))], rows);
}

/** What only one engine besides ours was run on. */
function correlations(): string {
  const counts = ["correlation", "filters"].map((kind) => {
    const spec = vectorsOf(kind).filter(({ status }) => status === "spec");
    const agreeing = spec.filter(({ engines, expected_titles, expected_first_fire_index }) => {
      const expected = kind === "filters" ? expected_titles : { first_fire_index: expected_first_fire_index };
      return isDeepStrictEqual(engines?.["rsigma"], expected);
    });
    return `${agreeing.length} of the ${spec.length} ${kind === "filters" ? "filter" : kind} vectors`;
  });
  return `the specification decides RSigma 0.21.0 agreed on ${counts.join(" and on ")}`;
}

/** The part of the page between its two marks. */
function enginesPart(): string {
  const engines = read("other-engines")["engines"] as readonly Engine[];
  const detection = vectorsOf("detection");
  const again = engines.flatMap(({ name, version, ranAgain }) =>
    ranAgain === undefined ? [] : `${name.replace(/ .*/, "")} ${version} (${ranAgain})`,
  );
  const spec = detection.filter(({ status }) => status === "spec").length;
  return `
The verdicts stand in \`vectors/\`, beside what we expect; \`vectors/other-engines.json\` holds those of later runs that came
out otherwise. Most were recorded when the vectors were written. Run again, by small programs around their libraries that
take one rule and one event at a time, were all detection vectors with ${again.join(" and ")}.
Five vectors need values for placeholders and were run with no other engine; with pySigma, what its SQLite backend was not
ready for was not run either. Later versions may do better.

The ${spec} detection vectors the specification decides, and how many of the documents it wants refused are:

${decided(engines, detection)}

Correlations and filters were run with one other engine only, and not again with its present version: of what
${correlations()}.

The contested vectors of detection and refusal: \`=\` same as ours, \`≠\` otherwise, \`×\` the rule is rejected, nothing: not run.
To differ here is no fault.

${contested(engines, detection)}
`;
}

/** The page as it should be. */
export function conformancePage(): string {
  const text = readFileSync(page, "utf8");
  return text.replace(part, (_, before: string, after: string) => before + enginesPart() + after);
}

if (import.meta.main) writeFileSync(page, conformancePage());
