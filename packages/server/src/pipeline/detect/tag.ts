import type { EventId, EventKind, Id } from "@tyr/contract";
import { derivedId } from "#platform/ids";

/** A tag less sure than this is dropped when it is made. */
export const CONFIDENCE_MIN = 0.3;

/** What makes a tag that tag; nothing else enters its id, so that detecting again writes nothing twice. */
export type TagIdentity = Readonly<{
  sourceKind: EventKind;
  sourceId: EventId;
  ruleId: string;
  ruleVersion: string;
  technique: string;
  subTechnique: string | null;
}>;

/** UUIDv5 over the six parts joined by `|`, in Tyr's namespace. */
export function tagId(tag: TagIdentity): Id<"tag"> {
  const { sourceKind, sourceId, ruleId, ruleVersion, technique, subTechnique } = tag;
  return derivedId("tag", [sourceKind, sourceId, ruleId, ruleVersion, technique, subTechnique ?? ""]);
}
