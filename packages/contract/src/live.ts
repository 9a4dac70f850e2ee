import { Type, type Static, type TSchema } from "typebox";
import { Check } from "typebox/value";
import { IdSchema } from "./ids.ts";
import type { Permission } from "./permissions.ts";
import { Instant, NullableInstant, NullableString } from "./schemas/basics.ts";
import { IncidentState } from "./schemas/escalate.ts";
import { ActionState } from "./schemas/govern.ts";
import { ImportProgress, Mode } from "./schemas/overview.ts";
import { BlockState } from "./schemas/respond.ts";
import { RuleId } from "./schemas/rules.ts";
import { Severity } from "./severity.ts";

type Topic = Readonly<{ needs: Permission; data: TSchema }>;

const Count = Type.Integer({ minimum: 1 });

/**
 * Topics of the live feed: what one must be allowed to read, and what a message says. The feed carries views, never
 * the truth: after a gap the client reads again.
 */
export const LIVE_TOPICS = {
  "event.stored": {
    needs: "event:read",
    data: Type.Object({ count: Count, head: Type.String({ description: "position of the newest event" }) }),
  },
  "detection.recorded": {
    needs: "detection:read",
    /** The worst of a batch, and how many the batch held. */
    data: Type.Object({ id: IdSchema("detection"), ruleTitle: Type.String(), severity: Severity, count: Count }),
  },
  "rule.changed": {
    needs: "detection:read",
    /** `definition`: added, edited, removed or rejected; `suppressed`: findings of a muted rule were counted. */
    data: Type.Object({ id: RuleId, what: Type.Enum(["definition", "state", "suppressed"]) }),
  },
  "incident.changed": {
    needs: "incident:read",
    data: Type.Object({
      id: IdSchema("incident"),
      title: Type.String(),
      state: IncidentState,
      severity: Severity,
      risk: Type.Integer(),
      actorIp: NullableString,
    }),
  },
  "action.changed": {
    needs: "action:read",
    data: Type.Object({
      id: IdSchema("action"),
      state: ActionState,
      target: Type.String(),
      incidentId: Type.Union([IdSchema("incident"), Type.Null()]),
    }),
  },
  "block.changed": {
    needs: "block:read",
    data: Type.Object({ id: IdSchema("block"), state: BlockState, value: Type.String() }),
  },
  "sensor.changed": { needs: "sensor:read", data: Type.Object({ id: IdSchema("sensor") }) },
  "mode.changed": {
    needs: "overview:read",
    data: Type.Object({ mode: Mode.properties.mode, until: NullableInstant }),
  },
  "settings.changed": { needs: "policy:read", data: Type.Object({ changed: Type.Array(Type.String()) }) },
  "import.progress": { needs: "overview:read", data: ImportProgress },
} as const satisfies Record<string, Topic>;

export type LiveTopic = keyof typeof LIVE_TOPICS;
export type LiveData = { [T in LiveTopic]: Readonly<Static<(typeof LIVE_TOPICS)[T]["data"]>> };
/** One message; narrowing `topic` narrows `data`. */
export type LiveEntry<T extends LiveTopic = LiveTopic> = {
  [K in T]: Readonly<{ type: "message"; seq: number; topic: K; at: string; data: LiveData[K] }>;
}[T];
export type LiveResetReason = "other-boot" | "too-far-behind";
/** `seq` rises by one per message within one `boot`; a client that reconnects sends both and gets what it missed. */
export type LiveMessage =
  | Readonly<{ type: "hello"; boot: string; seq: number }>
  | Readonly<{ type: "reset"; boot: string; seq: number; reason: LiveResetReason }>
  | LiveEntry;

const Seq = Type.Integer({ minimum: 0 });

const GREETINGS: readonly TSchema[] = [
  Type.Object({ type: Type.Literal("hello"), boot: Type.String(), seq: Seq }),
  Type.Object({
    type: Type.Literal("reset"),
    boot: Type.String(),
    seq: Seq,
    reason: Type.Enum(["other-boot", "too-far-behind"]),
  }),
];
const ENTRIES: readonly TSchema[] = Object.entries(LIVE_TOPICS).map(([topic, { data }]) =>
  Type.Object({ type: Type.Literal("message"), seq: Seq, topic: Type.Literal(topic), at: Instant, data }),
);

/** Everything the feed may send, one schema per kind of message. */
export const LIVE_MESSAGES: readonly TSchema[] = [...GREETINGS, ...ENTRIES];

/** Whether a frame is a message of this contract; one of a newer server may not be. */
export function isLiveMessage(frame: unknown): frame is LiveMessage {
  return LIVE_MESSAGES.some((schema) => Check(schema, frame));
}
