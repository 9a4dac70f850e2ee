import type { EventLogsource } from "../match/event.ts";
import type { RouteRow } from "./route-row.ts";

/** A row with what decides between several that match. */
export type WeighedRow = Readonly<{
  row: RouteRow;
  /** Whether the first field is asked for a value and not merely for being there. */
  exactGate: boolean;
  /** How much the row asks of an event; a value counts more than presence. */
  demands: number;
  order: number;
}>;

/** @throws {TypeError} for a row that asks for nothing: it would be every event's */
export function weigh(row: RouteRow, order: number): WeighedRow {
  const wanted = Object.values(row.where);
  const [gate] = wanted;
  if (gate === undefined) throw new TypeError("a routing row must name at least one field in `where`");
  const demands = wanted.reduce<number>((sum, value) => sum + (value === true ? 1 : 2), 0);
  return { row, exactGate: gate !== true, demands, order };
}

/**
 * What several matching rows say together; undefined when none matches. Categories add up among rows that know the value
 * of the gate; rows that only saw that it is there fill in parts nobody else gave.
 */
export function mergedLogsource(rows: readonly WeighedRow[]): EventLogsource | undefined {
  if (rows.length === 0) return undefined;
  const known = inOrder(rows.filter(({ exactGate }) => exactGate));
  const guessed = inOrder(rows.filter(({ exactGate }) => !exactGate));
  const ranked = [...known, ...guessed];
  const product = ranked.find(({ product }) => product !== undefined)?.product;
  const service = ranked.find(({ service }) => service !== undefined)?.service;
  const sure = categoriesOf(known);
  const categories = sure.length > 0 ? sure : categoriesOf(guessed);
  return Object.freeze({
    ...(product === undefined ? {} : { product: fixed(product) }),
    ...(categories.length === 0 ? {} : { category: fixed(categories) }),
    ...(service === undefined ? {} : { service: fixed(service) }),
  });
}

function fixed(part: string | readonly string[]): string | readonly string[] {
  const [only = ""] = typeof part === "string" ? [part] : part;
  return typeof part === "string" || part.length === 1 ? only : Object.freeze([...part]);
}

function inOrder(rows: readonly WeighedRow[]): readonly EventLogsource[] {
  return [...rows]
    .sort((left, right) => right.demands - left.demands || right.order - left.order)
    .map(({ row }) => row.is);
}

function categoriesOf(logsources: readonly EventLogsource[]): readonly string[] {
  return [...new Set(logsources.flatMap(({ category }) => category ?? []))].sort();
}
