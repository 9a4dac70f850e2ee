import type { LineLogsource } from "./protocol.ts";

/**
 * The logsource of a Windows event, for competitors that have no routing of their own: channel to service, and event id to
 * category, after the taxonomy of the Sigma specification and the field `definition` of published rules.
 */
export function windowsLogsource(event: Readonly<Record<string, unknown>>): LineLogsource {
  const channel = typeof event["Channel"] === "string" ? event["Channel"].toLowerCase() : "";
  const eventId = Number(event["EventID"]);
  const service = services[channel];
  const category = categories(service, eventId, event["EventType"]);
  return {
    product: "windows",
    ...(service === undefined ? {} : { service }),
    ...(category.length === 0 ? {} : { category }),
  };
}

function categories(service: string | undefined, eventId: number, eventType: unknown): readonly string[] {
  if (service === "sysmon" && eventId === 12)
    return ["registry_event", eventType === "CreateKey" ? "registry_add" : "registry_delete"];
  if (service === "sysmon") return sysmon[eventId] ?? [];
  if (service === "security") return eventId === 4688 ? ["process_creation"] : [];
  if (service === "powershell") return powershell[eventId] ?? [];
  if (service === "powershell-classic") return powershellClassic[eventId] ?? [];
  return [];
}

const sysmon: Readonly<Record<number, readonly string[]>> = {
  1: ["process_creation"],
  2: ["file_change"],
  3: ["network_connection"],
  4: ["sysmon_status"],
  5: ["process_termination"],
  6: ["driver_load"],
  7: ["image_load"],
  8: ["create_remote_thread"],
  9: ["raw_access_thread"],
  10: ["process_access"],
  11: ["file_event"],
  13: ["registry_event", "registry_set"],
  14: ["registry_event", "registry_rename"],
  15: ["create_stream_hash"],
  16: ["sysmon_status"],
  17: ["pipe_created"],
  18: ["pipe_created"],
  19: ["wmi_event"],
  20: ["wmi_event"],
  21: ["wmi_event"],
  22: ["dns_query"],
  23: ["file_delete"],
  24: ["clipboard_capture"],
  25: ["process_tampering"],
  26: ["file_delete_detected"],
  27: ["file_block_executable"],
  28: ["file_block_shredding"],
  29: ["file_executable_detected"],
  255: ["sysmon_error"],
};

const powershell: Readonly<Record<number, readonly string[]>> = { 4103: ["ps_module"], 4104: ["ps_script"] };

const powershellClassic: Readonly<Record<number, readonly string[]>> = {
  400: ["ps_classic_start"],
  600: ["ps_classic_provider_start"],
  800: ["ps_classic_script"],
};

const services: Readonly<Record<string, string>> = {
  application: "application",
  security: "security",
  system: "system",
  "dns server": "dns-server",
  "msexchange management": "msexchange-management",
  "microsoft-windows-applocker/exe and dll": "applocker",
  "microsoft-windows-applocker/msi and script": "applocker",
  "microsoft-windows-appxdeploymentserver/operational": "appxdeployment-server",
  "microsoft-windows-bits-client/operational": "bits-client",
  "microsoft-windows-codeintegrity/operational": "codeintegrity-operational",
  "microsoft-windows-dns client events/operational": "dns-client",
  "microsoft-windows-driverframeworks-usermode/operational": "driver-framework",
  "microsoft-windows-ntlm/operational": "ntlm",
  "microsoft-windows-powershell/operational": "powershell",
  "microsoft-windows-smbclient/security": "smbclient-security",
  "microsoft-windows-sysmon/operational": "sysmon",
  "microsoft-windows-taskscheduler/operational": "taskscheduler",
  "microsoft-windows-terminalservices-localsessionmanager/operational": "terminalservices-localsessionmanager",
  "microsoft-windows-windows defender/operational": "windefend",
  "microsoft-windows-windows firewall with advanced security/firewall": "firewall-as",
  "microsoft-windows-wmi-activity/operational": "wmi",
  "windows powershell": "powershell-classic",
};
