import type { RouteRow } from "./route-row.ts";

/** Service names and channels as in SigmaHQ's taxonomy appendix 2.1 and the rules' own `definition` texts. */
const channels: readonly (readonly [service: string, ...channels: string[]])[] = [
  ["application", "Application"],
  [
    "application-experience",
    "Microsoft-Windows-Application-Experience/Program-Telemetry",
    "Microsoft-Windows-Application-Experience/Program-Compatibility-Assistant",
  ],
  [
    "applocker",
    "Microsoft-Windows-AppLocker/EXE and DLL",
    "Microsoft-Windows-AppLocker/MSI and Script",
    "Microsoft-Windows-AppLocker/Packaged app-Deployment",
    "Microsoft-Windows-AppLocker/Packaged app-Execution",
  ],
  ["appmodel-runtime", "Microsoft-Windows-AppModel-Runtime/Admin"],
  ["appxdeployment-server", "Microsoft-Windows-AppXDeploymentServer/Operational"],
  ["appxpackaging-om", "Microsoft-Windows-AppxPackaging/Operational"],
  ["bitlocker", "Microsoft-Windows-BitLocker/BitLocker Management"],
  ["bits-client", "Microsoft-Windows-Bits-Client/Operational"],
  ["capi2", "Microsoft-Windows-CAPI2/Operational"],
  [
    "certificateservicesclient-lifecycle-system",
    "Microsoft-Windows-CertificateServicesClient-Lifecycle-System/Operational",
  ],
  ["codeintegrity-operational", "Microsoft-Windows-CodeIntegrity/Operational"],
  ["dhcp", "Microsoft-Windows-DHCP-Server/Operational"],
  ["diagnosis-scripted", "Microsoft-Windows-Diagnosis-Scripted/Operational"],
  ["dns-client", "Microsoft-Windows-DNS Client Events/Operational", "Microsoft-Windows-DNS-Client/Operational"],
  ["dns-server", "DNS Server"],
  ["dns-server-analytic", "Microsoft-Windows-DNS-Server/Analytical"],
  ["dns-server-audit", "Microsoft-Windows-DNS-Server/Audit"],
  ["driver-framework", "Microsoft-Windows-DriverFrameworks-UserMode/Operational"],
  ["firewall-as", "Microsoft-Windows-Windows Firewall With Advanced Security/Firewall"],
  ["hyper-v-worker", "Microsoft-Windows-Hyper-V-Worker", "Microsoft-Windows-Hyper-V-Worker-Admin"],
  ["iis-configuration", "Microsoft-IIS-Configuration/Operational"],
  ["kernel-event-tracing", "Microsoft-Windows-Kernel-EventTracing", "Microsoft-Windows-Kernel-EventTracing/Admin"],
  [
    "kernel-shimengine",
    "Microsoft-Windows-Kernel-ShimEngine/Operational",
    "Microsoft-Windows-Kernel-ShimEngine/Diagnostic",
  ],
  ["ldap", "Microsoft-Windows-LDAP-Client/Debug"],
  ["lsa-server", "Microsoft-Windows-LSA/Operational"],
  [
    "microsoft-servicebus-client",
    "Microsoft-ServiceBus-Client",
    "Microsoft-ServiceBus-Client/Operational",
    "Microsoft-ServiceBus-Client/Admin",
  ],
  ["msexchange-management", "MSExchange Management"],
  ["ntfs", "Microsoft-Windows-Ntfs/Operational"],
  ["ntlm", "Microsoft-Windows-NTLM/Operational"],
  ["openssh", "OpenSSH/Operational"],
  ["powershell", "Microsoft-Windows-PowerShell/Operational", "PowerShellCore/Operational"],
  ["powershell-classic", "Windows PowerShell"],
  ["printservice-admin", "Microsoft-Windows-PrintService/Admin"],
  ["printservice-operational", "Microsoft-Windows-PrintService/Operational"],
  ["security", "Security"],
  [
    "security-mitigations",
    "Microsoft-Windows-Security-Mitigations/KernelMode",
    "Microsoft-Windows-Security-Mitigations/UserMode",
  ],
  ["sense", "Microsoft-Windows-SENSE/Operational"],
  ["shell-core", "Microsoft-Windows-Shell-Core/Operational"],
  ["smbclient-connectivity", "Microsoft-Windows-SmbClient/Connectivity"],
  ["smbclient-security", "Microsoft-Windows-SmbClient/Security"],
  ["smbserver-connectivity", "Microsoft-Windows-SMBServer/Connectivity"],
  ["system", "System"],
  ["sysmon", "Microsoft-Windows-Sysmon/Operational"],
  ["taskscheduler", "Microsoft-Windows-TaskScheduler/Operational"],
  ["terminalservices-localsessionmanager", "Microsoft-Windows-TerminalServices-LocalSessionManager/Operational"],
  ["vhdmp", "Microsoft-Windows-VHDMP/Operational"],
  ["windefend", "Microsoft-Windows-Windows Defender/Operational"],
  ["wmi", "Microsoft-Windows-WMI-Activity/Operational"],
];

