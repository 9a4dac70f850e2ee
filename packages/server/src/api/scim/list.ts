import { ok, type Result, type ScimListQuery } from "@tyr/contract";
import { attributeOf, type Kind } from "./attributes.ts";
import { attributePath, parseFilter, type Filter } from "./filter.ts";
import { matcher, type Json, type Resource } from "./match.ts";
import { invalid } from "./patch.ts";
import { project } from "./project.ts";

const COUNT_DEFAULT = 100;
export const COUNT_MAX = 200;
const LIST_SCHEMA = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

export type ListAsked = Partial<ScimListQuery>;
/** An equality every resource that matches must have: what the database can look up. */
export type Hint = Readonly<{ name: string; value: string }>;
export type ListPlan = Readonly<{ hint: Hint | undefined; test: (resource: Resource) => boolean }>;

/** Equalities that hold wherever the filter holds: the filter itself, or one of those joined by `and`. */
function hintIn(filter: Filter, names: readonly string[]): Hint | undefined {
  if (filter.kind === "and") {
    for (const one of filter.of) {
      const hint = hintIn(one, names);
      if (hint !== undefined) return hint;
    }
  }
  if (filter.kind !== "compare" || filter.operator !== "eq" || typeof filter.value !== "string") return undefined;
  const { name, sub } = filter.path;
  return sub === undefined && names.includes(name) ? { name, value: filter.value } : undefined;
}

/** Refusal `VALIDATION_FAILED` with `scimType` invalidFilter. */
export function planList(kind: Kind, asked: ListAsked, hints: readonly string[]): Result<ListPlan> {
  if (asked.filter === undefined) return ok({ hint: undefined, test: () => true });
  const filter = parseFilter(asked.filter);
  if (!filter.ok) return filter;
  const test = matcher(kind, filter.value);
  return test.ok ? ok({ hint: hintIn(filter.value, hints), test: test.value }) : test;
}

function numberOf(text: string | undefined, otherwise: number): Result<number> {
  if (text === undefined) return ok(otherwise);
  return /^-?\d{1,9}$/.test(text)
    ? ok(Number(text))
    : invalid("invalidValue", "startIndex and count are whole numbers");
}

function sortKey(kind: Kind, by: string): ((resource: Resource) => string) | undefined {
  const path = attributePath(by);
  const attribute = path === undefined ? undefined : attributeOf(kind.attributes, path.name);
  if (path === undefined || attribute === undefined) return undefined;
  const part = attributeOf(attribute.parts, path.sub ?? "value");
  if (attribute.type === "complex" && part === undefined) return undefined;
  const folded = (value: Json): string => {
    const text = typeof value === "string" || typeof value === "boolean" ? String(value) : "";
    return (part ?? attribute).caseExact === true ? text : text.normalize("NFKC").toLowerCase();
  };
  return (resource) => {
    const value = resource[attribute.name];
    const first = Array.isArray(value) ? (value as readonly Json[])[0] : value;
    return folded(part === undefined ? first : (first as Resource | undefined)?.[part.name]);
  };
}

function sorted(
  kind: Kind,
  resources: readonly Resource[],
  { sortBy, sortOrder }: ListAsked,
): Result<readonly Resource[]> {
  if (sortBy === undefined) return ok(resources);
  const key = sortKey(kind, sortBy);
  if (key === undefined) return invalid("invalidValue", `there is no attribute ${sortBy.slice(0, 60)} to sort by`);
  const sign = sortOrder?.toLowerCase() === "descending" ? -1 : 1;
  const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b));
  return ok(resources.toSorted((a, b) => sign * compare(key(a), key(b))));
}

/** One page as RFC 7644 section 3.4.2.4 has it: out of range means the nearest that is not. */
export function listAnswer(kind: Kind, matching: readonly Resource[], asked: ListAsked): Result<Resource> {
  const [start, count] = [numberOf(asked.startIndex, 1), numberOf(asked.count, COUNT_DEFAULT)];
  if (!start.ok) return start;
  if (!count.ok) return count;
  const all = sorted(kind, matching, asked);
  if (!all.ok) return all;
  const startIndex = Math.max(1, start.value);
  const size = Math.min(COUNT_MAX, Math.max(0, count.value));
  const page = all.value.slice(startIndex - 1, startIndex - 1 + size);
  return ok({
    schemas: [LIST_SCHEMA],
    totalResults: matching.length,
    startIndex,
    itemsPerPage: page.length,
    Resources: page.map((one) => project(kind, one, asked)),
  });
}
