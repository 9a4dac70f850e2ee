import { DETECTION_CONSUMER, EVENT_CONSUMER, LOOK_CONSUMER } from "#actors";
import { INTEL_CONSUMER, LIFT_CONSUMER } from "#detect";

/** Who reads which stream, in the order of the data. */
export const CONSUMERS = [
  { consumer: LIFT_CONSUMER, stream: "event" },
  { consumer: "detect", stream: "event" },
  { consumer: "escalate", stream: "detection" },
  { consumer: EVENT_CONSUMER, stream: "event" },
  { consumer: LOOK_CONSUMER, stream: "event" },
  { consumer: DETECTION_CONSUMER, stream: "detection" },
  { consumer: INTEL_CONSUMER, stream: "event" },
  { consumer: "govern", stream: "incident" },
] as const;
