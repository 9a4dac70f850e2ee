import { type EventLogsource, knownLogsources, type Logsource } from "@tyr/sigma";
import { LIFT_CATEGORIES } from "./lift/lift-evidence.ts";
import { TELEMETRY_CATEGORIES } from "./telemetry-evidence.ts";

/** What reading a line may add to what the table says of it: JSON names its product and service itself. */
const JSON_CATEGORIES = ["authentication", "command", "webserver", "honeypot", "database", "log"];
/** Of syslog lines; the service is the program that wrote them. */
const SYSLOG_CATEGORIES = ["identity"];

/**
 * The log sources an event can have in a running server (docs/reference/fields.md), as far as rules of these log sources
 * ask: products and services are whatever the sender says, so all of them cannot be listed, and the table may add any of
 * its categories to them.
 */
export function intakeLogsources(asked: readonly Logsource[]): readonly EventLogsource[] {
  const table = knownLogsources().flatMap(({ category }) => category ?? []);
  const own = [
    ...JSON_CATEGORIES,
    ...SYSLOG_CATEGORIES,
    ...Object.keys({ ...TELEMETRY_CATEGORIES, ...LIFT_CATEGORIES }),
  ];
  const category = [...new Set([...table, ...own])];
  return asked.map(({ product, service }) => ({
    category,
    ...(product === undefined ? {} : { product }),
    ...(service === undefined ? {} : { service }),
  }));
}
