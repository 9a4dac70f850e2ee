import { asRead, derivedEventId, DERIVED_SENSOR, type DerivedEvent } from "#collect";
import type { EvaluatedEvent } from "../evaluate.ts";
import { keyedHash } from "./keyed-hash.ts";
import { Lift } from "./lift.ts";
import { allLifters } from "./lifters.ts";

/** Whoever tries rules has no installation: hashes made here meet each other only. */
const NO_KEY = keyedHash(new Uint8Array(32));

function asEvaluated(event: DerivedEvent): EvaluatedEvent {
  const read = asRead(event);
  return { ...read, id: derivedEventId(event), observedAt: read.time, sensorId: DERIVED_SENSOR.id };
}

/**
 * Events with what a running server would derive of them: each behind the event that led to it, and in the end what
 * shows once nothing more comes. For trying rules on a few lines.
 */
export function withDerived(events: readonly EvaluatedEvent[]): readonly EvaluatedEvent[] {
  const failed: unknown[] = [];
  const lift = new Lift(allLifters(NO_KEY), {
    onFailure: (_lifter, error) => failed.push(error),
    onUnclaimed: () => {},
  });
  const all = events.flatMap((event, index) => {
    const { derived } = lift.feed({ ...event, logsource: {}, position: index + 1 });
    return [event, ...derived.map(asEvaluated)];
  });
  const whole = [...all, ...lift.finish().derived.map(asEvaluated)];
  if (failed.length > 0) throw failed[0];
  return whole;
}
