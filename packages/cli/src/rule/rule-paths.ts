import { readdir, realpath, stat } from "node:fs/promises";
import path from "node:path";
import type { Context } from "../context.ts";
import { systemReason } from "../explain-failure.ts";
import { systemCode, usage } from "../failure.ts";
import { visible } from "../output/visible-text.ts";

const RULE = /\.ya?ml$/i;
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

/** YAML files in a stable order, and what the system would not let us look at. */
export type FoundFiles = Readonly<{ files: readonly string[]; unreadable: readonly Unreadable[] }>;
export type Unreadable = Readonly<{ path: string; reason: string }>;

/**
 * The YAML files under a directory, or the file itself. As in the server, links are followed and names that begin with a
 * dot are left out: mounted volumes keep what links point to under such names.
 */
export async function filesUnder(given: string): Promise<FoundFiles> {
  if (!(await stat(given)).isDirectory()) return { files: [given], unreadable: [] };
  const search = new Search();
  await search.directory(given);
  const { files, unreadable } = search;
  if (files.length > FILES_MAX)
    throw usage(`${visible(given)} holds ${files.length} YAML files`, "Name a smaller directory.");
  return { files: files.toSorted(), unreadable };
}

class Search {
  readonly files: string[] = [];
  readonly unreadable: Unreadable[] = [];
  /** Each directory once, whatever number of links lead to it: a ring of them ends. */
  readonly #seen = new Set<string>();

  async directory(directory: string): Promise<void> {
    await this.#reading(directory, async () => {
      const real = await realpath(directory);
      if (this.#seen.has(real)) return;
      this.#seen.add(real);
      for (const name of await readdir(directory)) {
        if (!name.startsWith(".")) await this.#entry(path.join(directory, name));
      }
    });
  }

  async #entry(name: string): Promise<void> {
    await this.#reading(name, async () => {
      const found = await stat(name);
      if (found.isDirectory()) await this.directory(name);
      else if (found.isFile() && RULE.test(name)) this.files.push(name);
    });
  }

  /** What cannot be read stops nothing else. */
  async #reading(name: string, read: () => Promise<void>): Promise<void> {
    try {
      await read();
    } catch (error) {
      const reason = systemReason(error);
      if (reason === undefined) throw error;
      this.unreadable.push({ path: name, reason });
    }
  }
}
