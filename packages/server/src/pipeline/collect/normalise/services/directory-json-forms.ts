import { says, type Service } from "./form.ts";
import type { JsonForm } from "./json-form.ts";

const ldap = (product?: string): Service => ({
  name: "ldap",
  type: "network",
  protocol: "ldap",
  ...(product === undefined ? {} : { product }),
});
const searched = says(["log", "ldap.search", "log"]);
const wireEnds = { ip: "id.orig_h", port: "id.orig_p", toIp: "id.resp_h", toPort: "id.resp_p" } as const;

/**
 * Event 1644 of the log "Directory Service" has no names for what it tells, only an order: starting node, filter, entries
 * visited, entries returned, client, scope, attributes (Microsoft, "LDAP queries run slowly": its registry value
 * `15 Field Engineering` is 5). Winlogbeat and our reading of XML call them `param1` and on.
 */
const windowsSearches = [
  { id: "winlog.event_id", at: (place: number) => `winlog.event_data.param${place}` },
  { id: "EventID", at: (place: number) => `param${place}` },
  { id: "Event.System.EventID", at: (place: number) => `Event.EventData.Data.${place - 1}` },
].map(({ id, at }): JsonForm => ({
  service: ldap("windows"),
  meaning: searched,
  where: { [id]: [1644, "1644"], [at(2)]: true, [at(5)]: true },
  names: {
    ip: at(5),
    "ldap.base": at(1),
    "ldap.filter": at(2),
    "ldap.attributes": at(7),
  },
}));

/** Searches of a directory, where one line says who asked and for what, and the client of a remote desktop by its name. */
export const directoryJsonForms: readonly JsonForm[] = [
  ...windowsSearches,
  {
    // docs.zeek.org: ldap_search.log, since Zeek 6.1.
    service: ldap("zeek"),
    meaning: searched,
    where: { base_object: true, "id.orig_h": true, filter: true },
    names: { ...wireEnds, "ldap.base": "base_object", "ldap.filter": "filter" },
    lists: { "ldap.attributes": ["attributes.*"] },
  },
  {
    // What authentik's LDAP outpost writes of each search.
    service: ldap("authentik"),
    meaning: searched,
    where: { baseDN: true, event: "Search request", client: true, filter: true },
    names: { ip: "client", user: "bindDN", "ldap.base": "baseDN", "ldap.filter": "filter" },
    lists: { "ldap.attributes": ["attributes.*"] },
  },
  {
    // docs.zeek.org: rdp.log. The client says its name before anybody has logged in.
    service: { name: "rdp", type: "desktop", protocol: "rdp", product: "zeek" },
    meaning: says(["log", "rdp.connect", "log"]),
    where: { client_name: true, client_build: true, "id.orig_h": true },
    names: { ...wireEnds, "rdp.client.name": "client_name" },
  },
  {
    // Suricata's user guide, EVE: event type rdp.
    service: { name: "rdp", type: "desktop", protocol: "rdp", product: "suricata" },
    meaning: says(["log", "rdp.connect", "log"]),
    where: { "rdp.client.client_name": true, event_type: "rdp", src_ip: true },
    names: {
      ip: "src_ip",
      port: "src_port",
      toIp: "dest_ip",
      toPort: "dest_port",
      "rdp.client.name": "rdp.client.client_name",
    },
  },
];
