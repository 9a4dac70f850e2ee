import { type EventLogsource, type Fields, routeEvent } from "@tyr/sigma";

/** By what the table says and by what collect says; both are few and remembered objects. */
const known = new WeakMap<EventLogsource, WeakMap<EventLogsource, EventLogsource>>();

/**
 * Which rules an event concerns: what Sigma's routing table says of its fields, with what collect read off the line or
 * its sender says of it. They add up, so that no made-up field name takes an event away from the rules of its source.
 *
 * @returns the very same frozen object for the same two, by which the engine finds its rules at once
 */
export function eventLogsource(fields: Fields, declared: EventLogsource): EventLogsource {
  const routed = routeEvent(fields);
  const byDeclared = known.get(routed) ?? new WeakMap<EventLogsource, EventLogsource>();
  const found = byDeclared.get(declared);
  if (found !== undefined) return found;
  const both = united(routed, declared);
  known.set(routed, byDeclared);
  byDeclared.set(declared, both);
  return both;
}

function united(routed: EventLogsource, declared: EventLogsource): EventLogsource {
  return Object.freeze({
    ...part("product", routed, declared),
    ...part("category", routed, declared),
    ...part("service", routed, declared),
  });
}

type Part = keyof EventLogsource;

/** Case does not count for rules: the table's spelling stands. */
function part(name: Part, ...sources: readonly EventLogsource[]): EventLogsource {
  const all = sources.flatMap((source) => source[name] ?? []);
  const folded = all.map((one) => one.toLowerCase());
  const [only, ...more] = all.filter((_one, place) => folded.indexOf(folded[place] ?? "") === place);
  if (only === undefined) return {};
  return { [name]: more.length === 0 ? only : Object.freeze([only, ...more]) };
}
