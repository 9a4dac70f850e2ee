import type { Actor } from "@tyr/contract";
import type { Clock } from "#platform/clock";
import type { Database, Lead } from "#platform/database";
import { startLoop, type RunningLoop } from "#platform/lifecycle";
import type { Logger } from "#platform/log";
import type { RuleFiles, UnreadableFile } from "../rule-files.ts";
import { definitionsAfter, syncDefinitions, type Definition, type DefinitionChanges } from "./definition-store.ts";
import type { FollowedRules, OnRuleChange, RuleFileChange, RuleStore } from "./rule-store.ts";

export type TableStoreDeps = Readonly<{
  database: Database;
  clock: Clock;
  log: Logger;
  /** The folder this process syncs into the table while it leads. */
  folder: RuleStore;
  /** How often the table is looked at without being told to, milliseconds. */
  restMs?: number;
}>;

/** Which number stands for the process that syncs rules. Any constant does. */
const RULES_LEAD = 8_970_086;
const REST_MS = 500;
const BY: Actor = { kind: "system", id: "rule-sync", name: "rule sync" };

/**
 * Rules in the database. Of all processes that share it one leads, and makes the table hold what its folder holds; every
 * process, that one too, reads the table from where it last was.
 */
export function createTableStore(deps: TableStoreDeps): RuleStore {
  const sync = new FolderSync(deps);
  let position = 0;
  return {
    kind: "database",
    async read() {
      await sync.step();
      const rows = await definitionsAfter(deps.database.read, 0);
      position = lastOf(rows, 0);
      return filesOf(rows);
    },
    follow: (onChange) => new FollowedTable(deps, { sync, position, onChange }),
  };
}

function lastOf(rows: readonly Definition[], before: number): number {
  return rows.at(-1)?.position ?? before;
}

function filesOf(rows: readonly Definition[]): RuleFiles {
  const files = rows.flatMap(({ path, text }) => (text === null ? [] : [{ path, text }]));
  return { files: files.toSorted((a, b) => (a.path < b.path ? -1 : 1)), unreadable: [], folders: [] };
}

type Following = Readonly<{ sync: FolderSync; position: number; onChange: OnRuleChange }>;

class FollowedTable implements FollowedRules {
  readonly #deps: TableStoreDeps;
  readonly #following: Following;
  readonly #loop: RunningLoop;
  #position: number;
  #looking: Promise<void> = Promise.resolve();

  constructor(deps: TableStoreDeps, following: Following) {
    this.#deps = deps;
    this.#following = following;
    this.#position = following.position;
    const { log, restMs = REST_MS } = deps;
    const step = async (): Promise<boolean> => {
      await this.look();
      return false;
    };
    this.#loop = startLoop({ name: "rule-definitions", step, restMs, log });
    following.sync.onDue = () => this.#loop.wake();
  }

  /** One look after another: a change is told once. */
  async look(): Promise<void> {
    const before = this.#looking;
    this.#looking = (async () => {
      await before.catch(() => undefined);
      await this.#look();
    })();
    await this.#looking;
  }

  async #look(): Promise<void> {
    await this.#following.sync.step();
    const rows = await definitionsAfter(this.#deps.database.read, this.#position);
    this.#position = lastOf(rows, this.#position);
    for (const { path, text } of rows) this.#following.onChange({ path, text });
  }

  async stop(): Promise<void> {
    await this.#loop.stop();
    await this.#following.sync.stop();
  }
}

/** What leading is: the folder is followed, and what is found there is written into the table. */
class FolderSync {
  /** Called when there is something to write. */
  onDue: () => void = () => undefined;
  readonly #deps: TableStoreDeps;
  #lead: Lead | undefined;
  #followed: FollowedRules | undefined;
  #isDue = false;
  #hasRefused = false;
  /** The folder as it was told of: a file in the middle of a save is what it was before. */
  #texts = new Map<string, string>();
  /** Files that are there without a text that could be read. */
  #kept = new Set<string>();

  constructor(deps: TableStoreDeps) {
    this.#deps = deps;
  }

  /** Leads if nobody else does, and writes what is to be written. */
  async step(): Promise<void> {
    if (!(await this.#isLeading()) || !this.#isDue) return;
    this.#isDue = false;
    try {
      await this.#write();
    } catch (error) {
      this.#isDue = true;
      throw error;
    }
  }

  async #isLeading(): Promise<boolean> {
    const { database, folder, log } = this.#deps;
    if (await this.#lead?.isHeld()) return true;
    await this.stop();
    this.#lead = await database.lead(RULES_LEAD);
    if (this.#lead === undefined) return false;
    log.info("this process syncs its folder of rules into the database");
    this.#begin(await folder.read());
    this.#followed = folder.follow((change) => this.#changed(change));
    return true;
  }

  #begin({ files, unreadable }: RuleFiles): void {
    const written = files.filter(({ text }) => text.trim() !== "");
    const empty = files.filter(({ text }) => text.trim() === "");
    this.#texts = new Map(written.map(({ path, text }) => [path, text]));
    this.#kept = new Set([...empty, ...unreadable].map(({ path }) => path));
    for (const one of unreadable) this.#warn(one);
    this.#isDue = true;
  }

  #changed({ path, text, reason }: RuleFileChange): void {
    this.#texts.delete(path);
    this.#kept.delete(path);
    if (text !== null) this.#texts.set(path, text);
    else if (reason !== undefined) {
      this.#kept.add(path);
      this.#warn({ path, reason });
    }
    this.#isDue = true;
    this.onDue();
  }

  /** Once for each reason: other processes read the table, which knows nothing of it. */
  #warn({ path, reason }: UnreadableFile): void {
    this.#deps.log.warn({ path, reason }, "what cannot be read in the folder of rules stays as it is in the database");
  }

  async #write(): Promise<void> {
    const { database, clock } = this.#deps;
    if (this.#texts.size === 0 && (await this.#wouldEmpty())) return;
    const files = [...this.#texts].map(([path, text]) => ({ path, text }));
    const sync = { files, kept: this.#kept, by: BY, now: clock.now() };
    await database.audited(
      (changes: DefinitionChanges | undefined) => (changes === undefined ? [] : [factOf(changes)]),
      async (tx) => await syncDefinitions(tx, sync),
    );
  }

  /** A process whose folder is empty, or cannot be read, must not take the rules of all others away. */
  async #wouldEmpty(): Promise<boolean> {
    const { database, log } = this.#deps;
    const isFilled = (await definitionsAfter(database.read, 0)).some(({ text }) => text !== null);
    if (isFilled && !this.#hasRefused) {
      this.#hasRefused = true;
      log.warn("the folder of rules is empty or cannot be read: the rules in the database stay as they are");
    }
    return isFilled;
  }

  async stop(): Promise<void> {
    const [followed, lead] = [this.#followed, this.#lead];
    this.#followed = undefined;
    this.#lead = undefined;
    await followed?.stop();
    await lead?.[Symbol.asyncDispose]();
  }
}

const PATHS_NAMED_MAX = 20;

function factOf({ added, changed, removed, before, after }: DefinitionChanges) {
  return {
    type: "rule.defined",
    actor: BY,
    object: { kind: "rule-definitions", id: after },
    before,
    after,
    details: {
      added: added.length,
      changed: changed.length,
      removed: removed.length,
      paths: [...added, ...changed, ...removed].slice(0, PATHS_NAMED_MAX),
    },
  } as const;
}
