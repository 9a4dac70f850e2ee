import { ok, refuse, type Result, type RouteDefinition } from "@tyr/contract";
import { Type, type TSchema } from "typebox";
import { Compile } from "typebox/compile";
import { inPlainWords, type Fault } from "./plain-words.ts";
import { findUnstorable } from "./storable.ts";

/** Checks one part of a request; `value` is it with defaults and numbers in place. */
type Check = (given: unknown) => Readonly<{ value: unknown; errors: readonly Fault[] }>;

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
    const unstorable = findUnstorable(value);
    if (unstorable !== undefined) return { value, errors: [unstorable] };
    if (validator.Check(value)) return { value, errors: [] };
    return { value, errors: inPlainWords(schema, validator.Errors(value)).slice(0, ERRORS_MAX) };
  };
}

/**
 * A parameter nobody reads would be a filter that does not filter: unknown ones are refused. CrowdSec's clients are the
 * exception, newer ones ask for more than their server knows, and SCIM's, by RFC 7644 section 3.4.2.
 */
function queryCheck({ path, query }: RouteDefinition): Check | undefined {
  const isLenient = path.startsWith("/v1/") || path.startsWith("/scim/");
  if (isLenient) return query === undefined ? undefined : checkOf(query, "url");
  return checkOf({ ...(query ?? Type.Object({})), additionalProperties: false }, "url");
}

type Raw = Readonly<{ params: unknown; query: unknown; body: unknown }>;
export type ReadInput = (raw: Raw) => Result<Raw>;

/** Reads a request as its route describes it; parts a route does not declare are undefined. */
export function inputReader(definition: RouteDefinition): ReadInput {
  const { params, query, body } = definition;
  const parts = [
    ["params", params === undefined ? undefined : checkOf(params, "url")],
    ["query", queryCheck(definition)],
    ["body", body === undefined || body === "raw" ? undefined : checkOf(body, "body")],
  ] as const;
  return (raw) => {
    const input: { params: unknown; query: unknown; body: unknown } = {
      params: undefined,
      query: undefined,
      // A request without a body is one of no bytes.
      body: body === "raw" ? (raw.body ?? new Uint8Array()) : undefined,
    };
    for (const [name, check] of parts) {
      if (check === undefined) continue;
      const { value, errors } = check(raw[name]);
      const [first] = errors;
      if (first !== undefined)
        return refuse("VALIDATION_FAILED", `${name}${first.path} ${first.message}`, {
          errors: errors.map(({ path, message }) => ({ in: name, path, message })),
        });
      if (name !== "query" || query !== undefined) input[name] = value;
    }
    return ok(input);
  };
}
