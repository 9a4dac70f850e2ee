import { readdirSync, readFileSync, realpathSync, statSync, type Stats } from "node:fs";
import { join } from "node:path";
import type { RuleFile } from "@tyr/sigma";

const RULE_FILE = /\.ya?ml$/i;
const TEST_FILE = /\.test\.ya?ml$/i;
/** Four bytes for each of the characters the engine reads of one file; a longer one is not read at all. */
const FILE_BYTES_MAX = 4 * 524_288;
/** Of one search, with what cannot be read and links to folders. SigmaHQ's whole collection has some 4,000 files in 200 folders. */
const MOST = { files: 20_000, folders: 5_000 };
const LEADS_BACK = "is a link that leads back to itself";
const WHY: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file or folder",
  ENOTDIR: "is not a folder",
  EACCES: "may not be read by this user",
  EPERM: "may not be read by this user",
  ELOOP: LEADS_BACK,
};

/** A file or folder the system did not let us read. Paths are relative to the folder of rules, with `/`. */
export type UnreadableFile = Readonly<{ path: string; reason: string }>;
/** What is in a folder of rules: the files of its rules, or of their tests, by path, and what could not be read. */
export type RuleFiles = Readonly<{
  files: readonly RuleFile[];
  unreadable: readonly UnreadableFile[];
  /** Folders that were looked into, the folder itself by an empty path. */
  folders: readonly string[];
}>;
/** Texts of files that are known not to have changed, by what the file system says of them. */
export type ReuseText = Readonly<{
  textOf(path: string, stats: Stats): string | undefined;
  keep(path: string, stats: Stats, text: string): void;
}>;
/** `rules`: all but tests. `folders: "own"`: only files that stand in the folder itself. */
export type RuleFilesOptions = Readonly<{
  kind?: "rules" | "tests";
  folders?: "all" | "own";
  reuse?: ReuseText;
  most?: Readonly<{ files: number; folders: number }>;
}>;

/**
 * Every `.yml` and `.yaml` below a folder, in a stable order; of `.test.yml` only those or none of them. Links are
 * followed, as mounted volumes need it, and a folder several lead to is read once: a few links could multiply it. Names that begin with a dot are left out: editors', git's and what mounted volumes
 * keep beside their files. What cannot be read stops nothing else; the folder itself is then named by an empty path, also
 * when there is more in it than anybody's rules: the search ends there.
 */
export function readRuleFiles(dir: string, options: RuleFilesOptions = {}): RuleFiles {
  const search = new Search(dir, options);
  search.folder("");
  const { files, unreadable, folders } = search;
  return { files: files.toSorted((a, b) => (a.path < b.path ? -1 : 1)), unreadable, folders };
}

function isAbove(folder: string, path: string): boolean {
  return folder === "" || path.startsWith(`${folder}/`);
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : undefined;
  if (code === undefined) throw error;
  return WHY[code] ?? `cannot be read (${code})`;
}

class Search {
  readonly files: RuleFile[] = [];
  readonly unreadable: UnreadableFile[] = [];
  readonly folders: string[] = [];
  readonly #reuse: ReuseText | undefined;
  readonly #dir: string;
  readonly #isWanted: (name: string) => boolean;
  readonly #isDeep: boolean;
  readonly #most: Readonly<{ files: number; folders: number }>;
  /** Where each folder was read first, by what its links lead to. */
  readonly #readAs = new Map<string, string>();
  #folderCount = 0;
  #isFull = false;

  constructor(dir: string, { kind = "rules", folders = "all", reuse, most = MOST }: RuleFilesOptions) {
    this.#reuse = reuse;
    this.#dir = dir;
    this.#isWanted = (name) => RULE_FILE.test(name) && TEST_FILE.test(name) === (kind === "tests");
    this.#isDeep = folders === "all";
    this.#most = most;
  }

  folder(path: string): void {
    this.#folderCount += 1;
    this.#reading(path, (full) => {
      const here = realpathSync(full);
      const first = this.#readAs.get(here);
      if (first === undefined) {
        this.#readAs.set(here, path);
        this.#entries(full, path);
      } else
        this.unreadable.push({
          path,
          reason: isAbove(first, path) ? LEADS_BACK : `is a link to ${first}, which is read`,
        });
    });
  }

  #entries(full: string, path: string): void {
    const names = readdirSync(full).toSorted();
    this.folders.push(path);
    for (const name of names) {
      if (this.#isFull) return;
      if (!name.startsWith(".")) this.#entry(path === "" ? name : `${path}/${name}`);
    }
  }

  #entry(path: string): void {
    this.#reading(path, (full) => {
      const found = statSync(full);
      if (found.isDirectory()) {
        if (this.#isDeep && this.#hasRoom("folders")) this.folder(path);
      } else if (found.isFile() && this.#isWanted(path) && this.#hasRoom("files")) this.#file(path, found);
    });
  }

  #hasRoom(of: "files" | "folders"): boolean {
    const count = of === "folders" ? this.#folderCount : this.files.length + this.unreadable.length;
    this.#isFull = count >= this.#most[of];
    if (this.#isFull) this.unreadable.push({ path: "", reason: `holds more than ${this.#most[of]} ${of}` });
    return !this.#isFull;
  }

  #file(path: string, stats: Stats): void {
    const sizeBytes = stats.size;
    this.#reading(path, (full) => {
      if (sizeBytes <= FILE_BYTES_MAX) {
        const text = this.#reuse?.textOf(path, stats) ?? readFileSync(full, "utf8");
        this.#reuse?.keep(path, stats, text);
        this.files.push({ path, text });
      } else this.unreadable.push({ path, reason: `has ${sizeBytes} bytes, the limit is ${FILE_BYTES_MAX}` });
    });
  }

  #reading(path: string, read: (full: string) => void): void {
    try {
      read(join(this.#dir, path));
    } catch (error) {
      const reason = reasonOf(error);
      if (this.#hasRoom("files")) this.unreadable.push({ path, reason });
    }
  }
}
