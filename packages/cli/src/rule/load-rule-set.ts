import path from "node:path";
import {
  loadRules,
  parsePipeline,
  type Pipeline,
  type RuleFile,
  type RuleReport,
  type RuleSet,
  type RuleTexts,
} from "@tyr/sigma";
import type { Context } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { systemReason } from "../explain-failure.ts";
import { CliFailure, usage } from "../failure.ts";
import type { Input } from "../input.ts";
import { visible } from "../output/visible-text.ts";
import { readText } from "./read-text.ts";
import { filesUnder, type Unreadable } from "./rule-paths.ts";

const RULE_TEST = /\.test\.ya?ml$/i;
/** Four bytes for each of the characters the engine reads of one file; it refuses longer ones by name. */
const FILE_BYTES_MAX = 4 * 524_288;
/** The published rules are 10 MB; more than this is a mistaken path. */
const ALL_CHARS_MAX = 268_435_456;
/** Files open at a time. */
const OPEN_MAX = 32;
const FACTS_MAX = 20;

export type LoadedRules = Readonly<{
  ruleSet: RuleSet;
  /** What it was loaded from, for other threads to load again. */
  texts: RuleTexts;
  fileCount: number;
  /** Parsing and linking, without reading the files. */
  loadMs: number;
}>;

/**
 * Reads the rules under some paths, run through the pipelines of `--pipeline`. A bad rule is in the report and stops no
 * other; tests beside rules are left out.
 *
 * @throws {CliFailure} when there is no rule file, or a pipeline cannot be used
 */
export async function loadRuleSet(context: Context, input: Input, paths: readonly string[]): Promise<LoadedRules> {
  const { pipelines, files: pipelineFiles } = await readPipelineFiles(context, input);
  const { files, unreadable } = await readRuleFiles(paths);
  const texts = { files, pipelines: pipelineFiles };
  const startedAt = performance.now();
  const loaded = loadRules(files, { pipelines });
  const loadMs = performance.now() - startedAt;
  const report = [...unreadable.map(refusalOf), ...loaded.report];
  return { ruleSet: { ...loaded, report }, texts, fileCount: files.length + unreadable.length, loadMs };
}

/** As `loadRuleSet`, for commands that use rules and do not judge them: the rejected ones are only counted. */
export async function usableRules(context: Context, input: Input, paths: readonly string[]): Promise<LoadedRules> {
  const loaded = await loadRuleSet(context, input, paths);
  const { rules, report } = loaded.ruleSet;
  const rejected = report.filter(({ status }) => status === "rejected").length;
  if (rejected > 0) context.print.warn(`${rejected} rules were rejected: tyr rule validate says why`);
  if (rules.length > 0) return loaded;
  throw new CliFailure("no rule could be loaded", { exit: EXIT.checkFailed, fix: "See why: tyr rule validate PATH." });
}

function refusalOf({ path: file, reason }: Unreadable): RuleReport {
  return { status: "rejected", path: file, line: 1, column: 1, code: "file-unreadable", message: reason };
}

type ReadFiles = Readonly<{ files: readonly RuleFile[]; unreadable: readonly Unreadable[] }>;

async function readRuleFiles(paths: readonly string[]): Promise<ReadFiles> {
  const searches = await Promise.all(paths.map(filesUnder));
  const found = searches.flatMap(({ files }) => files);
  const unreadable = searches.flatMap((search) => search.unreadable);
  // A file may be named twice, as itself and by its folder: it is read once, under the name given first.
  const distinct = new Map<string, string>();
  for (const name of found) distinct.set(path.resolve(name), distinct.get(path.resolve(name)) ?? name);
  const names = [...distinct.values()].filter((name) => !RULE_TEST.test(name));
  if (names.length + unreadable.length === 0)
    throw usage("there are no rule files there", "Rules end in .yml or .yaml.");
  const files: RuleFile[] = [];
  let chars = 0;
  for (let at = 0; at < names.length; at += OPEN_MAX) {
    const some = names.slice(at, at + OPEN_MAX);
    const read = (await Promise.all(some.map(async (name) => await readRuleFile(name, unreadable)))).flat();
    chars += read.reduce((sum, { text }) => sum + text.length, 0);
    if (chars > ALL_CHARS_MAX) throw usage("these are too many rules to read", "Name a smaller directory.");
    files.push(...read);
  }
  return { files, unreadable };
}

/** @returns nothing, and one more entry in `unreadable`, where the system does not let us */
async function readRuleFile(name: string, unreadable: Unreadable[]): Promise<readonly RuleFile[]> {
  try {
    return [{ path: name, text: await readText(name, FILE_BYTES_MAX) }];
  } catch (error) {
    const reason = systemReason(error);
    if (reason === undefined) throw error;
    unreadable.push({ path: name, reason });
    return [];
  }
}

/** The pipelines of `--pipeline`, all of them or none: a rule through half of them would be another rule. */
export async function readPipelines(context: Context, input: Input): Promise<readonly Pipeline[]> {
  return (await readPipelineFiles(context, input)).pipelines;
}

type ReadPipelines = Readonly<{ pipelines: readonly Pipeline[]; files: readonly RuleFile[] }>;

async function readPipelineFiles({ print }: Context, input: Input): Promise<ReadPipelines> {
  const files = await Promise.all(
    input.texts("pipeline").map(async (path) => ({ path, text: await readText(path, FILE_BYTES_MAX) })),
  );
  const results = files.map((file) => ({ name: file.path, result: parsePipeline(file) }));
  const problems = results.flatMap(({ result }) => (result.ok ? [] : result.problems));
  if (problems.length > 0)
    throw new CliFailure(`${problems.length === 1 ? "a pipeline is" : "pipelines are"} not usable`, {
      exit: EXIT.checkFailed,
      consequence: "No rule was read.",
      facts: problems
        .slice(0, FACTS_MAX)
        .map(({ path: file, line, column, code, message }) =>
          visible(`${file}:${line}:${column}: ${message} [${code}]`),
        ),
    });
  const pipelines = results.flatMap(({ name, result }) => {
    if (!result.ok) return [];
    for (const warning of result.pipeline.warnings) print.warn(`${name}: ${warning}`);
    return [result.pipeline];
  });
  return { pipelines, files };
}
