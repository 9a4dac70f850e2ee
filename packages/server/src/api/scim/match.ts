import { ok, type Result } from "@tyr/contract";
import { attributeOf, type Attribute, type Attributes, type Kind } from "./attributes.ts";
import { invalidFilter, type AttributePath, type Filter, type Literal } from "./filter.ts";

export type Json = string | number | boolean | null | undefined | readonly Json[] | { readonly [key: string]: Json };
export type Resource = { readonly [key: string]: Json };
type Test = (resource: Resource) => boolean;

function ownValue(resource: Json, name: string): Json {
  const isObject = typeof resource === "object" && resource !== null && !Array.isArray(resource);
  return isObject && Object.hasOwn(resource, name) ? (resource as Resource)[name] : undefined;
}

function valuesOf(resource: Json, attribute: Attribute): readonly Json[] {
  const value = ownValue(resource, attribute.name);
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? (value as readonly Json[]) : [value];
}

const ORDER: Readonly<Record<string, (order: number) => boolean>> = {
  gt: (order) => order > 0,
  ge: (order) => order >= 0,
  lt: (order) => order < 0,
  le: (order) => order <= 0,
};

function folded(value: string, { caseExact }: Attribute): string {
  return caseExact === true ? value : value.normalize("NFKC").toLowerCase();
}

type Comparison = Readonly<{ operator: string; wanted: string; attribute: Attribute }>;

function compareText(actual: string, { operator, wanted, attribute }: Comparison): boolean {
  const [is, want] = [folded(actual, attribute), folded(wanted, attribute)];
  if (operator === "eq") return is === want;
  if (operator === "co") return is.includes(want);
  if (operator === "sw") return is.startsWith(want);
  if (operator === "ew") return is.endsWith(want);
  const order =
    attribute.type === "dateTime" ? Date.parse(actual) - Date.parse(wanted) : is < want ? -1 : Number(is > want);
  return ORDER[operator]?.(order) ?? false;
}

/** Entra ID writes booleans as text, in any case. */
export function booleanOf(value: Json): boolean | undefined {
  if (typeof value === "boolean") return value;
  const text = typeof value === "string" ? value.toLowerCase() : "";
  return text === "true" ? true : text === "false" ? false : undefined;
}

type Wanted = Readonly<{ operator: string; value: Literal }>;

function comparing(attribute: Attribute, { operator, value }: Wanted): Result<(actual: Json) => boolean> {
  const wrong = invalidFilter(`${attribute.name} cannot be compared with ${operator} to that value`);
  if (attribute.type === "complex") return wrong;
  if (attribute.type === "boolean") {
    const wanted = booleanOf(value);
    return wanted === undefined || operator !== "eq" ? wrong : ok((actual) => actual === wanted);
  }
  if (typeof value !== "string") return wrong;
  if (attribute.type === "dateTime" && !["co", "sw", "ew"].includes(operator) && Number.isNaN(Date.parse(value)))
    return wrong;
  const comparison = { operator, wanted: value, attribute };
  return ok((actual) => typeof actual === "string" && compareText(actual, comparison));
}

type Found = Readonly<{ attribute: Attribute; part: Attribute | undefined }>;

function find(attributes: Attributes, path: AttributePath, schema: string): Result<Found> {
  const unknown = invalidFilter(`there is no attribute ${path.name}${path.sub === undefined ? "" : `.${path.sub}`}`);
  if (path.schema !== undefined && path.schema !== schema.toLowerCase()) return unknown;
  const attribute = attributeOf(attributes, path.name);
  if (attribute === undefined) return unknown;
  if (path.sub === undefined) {
    // `emails co "x"` and `members eq "usr_…"` mean the value of each (RFC 7643 section 2.4).
    const part = attribute.multiValued === true ? attributeOf(attribute.parts, "value") : undefined;
    return ok({ attribute, part });
  }
  const part = attributeOf(attribute.parts, path.sub);
  return part === undefined ? unknown : ok({ attribute, part });
}

function some({ attribute, part }: Found, test: (value: Json) => boolean): Test {
  return (resource) =>
    valuesOf(resource, attribute).some((value) =>
      part === undefined ? test(value) : valuesOf(value, part).some((inner) => test(inner)),
    );
}

const isThere = (value: Json): boolean => value !== "" && value !== undefined && value !== null;

type Scope = Readonly<{ attributes: Attributes; schema: string }>;

function all(scope: Scope, filters: readonly Filter[]): Result<readonly Test[]> {
  const tests: Test[] = [];
  for (const one of filters) {
    const test = testOf(scope, one);
    if (!test.ok) return test;
    tests.push(test.value);
  }
  return ok(tests);
}

function compareTest(scope: Scope, filter: Filter & { kind: "compare" }): Result<Test> {
  const found = find(scope.attributes, filter.path, scope.schema);
  if (!found.ok) return found;
  const { operator, value } = filter;
  // Compared with null: whether there is a value at all (RFC 7643 section 2.5).
  if (value === null && (operator === "eq" || operator === "ne")) {
    const there = some(found.value, isThere);
    return ok(operator === "eq" ? (resource) => !there(resource) : there);
  }
  const negated = operator === "ne";
  const compared = comparing(found.value.part ?? found.value.attribute, { operator: negated ? "eq" : operator, value });
  if (!compared.ok) return compared;
  const test = some(found.value, compared.value);
  return ok(negated ? (resource) => !test(resource) : test);
}

function whereTest(scope: Scope, filter: Filter & { kind: "where" }): Result<Test> {
  const found = find(scope.attributes, { ...filter.path, sub: undefined }, scope.schema);
  if (!found.ok) return found;
  const { parts } = found.value.attribute;
  if (parts === undefined || filter.path.sub !== undefined)
    return invalidFilter(`${found.value.attribute.name} has no parts`);
  const inner = testOf({ ...scope, attributes: parts }, filter.of);
  if (!inner.ok) return inner;
  const { attribute } = found.value;
  return ok((resource) => valuesOf(resource, attribute).some((value) => inner.value(value as Resource)));
}

function testOf(scope: Scope, filter: Filter): Result<Test> {
  if (filter.kind === "compare") return compareTest(scope, filter);
  if (filter.kind === "where") return whereTest(scope, filter);
  if (filter.kind === "present") {
    const found = find(scope.attributes, filter.path, scope.schema);
    return found.ok ? ok(some(found.value, isThere)) : found;
  }
  if (filter.kind === "not") {
    const inner = testOf(scope, filter.of);
    return inner.ok ? ok((resource) => !inner.value(resource)) : inner;
  }
  const tests = all(scope, filter.of);
  if (!tests.ok) return tests;
  return ok(
    filter.kind === "and"
      ? (resource) => tests.value.every((test) => test(resource))
      : (resource) => tests.value.some((test) => test(resource)),
  );
}

/**
 * A filter as a test of resources of one kind. A name nobody knows is refused, never a filter that finds nothing: a
 * provider that finds nobody makes everybody again. Refusal `VALIDATION_FAILED` with `scimType` invalidFilter.
 */
export function matcher(kind: Kind, filter: Filter): Result<Test> {
  return testOf({ attributes: kind.attributes, schema: kind.schema }, filter);
}

/** The same for the values of a multi-valued attribute, within brackets. */
export function partMatcher(attribute: Attribute, filter: Filter): Result<Test> {
  return testOf({ attributes: attribute.parts ?? {}, schema: "" }, filter);
}
