import type { Fields } from "../expression.ts";

/** One event as rules see it. */
export type SigmaEvent = Readonly<{
  /** Unique per event; a correlation lists the ids that contributed. */
  id: string;
  /** When it happened, milliseconds since 1970; correlations run on it. The caller bounds it against its own clock. */
  timeMs: number;
  /** What the event is; rules that name another product, category or service do not apply. */
  logsource: EventLogsource;
  fields: Fields;
  /**
   * The line as received. Keyword rules search it too, unless it is a JSON text, whose field names are not content.
   */
  raw?: string;
}>;

/** Several values of a part hold at once: a line of sshd is of the services `sshd` and `auth`. */
export type EventLogsource = Readonly<{
  product?: string | readonly string[];
  category?: string | readonly string[];
  service?: string | readonly string[];
}>;
