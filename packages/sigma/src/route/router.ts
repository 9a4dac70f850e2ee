import type { Fields } from "../expression.ts";
import type { EventLogsource } from "../match/event.ts";
import { createFieldReader, type FieldReader, type ReadValue } from "./field-reader.ts";
import type { RouteRow } from "./route-row.ts";
import { mergedLogsource, type WeighedRow, weigh } from "./merge.ts";
import { routeTable } from "./route-table.ts";

/** What `route` gives for events no row knows: no rule applies to it, except in an engine without routing. */
export const unroutedLogsource: EventLogsource = Object.freeze({});

/** A compiled routing table. Holds no state about events. */
export type Router = Readonly<{
  /**
   * The logsource of an event by its fields. Pure; a few hash lookups. Equal kinds of events get the very same object,
   * so callers may remember things by it; events of no known kind get `unroutedLogsource`.
   */
  route: (fields: Fields) => EventLogsource;
  /** Every logsource this table can give an event. */
  logsources: () => readonly EventLogsource[];
}>;

/** Rows that ask for the same further fields in the same way; at most one combination of values is looked up. */
type Signature = Readonly<{
  /** Fields whose value counts. */
  exact: readonly FieldReader[];
  /** Fields that only have to be there. */
  present: readonly FieldReader[];
  groups: ReadonlyMap<string, Group>;
}>;
type Group = readonly WeighedRow[];
type Bucket = Readonly<{ signatures: readonly Signature[]; root: Node }>;
/** One set of matching groups; grows into a tree as such sets are seen, bounded by the table, not by the events. */
type Node = Readonly<{ rows: Group; next: Map<Group, Node>; logsource: EventLogsource | undefined }>;
type Family = Readonly<{ read: FieldReader; exact: ReadonlyMap<string, Bucket>; anyValue: Bucket | undefined }>;

const separator = "\u0000";

/**
 * Compiles the routing table with more rows of the user's own. Gates the table does not have are tried first; rows of
 * known gates join their family and win against equally demanding rows of the table.
 */
export function createRouter(extraRows: readonly RouteRow[] = []): Router {
  const rows = [...routeTable, ...extraRows].map((row, order) => weigh(row, order));
  const gatesOf = (of: readonly RouteRow[]): readonly string[] =>
    of.flatMap(({ where }) => Object.keys(where).slice(0, 1));
  const standardGates = new Set(gatesOf(routeTable));
  const gates = new Set([...gatesOf(extraRows).filter((gate) => !standardGates.has(gate)), ...standardGates]);
  const families = [...gates].map((gate) => compileFamily(gate, rows));
  return { route: (fields) => routeBy(families, fields), logsources: () => allLogsources(families) };
}

const standard: Router = createRouter();

/** `createRouter().route`, compiled once. */
export function routeEvent(fields: Fields): EventLogsource {
  return standard.route(fields);
}

/** Every logsource `routeEvent` can give. */
export function knownLogsources(): readonly EventLogsource[] {
  return standard.logsources();
}

function routeBy(families: readonly Family[], fields: Fields): EventLogsource {
  let likely: EventLogsource | undefined;
  for (const { read, exact, anyValue } of families) {
    const value = read(fields);
    if (value === undefined) continue;
    const bucket = lookUp(exact, value);
    const found = bucket === undefined ? undefined : collect(bucket, fields);
    if (found !== undefined) return found;
    if (anyValue === undefined) continue;
    likely ??= collect(anyValue, fields);
    // A gate that only asks for presence has nothing better to hope for.
    if (exact.size === 0 && likely !== undefined) return likely;
  }
  return likely ?? unroutedLogsource;
}

function lookUp<T>(map: ReadonlyMap<string, T>, value: ReadValue): T | undefined {
  if (typeof value !== "string") return undefined;
  // Most sources spell names as the table does; folding is for those that do not.
  return map.get(value) ?? map.get(value.toLowerCase());
}

function collect(bucket: Bucket, fields: Fields): EventLogsource | undefined {
  let node = bucket.root;
  for (const signature of bucket.signatures) {
    const group = matching(signature, fields);
    if (group !== undefined) node = node.next.get(group) ?? grow(node, group);
  }
  return node.logsource;
}

