import type { LinkReason } from "@tyr/contract";

/** Links below this join nothing and are not kept. */
const LINK_THRESHOLD = 1;

/** Why two nodes belong together; the weights of the reasons add up to its weight. `a` < `b`. */
export type Link = Readonly<{ a: string; b: string; weight: number; reasons: readonly LinkReason[] }>;

/** Sums of weights such as 0.4 + 0.6 must meet the threshold, whatever binary fractions make of them. */
const PRECISION = 1_000;

/** @returns undefined when the reasons do not reach the threshold */
export function linkOf(ids: readonly [string, string], reasons: readonly LinkReason[]): Link | undefined {
  const weight = Math.round(reasons.reduce((sum, one) => sum + one.weight, 0) * PRECISION) / PRECISION;
  if (weight < LINK_THRESHOLD) return undefined;
  const [a, b] = ids[0] < ids[1] ? ids : [ids[1], ids[0]];
  return { a, b, weight, reasons: reasons.filter((one) => one.weight > 0) };
}

/** How sure a link is: 0.5 for what a single exact trace weighs, 1 from two on, or where a person said so. */
export function confidenceOf(weight: number): number {
  return Math.min(1, weight / 2);
}
