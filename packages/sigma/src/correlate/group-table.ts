import type { CorrelationRule } from "../rule.ts";
import { digest } from "./digest.ts";
import type { Entry } from "./entry.ts";
import { GroupWindows, type Outcome } from "./group.ts";
import { groupDouble, groupWord as word, groupWords, isDirty, isStored } from "./group-record.ts";
import type { Departure, GroupStore, SavedGroup, StoreLimits, StreamTime } from "./group-store.ts";
import { RecordPool } from "./record-pool.ts";
import { type GroupState, readState, writeState } from "./state.ts";
import { StringPool } from "./string-pool.ts";

/** Groups looked at for expiry per event: enough to keep up, too few to be felt. */
const expiryChecks = 2;

/** The clock follows event time in steps of at most this. A group outlives one such step, so that no single event from
 * the future makes a group expire that is still of use. */
export const clockStepMaxMs = 60_000;

/**
 * What an entry may hold on average, in bytes of texts (event ids, distinct values) and in values. Far beyond ordinary
 * events; without it a flood of long ids or of long lists would fill memory within the bounds of entries.
 */
const textBytesPerEntry = 256;
const valuesPerEntry = 4;

/** Keeps the groups of one correlation in this process, least recently used first. */
export function createGroupTable(rule: CorrelationRule, limits: StoreLimits): GroupStore {
  return new GroupTable(rule, limits);
}

/** A group's number is that of its key. */
class GroupTable implements GroupStore {
  readonly #rule: CorrelationRule;
  readonly #limits: StoreLimits;
  readonly #definition: string;
  readonly #keys = new StringPool();
  readonly #records = new RecordPool(groupWords);
  readonly #windows: GroupWindows;
  /** Stored groups that are no longer here. */
  readonly #removed = new Set<string>();
  #oldest = 0;
  #newest = 0;

  constructor(rule: CorrelationRule, limits: StoreLimits) {
    this.#rule = rule;
    this.#limits = limits;
    this.#definition = digest(JSON.stringify(rule.correlation));
    this.#windows = new GroupWindows(rule.correlation, limits, this.#records);
  }

  get groups(): number {
    return this.#keys.size;
  }

  get entries(): number {
    return this.#windows.entries.live;
  }

  take(key: string, entry: Entry, now: StreamTime): Outcome {
    let slot = this.#keys.find(key);
    if (slot === 0) slot = this.#open(key);
    const outcome = this.#windows.take(slot, entry);
    if (outcome.kind === "late") return outcome;
    this.#use(slot, now);
    this.#records.setWord(slot, word.flags, this.#records.word(slot, word.flags) | isDirty);
    return outcome;
  }

  #open(key: string): number {
    const slot = this.#keys.hold(key);
    this.#records.claim(slot);
    if (this.#removed.size > 0 && this.#removed.delete(key)) this.#records.setWord(slot, word.flags, isStored);
    return slot;
  }

