import type { EventId, EventKind, Id } from "@tyr/contract";
import { derivedId } from "#platform/ids";
import type { DetectionTag } from "./detection.ts";
import { isDeclared } from "./evidence.ts";

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

/** Whom a tag hangs on; the table's constraint `tag_has_anchor` says the same. */
export type TagAnchor = Pick<DetectionTag, "observation" | "identity">;

export function isAnchored({ observation, identity }: TagAnchor): boolean {
  return observation !== null || identity !== null;
}

/**
 * Makes a tag, with the id its parts give it.
 *
 * @throws {TypeError} it hangs on nothing, is less sure than a tag may be, or rests on evidence its source kind does not
 *   declare: a mistake of ours
 */
export function makeTag({ ruleId, ruleVersion, ...tag }: Omit<DetectionTag, "id"> & TagIdentity): DetectionTag {
  if (!isAnchored(tag)) throw new TypeError("a tag needs observation or identity: both are null");
  if (!(tag.confidence >= CONFIDENCE_MIN && tag.confidence <= 1))
    throw new TypeError(`the confidence of a tag is ${CONFIDENCE_MIN} to 1, not ${tag.confidence}`);
  if (!isDeclared(tag.sourceKind, tag.evidence))
    throw new TypeError(`evidence of ${tag.sourceKind} does not declare ${Object.keys(tag.evidence).join(", ")}`);
  return { id: tagId({ ruleId, ruleVersion, ...tag }), ...tag };
}
