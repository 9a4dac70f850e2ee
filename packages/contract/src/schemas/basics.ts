import { Type, type Static, type TSchema } from "typebox";

/** RFC 3339, answered in UTC with milliseconds: `2026-02-01T14:17:31.627Z`. No leap second and no year 0: no engine holds them. */
export const Instant = Type.String({
  format: "date-time",
  pattern: "^(?!0000)\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:[0-5]\\d(\\.\\d{1,9})?(Z|[+-]\\d\\d:\\d\\d)$",
  description: "an instant (RFC 3339), e.g. 2026-02-01T14:17:31.627Z",
});
export const NullableInstant = Type.Union([Instant, Type.Null()]);
export const Facts = Type.Record(Type.String(), Type.Unknown());

/** Text that both engines can store and search for: all but NUL. Every text of a request is this, or stricter. */
export function StorableText(maxLength: number, more: Readonly<{ minLength?: number; description?: string }> = {}) {
  return Type.String({
    maxLength,
    pattern: "^[^\\u0000]*$",
    description: "text without the character U+0000",
    ...more,
  });
}

/**
 * What people call a thing: not blank, one line, and without what changes how its neighbours read: control characters,
 * line separators and the bidirectional controls of Unicode (Trojan Source, CVE-2021-42574).
 */
export const Name = Type.String({
  minLength: 1,
  maxLength: 80,
  pattern: "^(?!\\s*$)[^\\u0000-\\u001f\\u007f-\\u009f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069\\ufeff]+$",
  description: "a name: not blank, on one line, without control characters",
});
/** What people write on one line, beside a thing: as `Name`, longer. */
export function LineText(maxLength: number) {
  return Type.String({ ...Name, maxLength, description: "text: not blank, on one line, without control characters" });
}
/** What people write for others to read: reasons, notes, comments. A blank one says nothing. */
export const Text = Type.String({
  minLength: 1,
  maxLength: 4000,
  pattern: "^(?!\\s*$)[^\\u0000]+$",
  description: "text that is not blank, without the character U+0000",
});
export const NullableString = Type.Union([Type.String(), Type.Null()]);

export const Endpoint = Type.Object({
  ip: Type.String(),
  port: Type.Union([Type.Integer({ minimum: 0, maximum: 65535 }), Type.Null()]),
});
export type Endpoint = Static<typeof Endpoint>;

/** Who did something: a person, a service principal or the system itself. `name` is for reading, `id` for joining. */
export const Actor = Type.Object({
  kind: Type.Enum(["person", "automation", "sensor", "enforcer", "system", "anonymous"]),
  id: Type.String(),
  name: Type.String(),
});
export type Actor = Static<typeof Actor>;

export const PageQuery = {
  after: Type.Optional(StorableText(200)),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: 50 })),
};

/** One page; `next` goes into `after` of the following request, null on the last page. */
export function PageOf<S extends TSchema>(item: S) {
  return Type.Object({ items: Type.Array(item), next: NullableString });
}

/** RFC 9457 problem details with Tyr's code, request id and typed facts. */
export const Problem = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    instance: Type.Optional(Type.String()),
    code: Type.String(),
    help: Type.String(),
    requestId: Type.String(),
  },
  { additionalProperties: true },
);
export type Problem = Static<typeof Problem>;

/** How long the key of a sensor or an enforcement point counts, in days; a rotation renews it for as long. */
export const KeyLifeDays = Type.Integer({ minimum: 1, maximum: 365, default: 365 });
