import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { parsePipeline, type Pipeline } from "@tyr/sigma";
import { ConfigInvalid, type Config } from "#platform/config";
import { visibleText } from "./hostile-text.ts";

/** What a pipeline changes: the rules as they load, or what rules see of each event. */
export type PipelineUse = "rules" | "events";

/** One pipeline as it is in force. */
type PipelineInForce = Readonly<{
  path: string;
  name: string;
  appliesTo: PipelineUse;
  steps: number;
  /** What was read and has no meaning here. */
  warnings: readonly string[];
}>;

/** All pipelines an operator set. */
export type Pipelines = Readonly<{
  rules: readonly Pipeline[];
  events: readonly Pipeline[];
  inForce: readonly PipelineInForce[];
  /** SHA-256 over uses and texts, hexadecimal; empty without pipelines. */
  digest: string;
}>;

export const noPipelines: Pipelines = { rules: [], events: [], inForce: [], digest: "" };

const SETTINGS: Readonly<Record<PipelineUse, string>> = {
  rules: "TYR_RULE_PIPELINES",
  events: "TYR_EVENT_PIPELINES",
};
/** Of one use: every event or rule goes through all of them. */
const FILES_MAX = 32;
/** A pipeline has at most 524,288 characters; a file beyond this is not read at all. */
const FILE_BYTES_MAX = 2_097_152;
const PROBLEMS_SHOWN_MAX = 5;
const PROBLEM_CHARS_MAX = 300;

type Read = Readonly<{ path: string; use: PipelineUse; text: string; pipeline: Pipeline }>;

/**
 * Reads the pipelines of `TYR_RULE_PIPELINES` and `TYR_EVENT_PIPELINES`: all of them or none, since a rule through half of
 * them would be another rule.
 *
 * @throws {ConfigInvalid} `CONFIG_INVALID` naming the setting, with file, line and column, and what to do
 */
export function readPipelines({
  rulePipelines,
  eventPipelines,
}: Pick<Config, "rulePipelines" | "eventPipelines">): Pipelines {
  const rules = readAll(rulePipelines, "rules");
  const events = readAll(eventPipelines, "events");
  const all = [...rules, ...events];
  if (all.length === 0) return noPipelines;
  const hash = createHash("sha256");
  for (const { use, text } of all) hash.update(`${use} ${Buffer.byteLength(text)}\n`).update(text);
  return {
    rules: rules.map(({ pipeline }) => pipeline),
    events: events.map(({ pipeline }) => pipeline),
    inForce: all.map(({ path, use, pipeline: { name, steps, warnings } }) => {
      return { path, name: visibleText(name, 100), appliesTo: use, steps: steps.length, warnings };
    }),
    digest: hash.digest("hex"),
  };
}

function readAll(paths: readonly string[], use: PipelineUse): readonly Read[] {
  const setting = SETTINGS[use];
  if (paths.length > FILES_MAX)
    throw new ConfigInvalid(setting, `names ${paths.length} files, the limit is ${FILES_MAX}`);
  const twice = paths.find((path, place) => paths.indexOf(path) !== place);
  if (twice !== undefined) throw new ConfigInvalid(setting, `names ${twice} twice: its steps would run twice`);
  return paths.map((path) => readOne(path, use));
}

function readOne(path: string, use: PipelineUse): Read {
  const text = textOf(path, SETTINGS[use]);
  const result = parsePipeline({ path, text });
  if (!result.ok) {
    const found = result.problems.map(({ line, column, message }) => `${path}:${line}:${column}: ${message}`);
    throw refusal(found, use);
  }
  const { pipeline } = result;
  const strange = use === "events" ? stepsWithoutMeaning(pipeline.steps) : [];
  if (strange.length > 0)
    throw refusal(
      strange.map((why) => `${path}: ${why}`),
      use,
    );
  return { path, use, text, pipeline };
}

function refusal(problems: readonly string[], use: PipelineUse): ConfigInvalid {
  const shown = problems.slice(0, PROBLEMS_SHOWN_MAX).map((problem) => visibleText(problem, PROBLEM_CHARS_MAX));
  const more = problems.length - shown.length;
  const rest = more > 0 ? `; and ${more} more` : "";
  return new ConfigInvalid(SETTINGS[use], `${shown.join("; ")}${rest}. Correct the file or take it out of the setting`);
}

const WHY: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EACCES: "may not be read by this user",
  EPERM: "may not be read by this user",
  ELOOP: "is a link that leads back to itself",
};

function textOf(path: string, setting: string): string {
  try {
    const found = statSync(path);
    if (found.isFile() && found.size <= FILE_BYTES_MAX) return readFileSync(path, "utf8");
    if (found.isDirectory()) throw new ConfigInvalid(setting, `${path} is a folder: name the files in it`);
    const why = found.isFile() ? `has ${found.size} bytes, the limit is ${FILE_BYTES_MAX}` : "is no file";
    throw new ConfigInvalid(setting, `${path} ${why}`);
  } catch (error) {
    if (error instanceof ConfigInvalid) throw error;
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    throw new ConfigInvalid(setting, `${path} ${WHY[code] ?? `cannot be read (${code})`}`);
  }
}

type Step = Pipeline["steps"][number];

/** Steps that are about rules only would silently do nothing to an event: whoever wrote them means something else. */
function stepsWithoutMeaning(steps: readonly Step[], above = ""): readonly string[] {
  return steps.flatMap(({ type, transformation }, index) => {
    const place = `${above}${index + 1}`;
    if (transformation.kind === "nest") return stepsWithoutMeaning(transformation.steps, `${place}.`);
    const isForEvents =
      transformation.kind === "whole" ? transformation.onEvent !== undefined : transformation.kind !== "item";
    return isForEvents ? [] : [`transformation ${place} (${type}) is about rules and does nothing to an event`];
  });
}