/** For shippers that send the provider and leave the channel out; only providers that write to one channel. */
const providers: readonly (readonly [service: string, provider: string])[] = [
  ["security", "Microsoft-Windows-Security-Auditing"],
  ["sysmon", "Microsoft-Windows-Sysmon"],
  ["system", "Service Control Manager"],
  ["powershell", "Microsoft-Windows-PowerShell"],
  ["powershell", "PowerShellCore"],
  ["powershell-classic", "PowerShell"],
  ["taskscheduler", "Microsoft-Windows-TaskScheduler"],
  ["windefend", "Microsoft-Windows-Windows Defender"],
  ["bits-client", "Microsoft-Windows-Bits-Client"],
  ["firewall-as", "Microsoft-Windows-Windows Firewall With Advanced Security"],
  ["codeintegrity-operational", "Microsoft-Windows-CodeIntegrity"],
  ["driver-framework", "Microsoft-Windows-DriverFrameworks-UserMode"],
  ["terminalservices-localsessionmanager", "Microsoft-Windows-TerminalServices-LocalSessionManager"],
  ["wmi", "Microsoft-Windows-WMI-Activity"],
  ["ntlm", "Microsoft-Windows-NTLM"],
  ["openssh", "OpenSSH"],
];

type Categories = readonly (readonly [eventId: number, ...categories: string[]])[];

/** Sysmon's event ids; a key event also counts as the generic registry event, a detected deletion as a deletion. */
const sysmonCategories: Categories = [
  [1, "process_creation"],
  [2, "file_change"],
  [3, "network_connection"],
  [4, "sysmon_status"],
  [5, "process_termination"],
  [6, "driver_load"],
  [7, "image_load"],
  [8, "create_remote_thread"],
  [9, "raw_access_thread"],
  [10, "process_access"],
  [11, "file_event"],
  [12, "registry_event", "registry_add", "registry_delete"],
  [13, "registry_event", "registry_set"],
  [14, "registry_event", "registry_rename"],
  [15, "create_stream_hash"],
  [16, "sysmon_status"],
  [17, "pipe_created"],
  [18, "pipe_created"],
  [19, "wmi_event"],
  [20, "wmi_event"],
  [21, "wmi_event"],
  [22, "dns_query"],
  [23, "file_delete"],
  [24, "clipboard_capture"],
  [25, "process_tampering"],
  [26, "file_delete", "file_delete_detected"],
  [27, "file_block_executable"],
  [28, "file_block_shredding"],
  [29, "file_executable_detected"],
  [255, "sysmon_error"],
];

/** Event ids of other services that are one of the generic categories. */
const serviceCategories: Readonly<Record<string, Categories>> = {
  sysmon: sysmonCategories,
  security: [
    [4688, "process_creation"],
    [4689, "process_termination"],
    [5156, "network_connection"],
    [4657, "registry_event"],
  ],
  powershell: [
    [4103, "ps_module"],
    [4104, "ps_script"],
  ],
  "powershell-classic": [
    [400, "ps_classic_start"],
    [600, "ps_classic_provider_start"],
    [800, "ps_classic_script"],
  ],
  // What Defender found and did, not its updates and settings.
  windefend: [1006, 1007, 1008, 1009, 1010, 1011, 1012, 1017, 1018, 1019, 1115, 1116, 1117, 1118, 1119].map(
    (id) => [id, "antivirus"] as const,
  ),
};

/** Security 4657 says in `OperationType` what became of the value: created, changed, deleted. */
const registryOperations: readonly (readonly [operation: string, category: string])[] = [
  ["%%1904", "registry_set"],
  ["%%1905", "registry_set"],
  ["%%1906", "registry_delete"],
];

/** Kernel-File events are delivered by the event tracing subsystem without a channel. */
const kernelFile: readonly (readonly [eventId: number, category: string])[] = [
  [12, "file_access"],
  [19, "file_rename"],
  [26, "file_delete"],
  [27, "file_rename"],
  [30, "file_event"],
];

function rowsOf(gate: string, name: string, service: string): readonly RouteRow[] {
  const categories = serviceCategories[service] ?? [];
  const registry = service === "security" ? registryOperations : [];
  return [
    { where: { [gate]: name }, is: { product: "windows", service } },
    ...categories.map(([id, ...category]): RouteRow => ({ where: { [gate]: name, "@eventId": id }, is: { category } })),
    ...registry.map(([OperationType, category]): RouteRow => ({
      where: { [gate]: name, "@eventId": 4657, OperationType },
      is: { category },
    })),
  ];
}

export const windowsRows: readonly RouteRow[] = [
  { where: { "@channel": true }, is: { product: "windows" } },
  ...channels.flatMap(([service, ...names]) => names.flatMap((name) => rowsOf("@channel", name, service))),
  { where: { "@channel": "RPCFW" }, is: { product: "rpc_firewall", category: "application" } },
  { where: { "@channel": "Linux-Sysmon/Operational" }, is: { product: "linux", service: "sysmon" } },
  ...sysmonCategories.map(([id, ...category]): RouteRow => ({
    where: { "@channel": "Linux-Sysmon/Operational", "@eventId": id },
    is: { category },
  })),
  ...providers.flatMap(([service, name]) => rowsOf("@provider", name, service)),
  { where: { "@provider": "Linux-Sysmon" }, is: { product: "linux", service: "sysmon" } },
  ...sysmonCategories.map(([id, ...category]): RouteRow => ({
    where: { "@provider": "Linux-Sysmon", "@eventId": id },
    is: { category },
  })),
  { where: { "@provider": "Microsoft-Windows-Kernel-File" }, is: { product: "windows" } },
  ...kernelFile.map(([id, category]): RouteRow => ({
    where: { "@provider": "Microsoft-Windows-Kernel-File", "@eventId": id },
    is: { category },
  })),
];
