import type { EventKind } from "@tyr/contract";

/** Evidence of derived sessions and credentials (docs/reference/fields.md): counts, rhythms and words of our own. */
type Extract = (
  source: Readonly<{ fields: Readonly<Record<string, unknown>> }>,
) => string | number | readonly string[] | undefined;

/** Words lifters write; an attacker writes none of them. */
const WORD = /^[a-z0-9_-]{1,32}$/;

function number(name: string): Extract {
  return ({ fields }) => {
    const value = fields[name];
    return typeof value === "number" && Number.isFinite(value) ? value : undefined;
  };
}

function word(name: string): Extract {
  return ({ fields }) => {
    const value = fields[name];
    return typeof value === "string" && WORD.test(value) ? value : undefined;
  };
}

function words(name: string): Extract {
  return ({ fields }) => {
    const value = fields[name];
    const fit = Array.isArray(value)
      ? value.filter((one): one is string => typeof one === "string" && WORD.test(one))
      : [];
    return fit.length === 0 ? undefined : fit;
  };
}

export const LIFT_EXTRACTORS = {
  session_class: word("session.class"),
  session_behaviour: word("session.behaviour"),
  session_events: number("session.event_count"),
  session_duration_s: number("session.duration_s"),
  session_services: number("session.service_count"),
  session_commands: number("session.command_count"),
  session_phases: words("session.phases"),
  interval_mean_s: number("session.interval_mean_s"),
  interval_cv: number("session.interval_cv"),
  beacon_interval_s: number("session.beacon_interval_s"),
  beacon_jitter: number("session.beacon_jitter"),
  contact_count: number("session.contact_count"),
  tools_by_cadence: words("session.tools_by_cadence"),
  bytes_out: number("session.bytes_out"),
  rows_read: number("session.rows_read"),
  bytes_read: number("session.bytes_read"),
  account_count: number("credential.account_count"),
  secret_count: number("credential.secret_count"),
  target_count: number("credential.target_count"),
  source_count: number("credential.source_count"),
  attempt_count: number("credential.attempt_count"),
  secret_kind: word("credential.secret_kind"),
  typed_by: word("keystroke.typed_by"),
  key_count: number("keystroke.count"),
  pasted_chars: number("keystroke.pasted_chars"),
  interval_mean_ms: number("keystroke.interval_mean_ms"),
} as const satisfies Readonly<Record<string, Extract>>;

export const LIFT_KEYS = {
  session: [
    "session_class",
    "session_behaviour",
    "session_events",
    "session_duration_s",
    "session_services",
    "session_commands",
    "session_phases",
    "interval_mean_s",
    "interval_cv",
    "beacon_interval_s",
    "beacon_jitter",
    "contact_count",
    "tools_by_cadence",
    "bytes_out",
    "rows_read",
    "bytes_read",
    "typed_by",
    "key_count",
    "pasted_chars",
    "interval_mean_ms",
  ],
  credential: ["account_count", "secret_count", "target_count", "source_count", "attempt_count", "secret_kind"],
} as const satisfies Readonly<Partial<Record<EventKind, readonly (keyof typeof LIFT_EXTRACTORS)[]>>>;

/** Categories of derived events, with the kinds they hold. */
export const LIFT_CATEGORIES = {
  session_behaviour: ["session"],
  credential: ["credential"],
  keystrokes: ["session"],
} as const satisfies Readonly<Record<string, readonly EventKind[]>>;
