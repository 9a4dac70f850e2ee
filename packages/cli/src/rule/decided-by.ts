import type { Explanation } from "@tyr/sigma";

export type Decided = Readonly<{ item: string; matched: boolean; why: string }>;

/** The lines of the rule its answer rests on. */
export function decidedBy(node: Explanation): readonly Decided[] {
  if (!node.decisive) return [];
  const { item, matched, why, children } = node;
  return children.length === 0 ? [{ item, matched, why }] : children.flatMap(decidedBy);
}
