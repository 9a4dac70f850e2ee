import { randomUUID } from "node:crypto";
import type { Clock } from "#platform/clock";
import type { Logger } from "#platform/log";
import type { TopicPayloads } from "./topic-payloads.ts";
import {
  type BestEffortFamily,
  type Envelope,
  familyOf,
  matchesTopic,
  type Segments,
  type TopicFamily,
  topicOf,
} from "./topics.ts";

type Listener = (envelope: Envelope) => void;
/** A message whose payload is made only if somebody listens. */
export type Said = {
  [F in BestEffortFamily]: Readonly<{
    family: F;
    segments?: Segments<F>;
    type?: string;
    payload: () => TopicPayloads[F];
  }>;
}[BestEffortFamily];
type Sent<F extends BestEffortFamily> = Readonly<{ segments?: Segments<F>; type?: string; payload: TopicPayloads[F] }>;

/**
 * Topics inside one process, best effort: who does not listen at the moment misses the message. A message that must
 * arrive goes through the table (`enqueue`) and is told here after its commit, to wake its readers.
 */
export type TopicBus = Readonly<{
  /** @throws {TypeError} a segment that cannot be one */
  publish<F extends BestEffortFamily>(family: F, sent: Sent<F>): void;
  say(said: Said): void;
  /** Messages since the start, by family, whether anybody listened or not. */
  published(): ReadonlyMap<TopicFamily, number>;
  /** Tells of durable messages after their commit. */
  deliver(envelopes: readonly Envelope[]): void;
  /** @param pattern `*` one segment, `>` the rest @returns how to stop */
  subscribe(pattern: string, listener: Listener): () => void;
}>;

export function createTopicBus({ clock, log }: Readonly<{ clock: Clock; log: Logger }>): TopicBus {
  const listeners = new Set<Readonly<{ pattern: string; listener: Listener }>>();
  const published = new Map<TopicFamily, number>();
  const count = (family: TopicFamily): void => void published.set(family, (published.get(family) ?? 0) + 1);

  const tell = (envelope: Envelope): void => {
    for (const { pattern, listener } of listeners) {
      if (!matchesTopic(pattern, envelope.topic)) continue;
      try {
        listener(envelope);
      } catch (error) {
        // One listener that breaks must neither stop the others nor whoever publishes.
        log.error({ err: error, family: familyOf(envelope.topic) }, "a listener of a topic failed");
      }
    }
  };

  const say = ({ family, segments, type = family, payload }: Said): void => {
    count(family);
    if (listeners.size === 0) return;
    const topic = topicOf(family, ...((segments ?? []) as Segments<typeof family>));
    if (![...listeners].some(({ pattern }) => matchesTopic(pattern, topic))) return;
    const ts = clock.now().getTime() / 1_000;
    tell({ v: 1, id: randomUUID(), topic, type, ts, payload: payload() } as Envelope);
  };

  return {
    publish(family, { payload, ...more }) {
      // The compiler does not see that what is sent of one family is what may be said of all of them.
      say({ family, ...more, payload: () => payload } as unknown as Said);
    },
    say,
    published: () => published,
    deliver(envelopes) {
      for (const envelope of envelopes) {
        const family = familyOf(envelope.topic);
        if (family !== undefined) count(family);
        tell(envelope);
      }
    },
    subscribe(pattern, listener) {
      const entry = { pattern, listener };
      listeners.add(entry);
      return () => void listeners.delete(entry);
    },
  };
}
