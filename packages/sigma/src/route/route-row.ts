import type { EventLogsource } from "../match/event.ts";

/**
 * One line of the routing table: an event for which all of `where` holds is of the logsource `is`.
 *
 * Keys of `where` are field names, or roles (`@channel`) that stand for the several names sources give one thing. Values
 * are compared as text without regard to case; `true` asks only that the field is there and not null. The first key is
 * the gate: rows with the same gate are one family, and an event belongs to one family.
 *
 * All matching rows of a family count: for product and service the row that asks most wins (later rows win a tie),
 * categories add up.
 */
export type RouteRow = Readonly<{
  where: Readonly<Record<string, string | number | true>>;
  is: EventLogsource;
}>;

/** Under which names a role is looked for, in this order. A dot also looks into objects. */
export type RouteRole = Readonly<{
  fields: readonly string[];
  /** Only the text before the first of this character is compared. */
  until?: string;
}>;

/** Every role rows may name, e.g. `@channel`: the names agents and shippers give the same thing. */
export const routeRoles: Readonly<Record<string, RouteRole>> = {
  "@channel": { fields: ["Channel", "winlog.channel", "EventLog", "Event.System.Channel"] },
  "@eventId": { fields: ["EventID", "winlog.event_id", "event.code", "EventId", "event_id", "Event.System.EventID"] },
  "@provider": {
    fields: ["Provider_Name", "SourceName", "ProviderName", "winlog.provider_name", "Event.System.Provider_Name"],
  },
  "@dataset": { fields: ["event.dataset", "data_stream.dataset"] },
  "@auditType": { fields: ["type", "auditd.message_type", "record_type"] },
  "@program": {
    fields: ["program", "SYSLOG_IDENTIFIER", "appname", "app_name", "log.syslog.appname", "syslog.appname"],
  },
  "@facility": { fields: ["facility", "SYSLOG_FACILITY", "syslog_facility", "log.syslog.facility.name"] },
  "@host": { fields: ["host", "hostname", "_HOSTNAME", "HOSTNAME"] },
  "@cowrieFamily": { fields: ["eventid"], until: "." },
  "@zeekPath": { fields: ["_path", "@path"] },
  "@table": { fields: ["Type", "TableName", "_table"] },
  "@azureCategory": { fields: ["category", "Category", "CategoryValue"] },
  "@googleService": {
    fields: ["protoPayload.serviceName", "data.protoPayload.serviceName", "gcp.audit.service_name", "eventService"],
  },
  "@googleMethod": {
    fields: ["protoPayload.methodName", "data.protoPayload.methodName", "gcp.audit.method_name"],
  },
};
