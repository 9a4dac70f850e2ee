import type { Actor, SubjectId } from "@tyr/contract";
import type { Fact, WriteTransaction } from "#platform/database";

/** Whose access ends, who ends it, and when. */
export type AccessEnd = Readonly<{ subjectId: SubjectId; actor: Actor; requestId: string | null; now: Date }>;

/** What one kind of access had, for the entry of the change that ended it. */
export type Ended = Readonly<{
  count: number;
  /** Entries of their own, where what ended has a history: a cancelled request for action. */
  facts?: readonly Fact[];
  /** Runs after the commit, for connections and caches of this process. Must not throw. */
  committed?: () => void;
}>;

type KeyEnd = AccessEnd & Readonly<{ keyId: string }>;

/**
 * One kind of credential or standing that must not outlive its owner's account. Its `end` runs in the transaction that
 * disables the account, whose row is locked by then, so it sees every credential made before and none can follow:
 * whoever makes one calls `lockActiveSubject` (store.ts) in their own transaction first.
 */
export type AccessKind = Readonly<{
  /** How its count is called in the details of the entry, such as `keysRevoked`; a field declared for `user.changed`. */
  counted: string;
  end(tx: WriteTransaction, end: AccessEnd): Promise<Ended>;
  /** What was signed with one key of theirs, in the transaction that ends the key. Left out: nothing is. */
  endKey?(tx: WriteTransaction, end: KeyEnd): Promise<Ended>;
  /** All they signed, in the transaction that takes everything they sign in with. Left out: nothing is. */
  endFactors?(tx: WriteTransaction, end: AccessEnd): Promise<Ended>;
}>;

export type AllEnded = Readonly<{
  counts: Readonly<Record<string, number>>;
  facts: readonly Fact[];
  committed: () => void;
}>;

/** All that ends when an account is disabled, by whatever door: the users' route, SCIM. */
export type EndAccess = Readonly<{
  /** Once for each kind, when the process starts. @throws {TypeError} for a name that is taken */
  register(kind: AccessKind): void;
  end(tx: WriteTransaction, end: AccessEnd): Promise<AllEnded>;
  /** One key of somebody ends, and they stay: it may have been in other hands. */
  endKey(tx: WriteTransaction, end: KeyEnd): Promise<AllEnded>;
  /** Somebody lost all they sign in with, and stays. */
  endFactors(tx: WriteTransaction, end: AccessEnd): Promise<AllEnded>;
  /** For a change that ends nobody's access: every count is 0. */
  nothing(): AllEnded;
}>;

async function endEach(
  kinds: readonly AccessKind[],
  end: (kind: AccessKind) => Promise<Ended | undefined>,
): Promise<AllEnded> {
  const counts: Record<string, number> = {};
  const ended: Ended[] = [];
  for (const kind of kinds) {
    const done = await end(kind);
    if (done === undefined) continue;
    counts[kind.counted] = done.count;
    ended.push(done);
  }
  return {
    counts,
    facts: ended.flatMap(({ facts = [] }) => facts),
    committed: () => {
      for (const { committed } of ended) committed?.();
    },
  };
}

export function createEndAccess(builtIn: readonly AccessKind[]): EndAccess {
  const kinds = new Map(builtIn.map((kind) => [kind.counted, kind]));
  return {
    register(kind) {
      if (kinds.has(kind.counted)) throw new TypeError(`two kinds of access are called ${kind.counted}`);
      kinds.set(kind.counted, kind);
    },
    end: async (tx, end) => await endEach([...kinds.values()], async (kind) => await kind.end(tx, end)),
    endKey: async (tx, end) => await endEach([...kinds.values()], async (kind) => await kind.endKey?.(tx, end)),
    endFactors: async (tx, end) => await endEach([...kinds.values()], async (kind) => await kind.endFactors?.(tx, end)),
    nothing: () => ({
      counts: Object.fromEntries([...kinds.keys()].map((name) => [name, 0])),
      facts: [],
      committed: () => undefined,
    }),
  };
}
