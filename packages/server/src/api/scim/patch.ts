import { ok, refuse, type Refused, type Result } from "@tyr/contract";
import { attributeOf, IGNORED_PARTS, type Attribute, type Kind } from "./attributes.ts";
import { parsePath, type Filter, type PatchPath } from "./filter.ts";
import { booleanOf, partMatcher, type Json } from "./match.ts";
import { readMembers } from "./read-body.ts";

/** Operations in one request. Entra ID sends some dozen, Okta one for each change. */
const OPERATIONS_MAX = 500;
const PATCH_SCHEMA = "urn:ietf:params:scim:api:messages:2.0:patchop";

/** The writable attributes of a resource, under their own names and nothing else. */
export type Document = Readonly<Record<string, Json>>;
type Op = "add" | "replace" | "remove";
/** `lenient`: a whole resource, where what is read-only or unknown is passed over (RFC 7644 sections 3.3 and 3.5.1). */
type Change = Readonly<{ op: Op; target: PatchPath; value: Json; lenient: "no" | "read-only" | "unknown" }>;

export function invalid(scimType: string, detail: string): Refused {
  return refuse("VALIDATION_FAILED", detail, { scimType });
}

function without(document: Document, name: string): Document {
  return Object.fromEntries(Object.entries(document).filter(([key]) => key !== name));
}

/** What a part is written as: Entra ID writes booleans as text. */
function partValue({ type }: Attribute, value: Json): Json {
  return type === "boolean" ? (booleanOf(value) ?? value) : value;
}

/** Of an object that came in, only the parts that are kept, under their own names. */
function cleaned(attribute: Attribute, given: Json): Result<Document> {
  // Some send `["usr_…"]` for `[{"value": "usr_…"}]`.
  if (typeof given === "string" && attribute.multiValued === true) return ok({ value: given });
  const members = readMembers(given);
  if (!members.ok) return members;
  const parts: Record<string, Json> = {};
  for (const [name, value] of members.value) {
    const part = attributeOf(attribute.parts, name);
    const isPassedOver = IGNORED_PARTS.has(name) || name.startsWith("urn:");
    if (part === undefined && !isPassedOver)
      return invalid("invalidValue", `${attribute.name} has no part ${name.slice(0, 60)}`);
    if (part !== undefined && value !== null) parts[part.name] = partValue(part, value);
  }
  return ok(parts);
}

function cleanedList(attribute: Attribute, given: Json): Result<readonly Document[]> {
  const list: Document[] = [];
  for (const one of Array.isArray(given) ? (given as readonly Json[]) : [given]) {
    const parts = cleaned(attribute, one);
    if (!parts.ok) return parts;
    list.push(parts.value);
  }
  return ok(list);
}

function listOf(document: Document, { name }: Attribute): readonly Document[] {
  const held = document[name];
  return Array.isArray(held) ? (held as readonly Document[]) : [];
}

/** What the brackets ask for, as an element: `emails[type eq "work"].value` added where there is none makes one. */
function elementOf(attribute: Attribute, where: Filter): Document | undefined {
  const terms = where.kind === "and" ? where.of : [where];
  const parts: Record<string, Json> = {};
  for (const term of terms) {
    const part =
      term.kind === "compare" && term.operator === "eq" ? attributeOf(attribute.parts, term.path.name) : undefined;
    if (part === undefined || term.kind !== "compare") return undefined;
    parts[part.name] = partValue(part, term.value);
  }
  return parts;
}

type Aimed = Readonly<{ attribute: Attribute; change: Change }>;

function partOf({ attribute, change }: Aimed, name: string): Result<Attribute | undefined> {
  const part = attributeOf(attribute.parts, name);
  if (part !== undefined) {
    const isClosed = part.mutability === "readOnly" && change.lenient === "no";
    return isClosed ? invalid("mutability", `${attribute.name}.${part.name} is read-only`) : ok(part);
  }
  if (IGNORED_PARTS.has(name)) return ok(undefined);
  return invalid("invalidPath", `${attribute.name} has no part ${name.slice(0, 60)}`);
}

function turnElement(aimed: Aimed, part: Attribute | undefined, element: Document): Result<Document> {
  const { op, value } = aimed.change;
  if (part !== undefined) {
    if (op === "remove") return ok(without(element, part.name));
    return ok({ ...element, [part.name]: partValue(part, value) });
  }
  const merged = cleaned(aimed.attribute, value);
  return merged.ok ? ok({ ...element, ...merged.value }) : merged;
}

