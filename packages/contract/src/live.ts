/** Topics of the live feed. The feed carries views, never the truth: after a gap the client reads again. */
export const LIVE_TOPICS = {
  "event.stored": "event:read",
  "detection.recorded": "detection:read",
  "incident.changed": "incident:read",
  "action.changed": "action:read",
  "block.changed": "block:read",
  "sensor.changed": "sensor:read",
  "import.progress": "overview:read",
} as const;
export type LiveTopic = keyof typeof LIVE_TOPICS;

/** `seq` rises by one per message within one `boot`; a client that reconnects sends both and gets what it missed. */
export type LiveMessage =
  | Readonly<{ type: "hello"; boot: string; seq: number }>
  | Readonly<{ type: "reset"; boot: string; seq: number; reason: "other-boot" | "too-far-behind" }>
  | Readonly<{ type: "message"; seq: number; topic: LiveTopic; at: string; data: Readonly<Record<string, unknown>> }>;
