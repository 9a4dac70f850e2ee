import type { TSchema } from "typebox";
import type { TLocalizedValidationError } from "typebox/error";

/** What is wrong, and where: a JSON pointer into the part of the request. */
export type Fault = Readonly<{ path: string; message: string }>;

const KINDS: Readonly<Record<string, string>> = {
  string: "text",
  integer: "a whole number",
  number: "a number",
  boolean: "true or false",
  object: "an object",
  array: "a list",
  null: "null",
};
const kindOf = (type: string): string => KINDS[type] ?? type;
const CHOICES_SHOWN = 20;

/** The schema a pointer such as `#/properties/name` names. */
function schemaAt(schema: TSchema, pointer: string): unknown {
  let found: unknown = schema;
  for (const step of pointer.split("/").slice(1)) {
    if (typeof found !== "object" || found === null) return undefined;
    found = Reflect.get(found, step.replaceAll("~1", "/").replaceAll("~0", "~"));
  }
  return found;
}

/** Patterns are for machines: each schema with one says in its description what it takes. */
function describedAt(schema: TSchema, pointer: string): string {
  const found = schemaAt(schema, pointer);
  const description: unknown = typeof found === "object" && found !== null ? Reflect.get(found, "description") : "";
  return typeof description === "string" && description !== ""
    ? `must be ${description}`
    : "is not written as documented";
}

function oneOf(values: readonly unknown[]): string {
  const shown = values.slice(0, CHOICES_SHOWN).map(String).join(", ");
  return `must be one of: ${shown}${values.length > CHOICES_SHOWN ? " …" : ""}`;
}

const listed = (names: readonly string[], at: string, message: string): Fault[] =>
  names.map((name) => ({ path: `${at}/${name.slice(0, 80)}`, message }));

type Keyword = TLocalizedValidationError["keyword"];
type Words = { [K in Keyword]?: (params: Extract<TLocalizedValidationError, { keyword: K }>["params"]) => string };

const counted = (limit: number | bigint, one: string, many: string): string => `${limit} ${limit === 1 ? one : many}`;

const WORDS: Words = {
  type: ({ type }) => `must be ${[type].flat().map(kindOf).join(" or ")}`,
  enum: ({ allowedValues }) => oneOf(allowedValues),
  const: ({ allowedValue }) => `must be ${JSON.stringify(allowedValue)}`,
  minLength: ({ limit }) => (limit === 1 ? "must not be empty" : `must have at least ${limit} characters`),
  maxLength: ({ limit }) => `must have at most ${counted(limit, "character", "characters")}`,
  minItems: ({ limit }) => `must have at least ${counted(limit, "entry", "entries")}`,
  maxItems: ({ limit }) => `must have at most ${counted(limit, "entry", "entries")}`,
  minimum: ({ limit }) => `must be at least ${limit}`,
  maximum: ({ limit }) => `must be at most ${limit}`,
};

function messageOf(schema: TSchema, error: TLocalizedValidationError): string {
  // The table pairs each keyword with its own parameters; TypeScript does not follow that through an index.
  const words = WORDS[error.keyword] as ((params: unknown) => string) | undefined;
  return words === undefined ? describedAt(schema, error.schemaPath) : words(error.params);
}

/** What a validator found, in words a person can act on: no name or pattern of the library. */
export function inPlainWords(schema: TSchema, errors: readonly TLocalizedValidationError[]): Fault[] {
  return errors.flatMap((error) => {
    if (error.keyword === "required") return listed(error.params.requiredProperties, error.instancePath, "is missing");
    if (error.keyword === "additionalProperties")
      return listed(error.params.additionalProperties, error.instancePath, "is not known here");
    // An unknown member is reported twice; the other one names it.
    if (error.keyword === "boolean") return [];
    return [{ path: error.instancePath, message: messageOf(schema, error) }];
  });
}
