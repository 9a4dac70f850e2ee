/** Why a tag that a rule names was not made: too unsure to be one, or somebody switched the rule off. */
type DropReason = "below_floor" | "rule_disabled";
/** Told of tags that were not made. */
export type OnDropped = (reason: DropReason, tags: number) => void;

export type DroppedTags = Readonly<{ add: OnDropped; report(): Readonly<Record<DropReason, number>> }>;

/** Counts them since the start of the process. */
export function createDroppedTags(): DroppedTags {
  const counts: Record<DropReason, number> = { below_floor: 0, rule_disabled: 0 };
  return {
    add: (reason, tags) => void (counts[reason] += tags),
    report: () => ({ ...counts }),
  };
}
