import type { Logsource } from "../parse/logsource.ts";
import type { EventLogsource } from "./event.ts";

/**
 * Whether a rule is about events of this kind: every part the rule names must be the event's own. An event may belong
 * to several categories at once. A rule that names none of the three is about something events cannot say of themselves,
 * and applies to none; firing on everything would be worse.
 */
export function ruleApplies(rule: Logsource, event: EventLogsource): boolean {
  if (rule.product === undefined && rule.service === undefined && rule.category === undefined) return false;
  return (
    (rule.product === undefined || rule.product === event.product?.toLowerCase()) &&
    (rule.service === undefined || rule.service === event.service?.toLowerCase()) &&
    (rule.category === undefined || categoriesOf(event).includes(rule.category))
  );
}

function categoriesOf(event: EventLogsource): readonly string[] {
  if (event.category === undefined) return [];
  const list = typeof event.category === "string" ? [event.category] : event.category;
  return list.map((category) => category.toLowerCase());
}

/** One text per distinct logsource, to remember which rules apply. */
export function routeKey(event: EventLogsource): string {
  if (typeof event.category !== "object")
    return `${event.product ?? ""}\n${event.category ?? ""}\n${event.service ?? ""}`;
  return `${event.product ?? ""}\n${event.category.join("\t")}\n${event.service ?? ""}`;
}
