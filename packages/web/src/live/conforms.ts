/** JSON Schema as the live feed's messages use it, and no more of it. */
export type Schema = Readonly<Record<string, unknown>>;

type Holds = (said: never, value: unknown) => boolean;

const TYPES: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === "string",
  integer: (value) => Number.isInteger(value),
  number: (value) => Number.isFinite(value),
  boolean: (value) => typeof value === "boolean",
  null: (value) => value === null,
  object: (value) => typeof value === "object" && value !== null && !Array.isArray(value),
  array: (value) => Array.isArray(value),
};

const own = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;

/** Each keyword by what it asks; as the specification has it, one that is about another type asks nothing. */
const KEYWORDS: Readonly<Record<string, Holds>> = {
  type: (name: string, value) => TYPES[name]?.(value) ?? false,
  const: (only: unknown, value) => value === only,
  enum: (names: readonly unknown[], value) => names.includes(value),
  anyOf: (ways: readonly Schema[], value) => ways.some((way) => conforms(way, value)),
  required: (names: readonly string[], value) => names.every((name) => own(value, name) !== undefined),
  properties: (parts: Readonly<Record<string, Schema>>, value) =>
    Object.entries(parts).every(([name, part]) => {
      const held = own(value, name);
      return held === undefined || conforms(part, held);
    }),
  items: (item: Schema, value) => !Array.isArray(value) || value.every((one) => conforms(item, one)),
  minimum: (least: number, value) => typeof value !== "number" || value >= least,
  maximum: (most: number, value) => typeof value !== "number" || value <= most,
  pattern: (pattern: string, value) => typeof value !== "string" || new RegExp(pattern).test(value),
  description: () => true,
  /** The pattern beside it says as much of an instant. */
  format: (name: string) => name === "date-time",
};

/**
 * Whether a value is what a schema of the live feed says: JSON Schema 2020-12, of it the keywords in use. A keyword that is not
 * known here conforms to nothing, so a test sees it before anybody misses a message.
 */
export function conforms(schema: Schema, value: unknown): boolean {
  return Object.entries(schema).every(([keyword, said]) => KEYWORDS[keyword]?.(said as never, value) ?? false);
}
