import { ok, refuse, type Result, type RouteDefinition } from "@tyr/contract";
import type { TSchema } from "typebox";
import { Compile } from "typebox/compile";

type Errors = readonly Readonly<{ path: string; message: string }>[];
/** Checks one part of a request; `value` is it with defaults and numbers in place. */
type Check = (given: unknown) => Readonly<{ value: unknown; errors: Errors }>;

const ERRORS_MAX = 10;

type Property = Readonly<{ type?: string; default?: unknown }>;

/** Text from a URL as what the schema asks for, if it is written exactly so; anything else stays text and is refused. */
function fromText(text: unknown, { type }: Property): unknown {
  if (typeof text !== "string") return text;
  if ((type === "integer" || type === "number") && /^-?\d{1,15}$/.test(text)) return Number(text);
  if (type === "boolean" && (text === "true" || text === "false")) return text === "true";
  return text;
}

function readUrlPart(schema: TSchema, given: unknown): unknown {
  const { properties = {} } = schema as { properties?: Record<string, Property> };
  const entries = Object.entries(given ?? {}).map(([name, value]: [string, unknown]) => {
    const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
    return [name, property === undefined ? value : fromText(value, property)] as const;
  });
  const defaults = Object.entries(properties).flatMap(([name, property]) =>
    property.default === undefined ? [] : [[name, property.default] as const],
  );
  return Object.fromEntries([...defaults, ...entries]);
}

/** A check of one schema. TypeBox compiles the contract's own schema, so that types and validation cannot differ. */
function checkOf(schema: TSchema, part: "url" | "body"): Check {
  const validator = Compile(schema);
  return (given) => {
    const value = part === "url" ? readUrlPart(schema, given) : given;
    if (validator.Check(value)) return { value, errors: [] };
    const errors = validator.Errors(value).slice(0, ERRORS_MAX);
    return { value, errors: errors.map(({ instancePath, message }) => ({ path: instancePath, message })) };
  };
}

type Raw = Readonly<{ params: unknown; query: unknown; body: unknown }>;
export type ReadInput = (raw: Raw) => Result<Raw>;

/** Reads a request as its route describes it; parts a route does not declare are undefined. */
export function inputReader({ params, query, body }: RouteDefinition): ReadInput {
  const parts = [
    ["params", params === undefined ? undefined : checkOf(params, "url")],
    ["query", query === undefined ? undefined : checkOf(query, "url")],
    ["body", body === undefined || body === "raw" ? undefined : checkOf(body, "body")],
  ] as const;
  return (raw) => {
    const input = {
      params: undefined as unknown,
      query: undefined as unknown,
      body: body === "raw" ? raw.body : undefined,
    };
    for (const [name, check] of parts) {
      if (check === undefined) continue;
      const { value, errors } = check(raw[name]);
      const [first] = errors;
      if (first !== undefined)
        return refuse("VALIDATION_FAILED", `${name}${first.path} ${first.message}`, {
          errors: errors.map(({ path, message }) => ({ in: name, path, message })),
        });
      input[name] = value;
    }
    return ok(input);
  };
}
