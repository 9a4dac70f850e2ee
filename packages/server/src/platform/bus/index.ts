import { randomUUID } from "node:crypto";
import type { LiveData, LiveEntry, LiveTopic } from "@tyr/contract";
import type { Clock } from "#platform/clock";

export { cursorOf, headOf, listCursors, moveCursor, type Stream, takePositions } from "./streams.ts";
export { enqueue, type MessagesRead, type NewMessage, readMessages } from "./outbox.ts";
export { startKeepingMessages } from "./keep-messages.ts";
export { startRelay } from "./relay.ts";
export { createTopicBus, type Said, type TopicBus } from "./topic-bus.ts";
export type { CanaryTriggered, EmailReceived, SessionCommand, SessionEnded, TopicPayloads } from "./topic-payloads.ts";
export {
  type BestEffortFamily,
  type DurableFamily,
  type Envelope,
  familyOf,
  isOfFamily,
  isTopicPattern,
  isTopicSegment,
  matchesTopic,
  type StoredMessage,
  type Topic,
  TOPIC_FAMILIES,
  type TopicFamily,
  topicOf,
} from "./topics.ts";

/** `isRelayed`: another process said it, or somebody who may connect to the database: what it says is not to be gone by. */
type Listener = (message: LiveEntry, isRelayed: boolean) => void;

/** Wakes loops and feeds live views inside one process. Never the truth: a reader that misses a message reads the rows. */
export type Bus = Readonly<{
  boot: string;
  seq(): number;
  publish<T extends LiveTopic>(topic: T, data: LiveData[T], isRelayed?: boolean): void;
  subscribe(listener: Listener): () => void;
  /** Messages after `seq`, or undefined when they are no longer kept. */
  since(seq: number): readonly LiveEntry[] | undefined;
  /** Something may have been missed: what is kept counts for nothing any more, and live views read again. */
  lose(): void;
  /** Called when something may have been missed. @returns how to stop */
  onLoss(listener: () => void): () => void;
}>;

const KEPT_MESSAGES = 2_000;

export function createBus(clock: Clock): Bus {
  const boot = randomUUID();
  const listeners = new Set<Listener>();
  const losers = new Set<() => void>();
  const kept: LiveEntry[] = [];
  let seq = 0;
  return {
    boot,
    seq: () => seq,
    publish<T extends LiveTopic>(topic: T, data: LiveData[T], isRelayed = false) {
      seq += 1;
      const typed: LiveEntry<T> = { type: "message", seq, topic, at: clock.now().toISOString(), data };
      // The compiler does not see that an entry of some topic is one of the entries of all topics.
      const message = typed as LiveEntry;
      kept.push(message);
      if (kept.length > KEPT_MESSAGES) kept.shift();
      for (const listener of listeners) listener(message, isRelayed);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    since(after) {
      const first = kept[0]?.seq ?? seq + 1;
      if (after > seq || after < first - 1) return undefined;
      return kept.filter((message) => message.seq > after);
    },
    lose() {
      seq += 1;
      kept.length = 0;
      for (const listener of losers) listener();
    },
    onLoss(listener) {
      losers.add(listener);
      return () => void losers.delete(listener);
    },
  };
}