function matching(signature: Signature, fields: Fields): Group | undefined {
  let key = "";
  for (const read of signature.exact) {
    const value = read(fields);
    if (typeof value !== "string") return undefined;
    key = key === "" ? value : key + separator + value;
  }
  const group = lookUp(signature.groups, key);
  if (group === undefined) return undefined;
  return signature.present.every((read) => read(fields) !== undefined) ? group : undefined;
}

function grow(node: Node, group: Group): Node {
  const grown = nodeOf([...node.rows, ...group]);
  node.next.set(group, grown);
  return grown;
}

function nodeOf(rows: Group): Node {
  return { rows, next: new Map(), logsource: mergedLogsource(rows) };
}

function compileFamily(gate: string, all: readonly WeighedRow[]): Family {
  const rows = all.filter(({ row }) => Object.keys(row.where)[0] === gate);
  const forAny = rows.filter((weighed) => !weighed.exactGate);
  const byValue = new Map<string, WeighedRow[]>();
  for (const weighed of rows) {
    if (!weighed.exactGate) continue;
    const value = String(weighed.row.where[gate]).toLowerCase();
    byValue.set(value, [...(byValue.get(value) ?? forAny), weighed]);
  }
  const exact = new Map<string, Bucket>();
  for (const [value, own] of byValue) exact.set(value, compileBucket(own));
  for (const { row, exactGate } of rows) {
    const bucket = exactGate ? exact.get(String(row.where[gate]).toLowerCase()) : undefined;
    if (bucket !== undefined) exact.set(String(row.where[gate]), bucket);
  }
  const anyValue = forAny.length === 0 ? undefined : compileBucket(forAny);
  return { read: createFieldReader(gate), exact, anyValue };
}

function compileBucket(rows: readonly WeighedRow[]): Bucket {
  const bare = rows.filter(({ row }) => Object.keys(row.where).length === 1);
  const byShape = new Map<string, WeighedRow[]>();
  for (const weighed of rows) {
    const { exact, there } = furtherKeys(weighed.row);
    const shape = JSON.stringify([exact, there]);
    if (exact.length + there.length > 0) byShape.set(shape, [...(byShape.get(shape) ?? []), weighed]);
  }
  return { root: nodeOf(bare), signatures: [...byShape.values()].map(compileSignature) };
}

function furtherKeys(row: RouteRow): Readonly<{ exact: readonly string[]; there: readonly string[] }> {
  const further = Object.entries(row.where).slice(1);
  const keysWhere = (isExact: boolean): string[] =>
    further.flatMap(([key, value]) => ((value !== true) === isExact ? [key] : [])).sort();
  return { exact: keysWhere(true), there: keysWhere(false) };
}

function compileSignature(rows: readonly WeighedRow[]): Signature {
  const [first] = rows;
  const { exact, there } = first === undefined ? { exact: [], there: [] } : furtherKeys(first.row);
  const byValue = new Map<string, WeighedRow[]>();
  const keyOf = ({ row }: WeighedRow): string => exact.map((key) => String(row.where[key])).join(separator);
  for (const weighed of rows) {
    const key = keyOf(weighed).toLowerCase();
    byValue.set(key, [...(byValue.get(key) ?? []), weighed]);
  }
  const groups = new Map<string, Group>(byValue);
  for (const weighed of rows) groups.set(keyOf(weighed), byValue.get(keyOf(weighed).toLowerCase()) ?? []);
  return { exact: exact.map(createFieldReader), present: there.map(createFieldReader), groups };
}

function allLogsources(families: readonly Family[]): readonly EventLogsource[] {
  const found = new Map<string, EventLogsource>();
  const buckets = families.flatMap(({ exact, anyValue }) => [
    ...new Set(exact.values()),
    ...(anyValue ? [anyValue] : []),
  ]);
  for (const logsource of buckets.flatMap(possibleLogsources)) found.set(JSON.stringify(logsource), logsource);
  return [...found.values()];
}

/** By every set of groups a bucket can match, whether or not their values exclude each other: rather one too many. */
function possibleLogsources({ root, signatures }: Bucket): readonly EventLogsource[] {
  let sets: Group[] = [root.rows];
  for (const { groups } of signatures) {
    const distinct = [...new Set(groups.values())];
    sets = sets.flatMap((rows) => [rows, ...distinct.map((group) => [...rows, ...group])]);
  }
  return sets.flatMap((rows) => mergedLogsource(rows) ?? []);
}
