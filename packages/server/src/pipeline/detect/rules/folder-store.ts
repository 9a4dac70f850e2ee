import type { Stats } from "node:fs";
import type { Logger } from "#platform/log";
import { readRuleFiles, type ReuseText, type RuleFiles } from "../rule-files.ts";
import { KnownFiles, type FollowedRules, type OnRuleChange, type Found, type RuleStore } from "./rule-store.ts";
import { isHidden } from "./hidden.ts";
import { isScratchName } from "./scratch-name.ts";
import { systemTimers, type Timers } from "./timers.ts";
import { FolderWatch, watchOneFolder, type WatchFolder } from "./watch-folder.ts";

export type FolderStoreDeps = Readonly<{ dir: string; log: Logger; watch?: WatchFolder; timers?: Timers }>;

/** A save is several steps: it is looked at when nothing happened for so long, and at the latest … */
const QUIET_MS = 60;
/** … so long after its first step. */
const UNQUIET_MAX_MS = 200;
/** A file that is gone or empty is perhaps about to be written: it is looked at once more before that is believed. */
const DOUBT_MS = 120;
/** Watchers lose events (full queues, network file systems, files linked from elsewhere): everything is looked at this often. */
export const RESCAN_MS = 5_000;
/** The clock of a file system ticks: a file that changed this shortly before it was read may change again unseen. */
const TICK_MS = 50;

/**
 * Rules in a folder, read again when something in it changes. However a file is saved (in place, by a new file that takes
 * its name, emptied first, deleted first, by turning a link), that is one change once the last step is done.
 */
export function createFolderStore(deps: FolderStoreDeps): RuleStore {
  const reader = new FolderReader(deps.dir);
  let known = new KnownFiles();
  return {
    kind: "filesystem",
    read: async () => {
      const found = reader.read();
      known = new KnownFiles(found);
      return await Promise.resolve(found);
    },
    follow: (onChange) => new FollowedFolder(deps, { reader, known, onChange }),
  };
}

type Remembered = Readonly<{ mark: string; isSettled: boolean; text: string }>;

/** Reads files again only when the file system says that they changed: thousands of them are looked at in milliseconds. */
class FolderReader implements ReuseText {
  readonly #dir: string;
  #known: ReadonlyMap<string, Remembered> = new Map();
  #seen = new Map<string, Remembered>();

  constructor(dir: string) {
    this.#dir = dir;
  }

  read(): RuleFiles {
    this.#seen = new Map();
    const found = readRuleFiles(this.#dir, { reuse: this });
    this.#known = this.#seen;
    return found;
  }

  textOf(path: string, stats: Stats): string | undefined {
    const one = this.#known.get(path);
    return one?.isSettled === true && one.mark === markOf(stats) ? one.text : undefined;
  }

  keep(path: string, stats: Stats, text: string): void {
    this.#seen.set(path, { mark: markOf(stats), isSettled: stats.ctimeMs < Date.now() - TICK_MS, text });
  }
}

function markOf({ dev, ino, size, ctimeMs }: Stats): string {
  return `${dev} ${ino} ${size} ${ctimeMs}`;
}

type Following = Readonly<{ reader: FolderReader; known: KnownFiles; onChange: OnRuleChange }>;

class FollowedFolder implements FollowedRules {
  readonly #deps: FolderStoreDeps;
  readonly #following: Following;
  readonly #timers: Timers;
  readonly #watch: FolderWatch;
  #cancelLook: (() => void) | undefined;
  #cancelRescan: () => void = () => undefined;
  /** When the first step was seen of what is going on. */
  #beganAtMs: number | undefined;
  #doubted: ReadonlySet<string> = new Set();
  #hasWarned = false;
  #isStopped = false;

  constructor(deps: FolderStoreDeps, following: Following) {
    this.#deps = deps;
    this.#following = following;
    const { dir, watch = watchOneFolder, timers = systemTimers } = deps;
    this.#timers = timers;
    this.#watch = new FolderWatch({
      root: dir,
      watch,
      onEvent: (name) => this.#happened(name),
      onFailed: (error) => this.#warn(error),
    });
    this.#scan();
  }

  async look(): Promise<void> {
    await Promise.resolve();
    this.#scan();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelLook?.();
    this.#cancelRescan();
    this.#watch.close();
    await Promise.resolve();
  }

  #happened(name: string | null): void {
    if (name === null || !isScratchName(name)) this.#lookSoon(QUIET_MS);
  }

  #lookSoon(ms: number): void {
    if (this.#isStopped) return;
    const nowMs = this.#timers.nowMs();
    this.#beganAtMs ??= nowMs;
    this.#cancelLook?.();
    const left = Math.max(0, this.#beganAtMs + UNQUIET_MAX_MS - nowMs);
    this.#cancelLook = this.#timers.after(Math.min(ms, left), () => this.#scan());
  }

  #scan(): void {
    if (this.#isStopped) return;
    this.#cancelLook?.();
    this.#cancelLook = undefined;
    this.#beganAtMs = undefined;
    this.#cancelRescan();
    this.#cancelRescan = this.#timers.after(RESCAN_MS, () => this.#scan());
    const { files, unreadable, folders } = this.#following.reader.read();
    this.#watch.keepTo(folders);
    // The folder itself may be gone for a moment while another takes its place, or be flooded: nobody means to delete every rule.
    const whole = unreadable.find(({ path }) => path === "");
    if (whole !== undefined) return this.#warn(new Error(`${this.#deps.dir} cannot be read: ${whole.reason}`));
    this.#tell({ files, unreadable });
  }

  #tell({ files, unreadable }: Found): void {
    const { known, onChange } = this.#following;
    const there = new Set([...files.filter(({ text }) => text.trim() !== ""), ...unreadable].map(({ path }) => path));
    const closed = new Set(unreadable.map(({ path }) => path));
    const missing = known.files().filter(({ path }) => !there.has(path) && !isHidden(path, closed));
    const doubted = missing.filter(({ path }) => !this.#doubted.has(path));
    const hasWaited = this.#doubted.size > 0;
    this.#doubted = new Set(doubted.map(({ path }) => path));
    if (doubted.length > 0) this.#lookSoon(DOUBT_MS);
    // Once for everything: a file that got another name is not there twice in between.
    if (doubted.length > 0 && !hasWaited) return;
    const certain = files.filter(({ path }) => !this.#doubted.has(path));
    for (const change of known.take({ files: [...certain, ...doubted], unreadable })) onChange(change);
  }

  /** Once: a folder that cannot be watched says so at every look. */
  #warn(error: unknown): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    this.#deps.log.warn(
      { err: error, dir: this.#deps.dir, everyMs: RESCAN_MS },
      "a folder of rules cannot be watched: what changes there is seen later",
    );
  }
}
