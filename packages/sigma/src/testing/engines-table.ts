/**
 * The verdicts of other engines beside ours, as a part of CONFORMANCE.md.
 *
 *     node --conditions=@tyr/source packages/sigma/src/testing/engines-table.ts
 *
 * writes it; a test only compares.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { correlationsPart } from "./correlation-verdicts.ts";
import { type Engine, read, table, type Vector, vectorsOf, verdictOf } from "./verdicts.ts";

type Outcome = "agrees" | "differs" | "rejects" | "not run";

const marks: Readonly<Record<Outcome, string>> = { agrees: "=", differs: "≠", rejects: "×", "not run": "" };
/** It parses rules and judges no events. */
const PARSER_ONLY = "pysigma-parse";

const page = new URL("../../CONFORMANCE.md", import.meta.url);
const part = /(<!-- engines -->\n)[\s\S]*?(\n<!-- \/engines -->)/;

function outcome(vector: Vector, engine: Engine): Outcome {
  const verdict = verdictOf(vector, engine);
  if (verdict === undefined || verdict === null || verdict === "n/a") return "not run";
  if (verdict === vector.expected || (verdict === "rejects" && vector.expected === "reject")) return "agrees";
  return verdict === "rejects" ? "rejects" : "differs";
}

function count(vectors: readonly Vector[], engine: Engine): Readonly<Record<Outcome, number>> {
  const counts = { agrees: 0, differs: 0, rejects: 0, "not run": 0 };
  for (const vector of vectors) counts[outcome(vector, engine)] += 1;
  return counts;
}

function refused(vectors: readonly Vector[], engine: Engine): string {
  const verdicts = vectors.map((vector) => verdictOf(vector, engine)).filter((verdict) => verdict !== undefined);
  if (verdicts.length === 0) return "not run";
  return `${verdicts.filter((verdict) => verdict === "rejects").length} of ${verdicts.length}`;
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
      const outcomes = judging.map((engine) => outcome(vector, engine));
      const ours = vector.expected === "reject" ? "rejects" : vector.expected === true ? "match" : "no match";
      return [`\`${vector.id}\``, ours, ...outcomes.map((one) => marks[one])];
    });
  return table(["Vector", "Tyr", ...judging.map(({ name }) => name.replace(/ .*/, ""))], rows);
}

/** The part of the page between its two marks. */
function enginesPart(): string {
  const engines = read("other-engines")["engines"] as readonly Engine[];
  const detection = vectorsOf("detection");
  const again = engines.flatMap(({ name, version, ranAgain }) =>
    ranAgain === undefined ? [] : `${name.replace(/ .*/, "")} ${version} (${ranAgain})`,
  );
  const whole = engines.filter(({ fires }) => fires !== undefined).map(({ name }) => name);
  const spec = detection.filter(({ status }) => status === "spec").length;
  return `
The verdicts stand in \`vectors/\`, beside what we expect; \`vectors/other-engines.json\` holds those of later runs that came
out otherwise. Most were recorded when the vectors were written. Run again, by small programs around their libraries that
take one rule and one event (or one stream) at a time, were all detection vectors with ${again.join(" and ")};
those of correlations, filters and refusals with ${whole.join(" and ")} only.
Five vectors need values for placeholders and were run with no other engine; with pySigma, what its SQLite backend was not
ready for was not run either. Later versions may do better.

The ${spec} detection vectors the specification decides, and how many of the documents it wants refused are:

${decided(engines, detection)}

The contested vectors of detection and refusal: \`=\` same as ours, \`≠\` otherwise, \`×\` the rule is rejected, nothing: not run.
To differ here is no fault.

${contested(engines, detection)}

${correlationsPart(engines)}
`;
}

/** The page as it should be. */
export function conformancePage(): string {
  const text = readFileSync(page, "utf8");
  return text.replace(part, (_, before: string, after: string) => before + enginesPart() + after);
}

if (import.meta.main) writeFileSync(page, conformancePage());
