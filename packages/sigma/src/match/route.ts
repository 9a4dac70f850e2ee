import type { Logsource } from "../parse/logsource.ts";
import type { EventLogsource } from "./event.ts";

/**
 * Whether a rule is about events of this kind: every part the rule names must be the event's own. An event may belong
 * to several products, categories and services at once. A rule that names none of the three is about something events
 * cannot say of themselves, and applies to none; firing on everything would be worse.
 */
export function ruleApplies(rule: Logsource, event: EventLogsource): boolean {
  if (rule.product === undefined && rule.service === undefined && rule.category === undefined) return false;
  return (
    includes(event.product, rule.product) &&
    includes(event.service, rule.service) &&
    includes(event.category, rule.category)
  );
}

/** Rules are read in lower case; what the rule leaves open, any event has. */
function includes(own: string | readonly string[] | undefined, asked: string | undefined): boolean {
  if (asked === undefined) return true;
  if (own === undefined) return false;
  return typeof own === "string" ? own.toLowerCase() === asked : own.some((one) => one.toLowerCase() === asked);
}

/**
 * One text per distinct logsource, to remember which rules apply. Names come from senders: whatever they hold, a list and
 * a text never share a key, because JSON has no bare line feed and a key of texts has two.
 */
export function routeKey({ product = "", category = "", service = "" }: EventLogsource): string {
  const isPlain = typeof product === "string" && typeof category === "string" && typeof service === "string";
  return isPlain ? `${product}\n${category}\n${service}` : JSON.stringify([product, category, service]);
}
