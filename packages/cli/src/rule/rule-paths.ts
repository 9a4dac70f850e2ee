import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import type { Context } from "../context.ts";
import { systemCode, usage } from "../failure.ts";
import { visible } from "../output/visible-text.ts";

const RULE = /\.ya?ml$/;
/** A pack is thousands of small files at most; more is a mistaken path. */
const FILES_MAX = 20_000;

/** The paths given, else `rules/` here, else the pack that came with this installation. */
export async function pathsOf({ world }: Context, given: readonly string[]): Promise<readonly string[]> {
  if (given.length > 0) return given;
  for (const candidate of [world.env["TYR_RULES_DIR"], "rules", path.join(world.installation, "rules")]) {
    if (candidate === undefined || candidate === "") continue;
    try {
      if ((await stat(candidate)).isDirectory()) return [candidate];
    } catch (error) {
      if (systemCode(error) !== "ENOENT") throw error;
    }
  }
  throw usage("there is no rules directory here", "Name files or directories that hold rules.");
}

/** YAML files under a directory in a stable order, or the file itself. */
export async function filesUnder(given: string): Promise<string[]> {
  if (!(await stat(given)).isDirectory()) return [given];
  const entries = await readdir(given, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() && RULE.test(entry.name))
    .map((entry) => path.join(entry.parentPath, entry.name));
  if (files.length > FILES_MAX)
    throw usage(`${visible(given)} holds ${files.length} YAML files`, "Name a smaller directory.");
  return files.sort();
}
