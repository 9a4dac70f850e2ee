import type { ObservationId, Severity } from "@tyr/contract";
import type { StoredDetection } from "#detect";
import type { InHand } from "./accumulate.ts";
import { riskOf } from "./risk.ts";

/** The risk of an address is another one than it was. */
export type ScoreChange = Readonly<{
  observationId: ObservationId;
  address: string;
  before: number;
  after: number;
  severity: Severity | null;
}>;

/**
 * Takes detections, and says whose risk they changed. Of what a backfill found nobody is told: an address it found nothing
 * else of in this batch is left out.
 *
 * @param take puts what the detections say into what is in hand
 */
export function scoreChanges(
  hand: InHand,
  detections: readonly Pick<StoredDetection, "actorIp" | "backfill">[],
  take: () => void,
): readonly ScoreChange[] {
  const told = new Set(detections.flatMap(({ actorIp, backfill }) => (backfill === null ? (actorIp ?? []) : [])));
  const scoreOf = (address: string): number => riskOf(hand.observations.get(address)?.points ?? {}).score;
  const before = new Map([...told].map((address) => [address, scoreOf(address)]));
  take();
  return [...before].flatMap(([address, was]) => {
    const now = hand.observations.get(address);
    const after = scoreOf(address);
    if (now === undefined || after === was) return [];
    return [{ observationId: now.id, address, before: was, after, severity: now.severity }];
  });
}
