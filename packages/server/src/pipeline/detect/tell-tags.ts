import type { Id, IdentityId } from "@tyr/contract";
import type { TopicBus } from "#platform/bus";
import { observationIdOf } from "#collect";
import type { DetectionTag, NewDetection } from "./detection.ts";

/**
 * Says which tags were written: `ttp.tagged` once for everybody they hang on, `ttp.rule.fired.T…` once for each of their
 * techniques. What was stored already, or dropped below the floor, is not among them.
 */
export function tellTags(topics: Pick<TopicBus, "say">, written: readonly NewDetection[]): void {
  const tags = written.flatMap((one) => one.tags);
  const groups = Map.groupBy(tags, ({ observation, identity, session }) =>
    [observation, identity, session].map((part) => part ?? "").join("\n"),
  );
  for (const group of groups.values()) tellOf(topics, group);
}

function tellOf(topics: Pick<TopicBus, "say">, tags: readonly DetectionTag[]): void {
  const [first] = tags;
  if (first === undefined) return;
  const anchors = {
    observation_id: first.observation === null ? null : observationIdOf(first.observation),
    identity_id: first.identity as IdentityId | null,
    session_id: first.session,
  };
  const idsOf = (of: readonly DetectionTag[]): readonly Id<"tag">[] => of.map(({ id }) => id);
  topics.say({
    family: "ttp.tagged",
    payload: () => {
      const techniques = new Set(tags.map(({ technique, subTechnique }) => subTechnique ?? technique));
      return { ...anchors, tag_ids: idsOf(tags), techniques_added: [...techniques].toSorted() };
    },
  });
  for (const [technique, of] of Map.groupBy(tags, (tag) => tag.technique)) {
    topics.say({
      family: "ttp.rule.fired.*",
      segments: [technique],
      payload: () => ({ ...anchors, technique_id: technique, tag_ids: idsOf(of) }),
    });
  }
}