type Meant = Readonly<{ aimed: Aimed; part: Attribute | undefined; isMeant: (one: Document) => boolean }>;

/** Where brackets choose nothing: adding makes the value they describe, replacing has no target. */
function addMissing(document: Document, { aimed, part }: Meant): Result<Document> {
  const { attribute, change } = aimed;
  const { op, target } = change;
  if (op === "remove") return ok(document);
  const made = target.where === undefined ? {} : elementOf(attribute, target.where);
  if (op === "replace" || made === undefined)
    return invalid("noTarget", `no value of ${attribute.name} is meant by the path`);
  const element = turnElement(aimed, part, made);
  const held = listOf(document, attribute);
  return element.ok ? ok({ ...document, [attribute.name]: [...held, element.value] }) : element;
}

function turnMeant(document: Document, { aimed, part, isMeant }: Meant): Result<Document> {
  const turned: Document[] = [];
  for (const one of listOf(document, aimed.attribute)) {
    const next = isMeant(one) ? turnElement(aimed, part, one) : ok(one);
    if (!next.ok) return next;
    turned.push(next.value);
  }
  return ok({ ...document, [aimed.attribute.name]: turned });
}

/** Some elements of a list: those in brackets, or all of them where only a part is named. */
function turnSome(document: Document, aimed: Aimed): Result<Document> {
  const { attribute, change } = aimed;
  const { where, sub } = change.target;
  const test = where === undefined ? ok(() => true) : partMatcher(attribute, where);
  if (!test.ok) return invalid("invalidPath", test.refusal.detail);
  const part = sub === undefined ? ok(undefined) : partOf(aimed, sub);
  if (!part.ok) return part;
  if (sub !== undefined && part.value === undefined) return ok(document);
  const held = listOf(document, attribute);
  const isMeant = (one: Document): boolean => test.value(one);
  if (change.op === "remove" && part.value === undefined)
    return ok({ ...document, [attribute.name]: held.filter((one) => !isMeant(one)) });
  const meant = { aimed, part: part.value, isMeant };
  return held.some(isMeant) ? turnMeant(document, meant) : addMissing(document, meant);
}

/** A whole list. Removing may name the values to remove, as Entra ID once did, instead of brackets. */
function turnList(document: Document, { attribute, change }: Aimed): Result<Document> {
  const { op, value } = change;
  const { name } = attribute;
  if (op === "remove" && (value === undefined || value === null)) return ok(without(document, name));
  const given = cleanedList(attribute, value);
  if (!given.ok) return given;
  if (op === "replace") return ok({ ...document, [name]: given.value });
  const held = listOf(document, attribute);
  const named = new Set(given.value.map((one) => one["value"]));
  if (op === "remove") return ok({ ...document, [name]: held.filter((one) => !named.has(one["value"])) });
  return ok({ ...document, [name]: [...held.filter((one) => !named.has(one["value"])), ...given.value] });
}

function turnComplex(document: Document, aimed: Aimed): Result<Document> {
  const { attribute, change } = aimed;
  const held = document[attribute.name];
  const element = typeof held === "object" && held !== null && !Array.isArray(held) ? (held as Document) : {};
  if (change.target.sub === undefined && change.op === "remove") return ok(without(document, attribute.name));
  const part = change.target.sub === undefined ? ok(undefined) : partOf(aimed, change.target.sub);
  if (!part.ok) return part;
  if (change.target.sub !== undefined && part.value === undefined) return ok(document);
  const turned = turnElement(aimed, part.value, element);
  return turned.ok ? ok({ ...document, [attribute.name]: turned.value }) : turned;
}

function turn(document: Document, aimed: Aimed): Result<Document> {
  const { attribute, change } = aimed;
  const { op, target, value } = change;
  if (attribute.multiValued === true)
    return target.where === undefined && target.sub === undefined
      ? turnList(document, aimed)
      : turnSome(document, aimed);
  if (target.where !== undefined)
    return invalid("invalidPath", `${attribute.name} has one value: brackets choose nothing`);
  if (attribute.type === "complex") return turnComplex(document, aimed);
  if (target.sub !== undefined) return invalid("invalidPath", `${attribute.name} has no parts`);
  const gone = op === "remove" || value === null || value === undefined;
  return ok(gone ? without(document, attribute.name) : { ...document, [attribute.name]: value });
}

