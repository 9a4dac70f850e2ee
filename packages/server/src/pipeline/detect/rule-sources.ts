import type { EventLogsource, Logsource } from "@tyr/sigma";

/** What lines of no known program may be: JSON names its product and service itself. */
const JSON_CATEGORIES = ["authentication", "command", "webserver", "honeypot", "database", "log"];
/** Of syslog lines; the service is the program that wrote them. */
const SYSLOG_CATEGORIES = ["authentication", "command", "identity", "log"];

/**
 * The log sources intake can give an event (docs/reference/fields.md), as far as rules of these log sources ask: products
 * and services are whatever the sender says, so all of them cannot be listed.
 */
export function intakeLogsources(asked: readonly Logsource[]): readonly EventLogsource[] {
  return asked.flatMap(({ product, service }): EventLogsource[] => [
    ...JSON_CATEGORIES.map((category) => sourceOf(category, product, service)),
    ...SYSLOG_CATEGORIES.map((category) => sourceOf(category, "linux", service)),
  ]);
}

function sourceOf(category: string, product: string | undefined, service: string | undefined): EventLogsource {
  return { category, ...(product === undefined ? {} : { product }), ...(service === undefined ? {} : { service }) };
}
