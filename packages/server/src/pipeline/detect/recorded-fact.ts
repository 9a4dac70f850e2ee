import { createHash } from "node:crypto";
import type { Actor } from "@tyr/contract";
import type { Fact } from "#platform/database";
import type { NewDetection } from "./detection.ts";

export const DETECT_ACTOR: Actor = { kind: "system", id: "detect", name: "detect" };

/** The events after `from` up to `position`, and the pack they were looked at with. */
export type BatchPlace = Readonly<{ from: number; position: number; packDigest: string }>;

/** One entry for the findings of one batch, naming the events by their positions and the findings by a digest over their ids. */
export function recordedFact(stored: readonly NewDetection[], { from, position, packDigest }: BatchPlace): Fact {
  const hash = createHash("sha256");
  for (const { id } of stored) hash.update(id).update("\n");
  return {
    type: "detection.recorded",
    actor: DETECT_ACTOR,
    object: { kind: "event-stream", id: `${from + 1}-${position}` },
    details: {
      events: position - from,
      detections: stored.length,
      tags: stored.reduce((sum, { tags }) => sum + tags.length, 0),
      detectionIdsDigest: hash.digest("hex"),
      rulePackDigest: packDigest,
    },
  };
}
