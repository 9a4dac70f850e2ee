import type { CorrelationRule } from "../rule.ts";
import type { Entry } from "./entry.ts";
import type { GroupLimits, Outcome } from "./group.ts";

/** Bounds of the groups of one correlation. */
export type StoreLimits = GroupLimits &
  Readonly<{
    /** Groups one correlation may hold; the one not used for longest goes first. */
    groupsMax: number;
    /** Entries all groups of one correlation may hold together. */
    entriesMax: number;
  }>;

/** What left the store on its own account. */
export type Departure = Readonly<{ reason: "evicted" | "expired"; key: string; entries: number }>;

/** How the stream stands while an entry is taken. */
export type StreamTime = Readonly<{
  /** The stream's clock, milliseconds since 1970. */
  clockMs: number;
  /** Counts what is taken: the order of use. */
  used: number;
}>;

/** One group as text; only the store that wrote it reads it. */
export type SavedGroup = Readonly<{ key: string; state: string }>;

/**
 * Where the groups of one correlation live: the port between the correlator, which knows rules and events, and the
 * windows. A key is any text; equal texts are one group. `createGroupTable` keeps them in this process.
 *
 * An answer is needed before the next event, so the port is synchronous: a store of another process is reached by
 * bringing in what it has saved (`restore`) and writing out what changed (`takeDirty`), by whoever deals out the groups.
 * What a store answers must depend on the sequence of calls and on nothing else.
 */
export interface GroupStore {
  readonly groups: number;
  readonly entries: number;
  take(key: string, entry: Entry, now: StreamTime): Outcome;
  /** Lets go of groups the stream has left behind, then of those beyond the bounds; tells of each. */
  sweep(clockMs: number, tell: (departure: Departure) => void): void;
  /** Changed groups as text and those no longer there by key, since the last call. */
  takeDirty(): Readonly<{ upserts: readonly SavedGroup[]; removals: readonly string[] }>;
  /** Takes groups back from text, before the first event; answers with those it cannot use, and the latest use. */
  restore(groups: readonly SavedGroup[]): Readonly<{
    refused: readonly Readonly<{ key: string; reason: string }>[];
    used: number;
  }>;
}

/** Opens the store of one correlation. */
export type OpenGroupStore = (rule: CorrelationRule, limits: StoreLimits) => GroupStore;
