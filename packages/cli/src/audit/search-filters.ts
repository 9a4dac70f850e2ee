import { AUDIT_CLASSES, type AuditSearchQuery } from "@tyr/contract";
import { parseDuration } from "../duration.ts";
import { usage } from "../failure.ts";
import type { Input } from "../input.ts";

/** An instant as it is, a day as its first moment in UTC, or a duration back from now: 90m, 24h, 7d. */
export function instantOf(input: Input, name: string, now: number): string | undefined {
  const given = input.text(name);
  if (given === undefined) return undefined;
  const back = parseDuration(given);
  const isDated = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/.test(given);
  const at = back === undefined ? (isDated ? Date.parse(given) : Number.NaN) : now - back * 1000;
  if (!Number.isNaN(at) && Math.abs(at) <= 8.64e15) return new Date(at).toISOString();
  throw usage(`--${name} ${given} is no time`, "Write 2026-11-02, 2026-11-02T08:00:00Z, or 24h for a day ago.");
}

function defined<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as Partial<T>;
}

/** The options of `tyr audit search` as the server's filters. */
export function searchFilters(input: Input, now: number): AuditSearchQuery {
  const [since, until] = [instantOf(input, "since", now), instantOf(input, "until", now)];
  if (since !== undefined && until !== undefined && since >= until)
    throw usage("--since is not before --until", "Exchange them: since is the older one.");
  return defined({
    since,
    until,
    type: input.text("type"),
    eventType: input.oneOf("class", AUDIT_CLASSES),
    userId: input.text("actor"),
    objectId: input.text("object"),
    outcome: input.oneOf("outcome", ["success", "refused", "failure"] as const),
    correlationId: input.text("request"),
    text: input.text("text"),
    anomaliesOnly: input.flag("anomalies") ? ("true" as const) : undefined,
  }) as AuditSearchQuery;
}
