import { readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { join } from "node:path";
import type { RuleFile } from "@tyr/sigma";
import { ConfigInvalid } from "#platform/config";

const SETTING = "TYR_RULES_DIR";
const WHY: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file or folder",
  ENOTDIR: "is not a folder",
  EACCES: "may not be read by this user",
  EPERM: "may not be read by this user",
  ELOOP: "is a link that leads back to itself",
};

/** What the system refuses is the setting's fault, and is said with the path it is about. */
function reading<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    throw new ConfigInvalid(SETTING, `${path} ${WHY[code] ?? `cannot be read (${code})`}`);
  }
}

/** Names that begin with a dot are left out: editors', git's and what mounted volumes keep beside their files. */
function namesIn(folder: string): readonly string[] {
  return reading(folder, () => readdirSync(folder))
    .filter((name) => !name.startsWith("."))
    .toSorted();
}

type Place = Readonly<{ path: string; above: readonly string[] }>;

/** Links are followed, as mounted volumes need it; `above` are the folders on the way, so that a ring of them ends. */
function filesIn({ path: folder, above }: Place): readonly string[] {
  const here = reading(folder, () => realpathSync(folder));
  if (above.includes(here)) throw new ConfigInvalid(SETTING, `${folder} ${WHY["ELOOP"]}`);
  return namesIn(folder).flatMap((name) => {
    const path = join(folder, name);
    const found = reading(path, () => statSync(path));
    if (found.isDirectory()) return filesIn({ path, above: [...above, here] });
    return found.isFile() && /\.ya?ml$/.test(name) && !/\.test\.ya?ml$/.test(name) ? [path] : [];
  });
}

/**
 * Every `.yml` below a folder, `.test.yml` left out, in a stable order. Paths are relative to the folder, with `/`.
 *
 * @throws {ConfigInvalid} `CONFIG_INVALID` naming TYR_RULES_DIR and the path that cannot be read
 */
export function readRuleFiles(dir: string): readonly RuleFile[] {
  return filesIn({ path: dir, above: [] })
    .map((path) => ({ path: path.slice(dir.length).replaceAll("\\", "/").replace(/^\/+/, ""), full: path }))
    .toSorted((a, b) => (a.path < b.path ? -1 : 1))
    .map(({ path, full }) => ({ path, text: reading(full, () => readFileSync(full, "utf8")) }));
}
