import { setImmediate as breathe } from "node:timers/promises";
import { createRuleMemory, type References, type RuleFile, type RuleMemory } from "@tyr/sigma";
import type { Logger } from "#platform/log";
import { onSpan, traced } from "#platform/trace";
import type { RejectedRule, RulePack } from "../rule-pack.ts";
import { isHidden } from "./hidden.ts";
import { systemTimers, type Timers } from "./timers.ts";
import type { FollowedRules, RuleFileChange, RuleStore } from "./rule-store.ts";

export type RuleKeeperDeps = Readonly<{
  store: RuleStore;
  log: Logger;
  /** Makes a pack of all files; what else goes into it may have changed since the last time. */
  build: (files: readonly RuleFile[], options: Readonly<{ memory: RuleMemory; inForce: References }>) => RulePack;
  timers?: Timers;
}>;

/** What was asked for is not in force: a pack could not be built, or not be stored. It is tried again until it can. */
export class RulesNotReplaced extends Error {
  override readonly name = "RulesNotReplaced";
  readonly code = "RULES_NOT_REPLACED";
}

/** Puts a pack in force; resolves when it is. */
export type ReplaceRules = (pack: RulePack) => Promise<void>;

const STAYS = "what was in force before stays";
/** Lines of the log one change brings about: more are not read by anybody. */
const LOGGED_MAX = 50;
/** What could not be put in force is tried again after so long, after twice as long each time … */
const RETRY_FIRST_MS = 250;
/** … up to this. */
const RETRY_MAX_MS = 30_000;

/**
 * Makes packs of what a store holds, and puts each in force whole. A file that was saved with an error, or that cannot be
 * read any more, takes nothing away: its last good text goes on, and it stands among the rejected ones until it is mended
 * or removed. Neither does one that uses the id or the name of a rule in force: that one has it until its file lets it go
 * (at a start nothing is in force yet, and the first by path has it). Changes that come together, or while another pack is being put in force, become one pack.
 */
export class RuleKeeper {
  readonly #deps: RuleKeeperDeps;
  /** Only what changed is read again: that is most of what a pack takes. */
  readonly #memory = createRuleMemory();
  /** What the pack is made of. */
  #texts = new Map<string, string>();
  /** Files whose text is not in force, and why. */
  readonly #broken = new Map<string, readonly RejectedRule[]>();
  #pack: RulePack | undefined;
  #replace: ReplaceRules | undefined;
  #pending = new Map<string, RuleFileChange>();
  #isDue = false;
  #working: Promise<void> | undefined;
  #followed: FollowedRules | undefined;
  /** Since the last pack that came into force. */
  #failures = 0;
  #failure: unknown;
  #cancelRetry: () => void = () => undefined;
  readonly #stopped = Promise.withResolvers<void>();
  #isStopped = false;

  constructor(deps: RuleKeeperDeps) {
    this.#deps = deps;
  }

  /** Reads the store, and makes the first pack. */
  async open(): Promise<RulePack> {
    const { files, unreadable } = await this.#deps.store.read();
    this.#texts = new Map(files.map(({ path, text }) => [path, text]));
    for (const { path, reason } of unreadable) this.#broken.set(path, [unread(path, reason)]);
    this.#pack = this.#made(this.#build(this.#texts));
    return this.#pack;
  }

