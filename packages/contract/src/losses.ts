import { CORRELATION_LOSSES, type CorrelationLosses, type CorrelationLossReason } from "./schemas/overview.ts";

/** Those that may hide a detection, worst first; empty when there is nothing to say. */
export function hidingLosses(losses: CorrelationLosses): readonly (readonly [CorrelationLossReason, number])[] {
  const reasons = Object.keys(CORRELATION_LOSSES) as CorrelationLossReason[];
  return reasons
    .filter((reason) => reason !== "expired" && losses[reason] > 0)
    .map((reason) => [reason, losses[reason]] as const)
    .toSorted(([, a], [, b]) => b - a);
}
