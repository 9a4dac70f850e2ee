import type { RuleFile } from "@tyr/sigma";
import type { RuleFiles } from "../rule-files.ts";
import { isHidden } from "./hidden.ts";

/**
 * One file that is not what it was. Paths are relative to the folder of rules, with `/`. `text` is null when it is gone, or
 * is there and cannot be read, for this reason.
 */
export type RuleFileChange = Readonly<{ path: string; text: string | null; reason?: string }>;

/** Told of each change once, in one call for each file: five files saved are five changes, one file saved is one. */
export type OnRuleChange = (change: RuleFileChange) => void;

/** Where the files of rules are. Both kinds keep the same promises: see `testing/rule-store-contract.ts`. */
export type RuleStore = Readonly<{
  kind: "filesystem" | "database";
  /** Everything there is now; what changes from here on is told to whoever follows, once they do. */
  read(): Promise<RuleFiles>;
  /** After `read`. Changes since then come first; none is lost in between. */
  follow(onChange: OnRuleChange): FollowedRules;
}>;

export type FollowedRules = Readonly<{
  /** Looks now, instead of when the store would. */
  look(): Promise<void>;
  stop(): Promise<void>;
}>;

/** Files as they were found. */
export type Found = Pick<RuleFiles, "files" | "unreadable">;

/** What was last told of each file: its text, or why it cannot be read. */
export class KnownFiles {
  readonly #told: Map<string, RuleFileChange>;

  constructor(found: Found = { files: [], unreadable: [] }) {
    this.#told = new Map(toldOf(found).map((one) => [one.path, one]));
  }

  /** Files that are there and readable, as far as was told. */
  files(): readonly RuleFile[] {
    return [...this.#told.values()].flatMap(({ path, text }) => (text === null ? [] : [{ path, text }]));
  }

  /**
   * What is different now, by path; it is known from here on. A text that was written again as it was is no change, and
   * nothing is told of files in a folder that cannot be read.
   */
  take(found: Found): readonly RuleFileChange[] {
    const now = new Map(toldOf(found).map((one) => [one.path, one]));
    const unreadable = new Set(found.unreadable.map(({ path }) => path));
    const gone = [...this.#told.keys()].filter((path) => !now.has(path) && !isHidden(path, unreadable));
    const changed = [...now.values()].filter(({ path, text, reason }) => {
      const before = this.#told.get(path);
      return before === undefined || before.text !== text || before.reason !== reason;
    });
    for (const path of gone) this.#told.delete(path);
    for (const one of changed) this.#told.set(one.path, one);
    const changes: readonly RuleFileChange[] = [...gone.map((path) => ({ path, text: null })), ...changed];
    return changes.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  }
}

/** An empty file has no rule in it: it was just made, or is about to be written again. */
function toldOf({ files, unreadable }: Found): readonly RuleFileChange[] {
  return [
    ...files.filter(({ text }) => text.trim() !== ""),
    ...unreadable.map(({ path, reason }) => ({ path, text: null, reason })),
  ];
}