  /** Makes a group the newest in the order of use. Changed groups are thereby always the last of that order. */
  #use(slot: number, now: StreamTime): void {
    const records = this.#records;
    records.setDouble(slot, groupDouble.usedAt, now.used);
    records.setDouble(slot, groupDouble.clockMs, now.clockMs);
    if (slot === this.#newest) return;
    this.#unlink(slot);
    records.setWord(slot, word.older, this.#newest);
    records.setWord(slot, word.newer, 0);
    if (this.#newest === 0) this.#oldest = slot;
    else records.setWord(this.#newest, word.newer, slot);
    this.#newest = slot;
  }

  /** For a group that is not yet in the order this does nothing. */
  #unlink(slot: number): void {
    const records = this.#records;
    const [older, newer] = [records.word(slot, word.older), records.word(slot, word.newer)];
    if (slot === this.#oldest) this.#oldest = newer;
    else if (older !== 0) records.setWord(older, word.newer, newer);
    if (slot === this.#newest) this.#newest = older;
    else if (newer !== 0) records.setWord(newer, word.older, older);
  }

  sweep(clockMs: number, tell: (departure: Departure) => void): void {
    const idleMs = this.#rule.correlation.spanMs + this.#limits.allowedLatenessMs + clockStepMaxMs;
    for (let checks = 0; checks < expiryChecks && this.groups > 1; checks += 1) {
      if (clockMs - this.#records.double(this.#oldest, groupDouble.clockMs) <= idleMs) break;
      tell(this.#remove(this.#oldest, "expired"));
    }
    while (this.groups > 1 && this.#isOverfull()) tell(this.#remove(this.#oldest, "evicted"));
  }

  #isOverfull(): boolean {
    const { groupsMax, entriesMax } = this.#limits;
    const { entries } = this.#windows;
    return (
      this.groups > groupsMax ||
      entries.live > entriesMax ||
      entries.textBytes > textBytesPerEntry * entriesMax ||
      entries.values > valuesPerEntry * entriesMax
    );
  }

  #remove(slot: number, reason: Departure["reason"]): Departure {
    const key = this.#keys.text(slot);
    const entries = this.#records.word(slot, word.count);
    // Nobody need be told of the end of a group that was never stored: a flood of keys leaves no trace here.
    if ((this.#records.word(slot, word.flags) & isStored) !== 0) this.#removed.add(key);
    this.#windows.empty(slot);
    this.#unlink(slot);
    this.#records.clear(slot);
    this.#keys.release(slot);
    return { reason, key, entries };
  }

  takeDirty(): { upserts: readonly SavedGroup[]; removals: readonly string[] } {
    const upserts: SavedGroup[] = [];
    for (let slot = this.#newest; slot !== 0; slot = this.#records.word(slot, word.older)) {
      if ((this.#records.word(slot, word.flags) & isDirty) === 0) break;
      this.#records.setWord(slot, word.flags, isStored);
      upserts.push({ key: this.#keys.text(slot), state: writeState(this.#state(slot)) });
    }
    const removals = [...this.#removed];
    this.#removed.clear();
    return { upserts: upserts.toReversed(), removals };
  }

  #state(slot: number): GroupState {
    return {
      definition: this.#definition,
      usedAt: this.#records.double(slot, groupDouble.usedAt),
      clockMs: this.#records.double(slot, groupDouble.clockMs),
      entries: this.#windows.read(slot),
    };
  }

  restore(groups: readonly SavedGroup[]): { refused: readonly { key: string; reason: string }[]; used: number } {
    const refused: { key: string; reason: string }[] = [];
    const read: { key: string; state: GroupState }[] = [];
    for (const { key, state: text } of groups) {
      const state = readState(text);
      if (state === undefined || !suits(state.entries, this.#rule))
        refused.push({ key, reason: "the state cannot be read" });
      else if (state.definition !== this.#definition) refused.push({ key, reason: "the correlation has changed" });
      else if (this.#keys.find(key) !== 0) refused.push({ key, reason: "the group is there twice" });
      else {
        this.#keys.hold(key);
        read.push({ key, state });
      }
    }
    for (const { key, state } of read.sort((left, right) => left.state.usedAt - right.state.usedAt)) {
      const slot = this.#keys.find(key);
      this.#records.claim(slot);
      this.#windows.fill(slot, state.entries);
      this.#use(slot, { used: state.usedAt, clockMs: state.clockMs });
      this.#records.setWord(slot, word.flags, isStored);
    }
    return { refused, used: read.at(-1)?.state.usedAt ?? 0 };
  }
}

/** A stored text may be another's: values of the correlation's kind, and positions in its own list of rules. */
function suits(entries: readonly Entry[], { correlation }: CorrelationRule): boolean {
  const kind = correlation.type === "value_count" ? "string" : "number";
  const isRule = (position: number): boolean => correlation.rules[position] !== undefined;
  return entries.every(({ rules, values }) => values.every((value) => typeof value === kind) && rules.every(isRule));
}