/** What is of no concern here: extensions, attributes nobody keeps, and in a whole resource what is read-only. */
function isPassedOver(kind: Kind, { target, lenient }: Change): boolean {
  const { schema, name } = target.path;
  if (schema !== undefined && schema !== kind.schema.toLowerCase()) return true;
  if (name === "schemas" || kind.ignored.has(name)) return true;
  const attribute = attributeOf(kind.attributes, name);
  return attribute === undefined ? lenient === "unknown" : attribute.mutability === "readOnly" && lenient !== "no";
}

function applyChange(kind: Kind, document: Document, change: Change): Result<Document> {
  if (isPassedOver(kind, change)) return ok(document);
  const attribute = attributeOf(kind.attributes, change.target.path.name);
  if (attribute === undefined)
    return invalid("invalidPath", `a ${kind.name} has no attribute ${change.target.path.name.slice(0, 60)}`);
  if (attribute.mutability === "readOnly") return invalid("mutability", `${attribute.name} is read-only`);
  return turn(document, { attribute, change });
}

/** Each member of an object as a change of what its name says, which Entra ID also writes as a path. */
function applyMembers(kind: Kind, document: Document, all: Pick<Change, "op" | "value" | "lenient">): Result<Document> {
  const members = readMembers(all.value);
  if (!members.ok) return members;
  let turned: Result<Document> = ok(document);
  for (const [name, value] of members.value) {
    if (!turned.ok) return turned;
    if (name === kind.schema.toLowerCase()) turned = applyMembers(kind, turned.value, { ...all, value });
    else {
      const target = parsePath(name);
      if (target.ok) turned = applyChange(kind, turned.value, { ...all, target: target.value, value });
      else if (all.lenient !== "unknown") return target;
    }
  }
  return turned;
}

/** A resource as it was sent, in the form patches work on. */
export function documentOf(kind: Kind, body: Json): Result<Document> {
  return applyMembers(kind, {}, { op: "replace", value: body, lenient: "unknown" });
}

const OPS: ReadonlySet<string> = new Set(["add", "replace", "remove"]);

function applyOperation(kind: Kind, document: Document, operation: Json): Result<Document> {
  const members = readMembers(operation);
  if (!members.ok) return members;
  const said = members.value.get("op");
  const op = typeof said === "string" ? said.toLowerCase() : "";
  if (!OPS.has(op)) return invalid("invalidSyntax", "op is add, replace or remove");
  const [path, value] = [members.value.get("path"), members.value.get("value")];
  if (path === undefined || path === null) {
    if (op === "remove") return invalid("noTarget", "remove needs a path");
    return applyMembers(kind, document, { op: op as Op, value, lenient: "read-only" });
  }
  if (typeof path !== "string") return invalid("invalidPath", "path is text");
  if (value === undefined && op !== "remove") return invalid("invalidValue", `${op} needs a value`);
  const target = parsePath(path);
  return target.ok ? applyChange(kind, document, { op: op as Op, target: target.value, value, lenient: "no" }) : target;
}

/**
 * Applies a PATCH request (RFC 7644 section 3.5.2), all of it or nothing. Refusal `VALIDATION_FAILED` with `scimType`
 * invalidSyntax, invalidPath, invalidValue, noTarget, mutability or tooMany.
 */
export function applyPatch(kind: Kind, document: Document, body: Json): Result<Document> {
  const members = readMembers(body);
  if (!members.ok) return members;
  const schemas = members.value.get("schemas");
  const isPatch =
    Array.isArray(schemas) &&
    schemas.some((one: unknown) => typeof one === "string" && one.toLowerCase() === PATCH_SCHEMA);
  const operations = members.value.get("operations");
  if (!isPatch || !Array.isArray(operations) || operations.length === 0)
    return invalid("invalidSyntax", "a PATCH has the schema PatchOp and a list of Operations");
  if (operations.length > OPERATIONS_MAX)
    return invalid("tooMany", `at most ${OPERATIONS_MAX} operations in one request`);
  let turned: Result<Document> = ok(document);
  for (const operation of operations as readonly Json[]) {
    if (!turned.ok) return turned;
    turned = applyOperation(kind, turned.value, operation);
  }
  return turned;
}
