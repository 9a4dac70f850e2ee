import { Type, type Static, type TSchema } from "typebox";

/** RFC 3339 in UTC with milliseconds: `2026-02-01T14:17:31.627Z`. */
export const Instant = Type.String({ format: "date-time" });
export const NullableInstant = Type.Union([Instant, Type.Null()]);
export const Facts = Type.Record(Type.String(), Type.Unknown());
export const Name = Type.String({ minLength: 1, maxLength: 80, pattern: "^[^\\u0000-\\u001f\\u007f]+$" });
export const Text = Type.String({ minLength: 1, maxLength: 4000 });
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
  after: Type.Optional(Type.String({ maxLength: 200 })),
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