  /** From here on what changes in the store comes into force. */
  start(replace: ReplaceRules): void {
    this.#replace = replace;
    this.#followed = this.#deps.store.follow((change) => {
      this.#pending.set(change.path, change);
      this.#due();
    });
  }

  /**
   * Something else that packs are made of has changed. Resolves when a pack made of it is in force.
   *
   * @throws {RulesNotReplaced} `RULES_NOT_REPLACED`
   */
  async rebuild(): Promise<void> {
    this.#due();
    await this.settled();
    if (this.#failures === 0) return;
    throw new RulesNotReplaced("the rules before stay in force; these are tried again", { cause: this.#failure });
  }

  /** What the texts in force would be, built in another way. Nothing changes. */
  tried(build: RuleKeeperDeps["build"]): RulePack {
    return this.#build(this.#texts, build);
  }

  /** Looks into the store now. Resolves when what was found is in force. */
  async look(): Promise<void> {
    await this.#followed?.look();
    await this.settled();
  }

  /** Resolves when everything that was told of is in force, or could not be put in force for now. */
  async settled(): Promise<void> {
    while (this.#working !== undefined) await this.#working;
  }

  /** Whether a pack that was handed over comes into force is not waited for: a broken database would never say. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelRetry();
    this.#stopped.resolve();
    await this.#followed?.stop();
    await this.settled();
  }

  #due(): void {
    this.#isDue = true;
    this.#working ??= this.#work().finally(() => (this.#working = undefined));
  }

  async #work(): Promise<void> {
    while (this.#isDue && !this.#isStopped) {
      // Whoever tells of several changes at once is let finish.
      await breathe();
      this.#isDue = false;
      this.#cancelRetry();
      const changes = [...this.#pending.values()];
      this.#pending = new Map();
      try {
        await traced("ttp.rule.ingest", async () => await this.#take(changes), { files: changes.length });
        this.#failures = 0;
      } catch (error) {
        this.#pending = new Map([...changes.map((one) => [one.path, one] as const), ...this.#pending]);
        this.#failures += 1;
        this.#failure = error;
        this.#deps.log.error({ err: error }, "rules could not be put in force: those before stay");
        this.#tryLater();
      }
    }
  }

  #tryLater(): void {
    if (this.#isStopped) return;
    const ms = Math.min(RETRY_FIRST_MS * 2 ** (this.#failures - 1), RETRY_MAX_MS);
    this.#cancelRetry = (this.#deps.timers ?? systemTimers).after(ms, () => this.#due());
  }

  async #take(changes: readonly RuleFileChange[]): Promise<void> {
    const startedMs = performance.now();
    const texts = this.#textsAfter(changes);
    const tried = traced("ttp.rule.parse", () => this.#build(texts));
    const built = traced("ttp.rule.validate", () => this.#withoutSpoilt(changes, { texts, tried }));
    this.#texts = texts;
    const before = this.#pack;
    const pack = this.#made(built);
    this.#pack = pack;
    this.#tellRejected(pack, before);
    onSpan({ rules: pack.rules.size, rejected: pack.rejected.length });
    await traced("ttp.rule.publish", async () => await this.#put(pack));
    const tookMs = Math.round(performance.now() - startedMs);
    this.#deps.log.info({ files: changes.length, rules: pack.rules.size, tookMs }, "rules were reloaded");
  }

  async #put(pack: RulePack): Promise<void> {
    await Promise.race([this.#replace?.(pack), this.#stopped.promise]);
  }

  /** Files that would take away what is in force go on with the text they had. */
  #withoutSpoilt(
    changes: readonly RuleFileChange[],
    { texts, tried }: Readonly<{ texts: Map<string, string>; tried: RulePack }>,
  ): RulePack {
    const spoilt = changes.map(({ path }) => path).filter((path) => this.#isSpoilt(path, { texts, tried }));
    for (const path of spoilt) {
      this.#broken.set(path, tried.rejected.filter((one) => one.path === path).map(staying));
      texts.set(path, this.#texts.get(path) ?? "");
    }
    onSpan({ rejected: tried.rejected.length });
    return spoilt.length === 0 ? tried : this.#build(texts);
  }

  #textsAfter(changes: readonly RuleFileChange[]): Map<string, string> {
    const texts = new Map(this.#texts);
    for (const { path, text, reason } of changes) {
      this.#broken.delete(path);
      if (text !== null) texts.set(path, text);
      else if (reason === undefined) texts.delete(path);
      else this.#broken.set(path, [isKept(path, texts) ? staying(unread(path, reason)) : unread(path, reason)]);
    }
    return texts;
  }

  /** Something in the file was rejected, and with its text a rule would be gone that is in force. */
  #isSpoilt(
    path: string,
    { texts, tried }: Readonly<{ texts: ReadonlyMap<string, string>; tried: RulePack }>,
  ): boolean {
    if (!texts.has(path) || !tried.rejected.some((one) => one.path === path)) return false;
    const own = [...(this.#pack?.rules.values() ?? [])].filter(({ sigma }) => sigma.path === path);
    return own.some(({ sigma }) => !tried.rules.has(sigma.key));
  }

  #build(texts: ReadonlyMap<string, string>, build = this.#deps.build): RulePack {
    const files = [...texts].map(([path, text]) => ({ path, text }));
    return build(
      files.toSorted((a, b) => (a.path < b.path ? -1 : 1)),
      { memory: this.#memory, inForce: this.#pack?.references ?? new Map() },
    );
  }

  #made(pack: RulePack): RulePack {
    return { ...pack, rejected: [...[...this.#broken.values()].flat(), ...pack.rejected] };
  }

  #tellRejected({ rejected }: RulePack, before: RulePack | undefined): void {
    const known = new Set(before?.rejected.map((one) => JSON.stringify(one)));
    const fresh = rejected.filter((one) => !known.has(JSON.stringify(one)));
    for (const one of fresh.slice(0, LOGGED_MAX)) this.#deps.log.warn(one, "a rule was rejected");
  }
}

/** A text is known of it, or of something below it. */
function isKept(path: string, texts: ReadonlyMap<string, string>): boolean {
  return texts.has(path) || [...texts.keys()].some((one) => isHidden(one, new Set([path])));
}

function unread(path: string, reason: string): RejectedRule {
  return { path, line: 1, column: 1, code: "file-unreadable", message: reason };
}

function staying(rejected: RejectedRule): RejectedRule {
  return { ...rejected, message: `${rejected.message}; ${STAYS}` };
}
