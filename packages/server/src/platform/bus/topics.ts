import type { TopicPayloads } from "./topic-payloads.ts";

/** A family of topics; `*` stands for one segment its publisher chooses. */
export type TopicFamily = keyof TopicPayloads;
/** `durable`: at least once, through the table of messages. `best-effort`: inside this process, to whoever listens then. */
export type Delivery = "durable" | "best-effort";

const DELIVERIES = {
  "attacker.observed": "best-effort",
  "attacker.scored": "best-effort",
  "attacker.fingerprinted": "best-effort",
  "attacker.session.started": "best-effort",
  "attacker.session.ended": "durable",
  "attacker.intel.enriched": "best-effort",
  "identity.formed": "best-effort",
  "identity.observation.linked": "best-effort",
  "identity.merged": "best-effort",
  "identity.unmerged": "best-effort",
  "identity.campaign.assigned": "best-effort",
  "campaign.formed": "best-effort",
  "campaign.identity.assigned": "best-effort",
  "campaign.merged": "best-effort",
  "campaign.unmerged": "best-effort",
  "attribution.profile.state_changed": "best-effort",
  "attribution.profile.multi_actor_suspected": "best-effort",
  "credential.captured": "best-effort",
  "credential.reuse.detected": "best-effort",
  "canary.*.triggered": "durable",
  "email.received": "durable",
  "ttp.tagged": "best-effort",
  "ttp.rule.fired.*": "best-effort",
  "ttp.rule.suppressed": "best-effort",
  "ttp.rule.reloaded.*": "durable",
  "ttp.rule.state.*": "durable",
  "approval.*": "durable",
} as const satisfies Record<TopicFamily, Delivery>;

export const TOPIC_FAMILIES = Object.keys(DELIVERIES) as readonly TopicFamily[];
export function deliveryOf(family: TopicFamily): Delivery {
  return DELIVERIES[family];
}
export type DurableFamily = {
  [F in TopicFamily]: (typeof DELIVERIES)[F] extends "durable" ? F : never;
}[TopicFamily];
export type BestEffortFamily = Exclude<TopicFamily, DurableFamily>;

/** One topic of a family: its name with every segment filled in. */
export type Topic<F extends TopicFamily = TopicFamily> = string & { readonly __family?: F };

/** A message. Its topic is what it was sent under; nothing in the payload can change it. */
export type Envelope<F extends TopicFamily = TopicFamily> = {
  [K in F]: Readonly<{
    v: 1;
    /** A UUID: the same message delivered twice has the same one. */
    id: string;
    topic: Topic<K>;
    /** The family, where nothing finer is said: the kind of a fingerprint, for one. */
    type: string;
    /** Seconds since 1970, with a fraction. */
    ts: number;
    payload: TopicPayloads[K];
  }>;
}[F];

/** A place in the stream of durable messages, with the message. */
export type StoredMessage<F extends DurableFamily = DurableFamily> = Readonly<{ position: number }> & Envelope<F>;

/** Longest segment, characters: ids are shorter. */
const SEGMENT_CHARS_MAX = 128;

/** Neither empty nor long, and nothing that means something in a topic: no dot (so no sub-technique), wildcard or blank. */
export function isTopicSegment(text: string): boolean {
  return text.length > 0 && text.length <= SEGMENT_CHARS_MAX && !/[.*>\s\p{Cc}]/u.test(text);
}

/** Whether this can be asked for: segments, `*`, and `>` at the end. */
export function isTopicPattern(text: string): boolean {
  const parts = text.split(".");
  return parts.every(
    (part, place) => part === "*" || (part === ">" && place === parts.length - 1) || isTopicSegment(part),
  );
}

/** As many texts as the family has `*`. */
export type Segments<F extends string> = F extends `${infer _Before}*${infer After}`
  ? readonly [string, ...Segments<After>]
  : readonly [];

/**
 * The topic of a family.
 *
 * @throws {TypeError} a segment that is none (`isTopicSegment`), or not one for each `*`
 */
export function topicOf<F extends TopicFamily>(family: F, ...segments: Segments<F>): Topic<F> {
  const left: string[] = [...segments];
  const topic = family.split(".").map((part) => {
    if (part !== "*") return part;
    const segment = left.shift();
    if (segment === undefined || !isTopicSegment(segment)) throw new TypeError(`no segment of a topic of ${family}`);
    return segment;
  });
  if (left.length > 0) throw new TypeError(`too many segments for a topic of ${family}`);
  return topic.join(".");
}

/**
 * Whether a topic is one of those a pattern means: `*` is exactly one segment, a `>` at the end one or more (so `a.>`
 * does not match `a`), as NATS has it. Anything else matches itself only.
 */
export function matchesTopic(pattern: string, topic: string): boolean {
  const wanted = pattern.split(".");
  const given = topic.split(".");
  for (const [place, want] of wanted.entries()) {
    if (want === ">") return place === wanted.length - 1 && given.length > place;
    if (want === "*" ? given[place] === undefined : want !== given[place]) return false;
  }
  return wanted.length === given.length;
}

/** The family a topic is of, exactly: `canary.t1.placed` is none of `canary.*.triggered`. Undefined: no topic of ours. */
export function familyOf(topic: string): TopicFamily | undefined {
  if (!topic.split(".").every(isTopicSegment)) return undefined;
  return TOPIC_FAMILIES.find((family) => matchesTopic(family, topic));
}

/** Whether this is a message of one of these families; narrows its payload. */
export function isOfFamily<F extends TopicFamily>(
  envelope: Envelope,
  ...families: readonly F[]
): envelope is Envelope & Readonly<{ payload: TopicPayloads[F] }> {
  const found = familyOf(envelope.topic);
  return families.some((family) => family === found);
}
