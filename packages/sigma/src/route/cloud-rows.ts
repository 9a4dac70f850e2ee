import type { EventLogsource } from "../match/event.ts";
import type { RouteRow } from "./route-row.ts";

function azure(service: string): EventLogsource {
  return { product: "azure", service };
}

/** Azure's diagnostic categories and Log Analytics tables that are unmistakable by name. */
const azureLogs: Readonly<Record<string, readonly string[]>> = {
  signinlogs: [
    "SignInLogs",
    "NonInteractiveUserSignInLogs",
    "ServicePrincipalSignInLogs",
    "ManagedIdentitySignInLogs",
    "AADNonInteractiveUserSignInLogs",
    "AADServicePrincipalSignInLogs",
    "AADManagedIdentitySignInLogs",
  ],
  auditlogs: ["AuditLogs"],
  activitylogs: ["AzureActivity"],
  riskdetection: [
    "RiskyUsers",
    "UserRiskEvents",
    "AADRiskyUsers",
    "AADUserRiskEvents",
    "RiskyServicePrincipals",
    "ServicePrincipalRiskEvents",
    "AADServicePrincipalRiskEvents",
  ],
};
/** The activity log's own categories are plain words: only together with the resource they are about. */
const activityCategories = [
  "Administrative",
  "Security",
  "Policy",
  "ServiceHealth",
  "ResourceHealth",
  "Recommendation",
];
/** Alerts of Privileged Identity Management, which share a field with the risk detections. */
const pimAlerts = [
  "invalidLicenseAlertIncident",
  "noMfaOnRoleActivationAlertIncident",
  "redundantAssignmentAlertIncident",
  "rolesAssignedOutsidePrivilegedIdentityManagementAlertConfiguration",
  "sequentialActivationRenewalsAlertIncident",
  "staleSignInAlertIncident",
  "tooManyGlobalAdminsAssignedToTenantAlertIncident",
];

const azureRows: readonly RouteRow[] = [
  ...Object.entries(azureLogs).flatMap(([service, names]) =>
    names.flatMap((name): RouteRow[] => [
      { where: { "@azureCategory": name }, is: azure(service) },
      { where: { "@table": name }, is: azure(service) },
    ]),
  ),
  ...activityCategories.flatMap((category) =>
    ["resourceId", "ResourceId", "ResourceProviderValue"].map((resource): RouteRow => ({
      where: { "@azureCategory": category, [resource]: true },
      is: azure("activitylogs"),
    })),
  ),
  ...pimAlerts.map((alert): RouteRow => ({ where: { riskEventType: alert }, is: azure("pim") })),
  { where: { riskEventType: true }, is: azure("riskdetection") },
];

const gcpAudit: EventLogsource = { product: "gcp", service: "gcp.audit" };
const workspace = (log: string): EventLogsource => ({ product: "gcp", service: `google_workspace.${log}` });

const googleRows: readonly RouteRow[] = [
  { where: { "@googleService": "admin.googleapis.com" }, is: workspace("admin") },
  { where: { "@googleService": "login.googleapis.com" }, is: workspace("login") },
  { where: { "@googleService": true, "@googleMethod": true }, is: gcpAudit },
  { where: { "@googleMethod": true }, is: gcpAudit },
  { where: { kind: "admin#reports#activity", "id.applicationName": "admin" }, is: workspace("admin") },
  { where: { kind: "admin#reports#activity", "id.applicationName": "login" }, is: workspace("login") },
];

const m365 = (service: string): EventLogsource => ({ product: "m365", service });
const workloads =
  `Exchange AzureActiveDirectory SharePoint OneDrive SecurityComplianceCenter MicrosoftTeams ThreatIntelligence
  PowerBI Yammer MicrosoftFlow Compliance`.split(/\s+/);

const microsoft365Rows: readonly RouteRow[] = [
  ...workloads.map((Workload): RouteRow => ({ where: { Workload, Operation: true }, is: m365("audit") })),
  { where: { "@table": "OfficeActivity" }, is: m365("audit") },
  { where: { eventSource: "Exchange" }, is: m365("exchange") },
  { where: { eventSource: "SecurityComplianceCenter" }, is: m365("threat_management") },
  // One alert of the same source is filed apart by the rules.
  {
    where: { eventSource: "SecurityComplianceCenter", eventName: "Activity from suspicious IP addresses" },
    is: m365("threat_detection"),
  },
];

/** Names of the data streams of Elastic's integrations, which say outright what an event is. */
const datasets: Readonly<Record<string, EventLogsource>> = {
  "aws.cloudtrail": { product: "aws", service: "cloudtrail" },
  "azure.activitylogs": azure("activitylogs"),
  "azure.auditlogs": azure("auditlogs"),
  "azure.identity_protection": azure("riskdetection"),
  "azure.signinlogs": azure("signinlogs"),
  "gcp.audit": gcpAudit,
  "github.audit": { product: "github", service: "audit" },
  "google_workspace.admin": workspace("admin"),
  "google_workspace.login": workspace("login"),
  "kubernetes.audit_logs": { product: "kubernetes", service: "audit", category: "application" },
  "o365.audit": m365("audit"),
  "okta.system": { product: "okta", service: "okta" },
  "auditd.log": { product: "linux", service: "auditd" },
  "auditd_manager.auditd": { product: "linux", service: "auditd" },
  "system.auth": { product: "linux", service: "auth", category: "authentication" },
  "system.syslog": { product: "linux", service: "syslog", category: "log" },
};

const serviceRows: readonly RouteRow[] = [
  ...Object.entries(datasets).map(([dataset, is]): RouteRow => ({ where: { "@dataset": dataset }, is })),
  { where: { "@dataset": "system.auth", "process.name": "sshd" }, is: { service: ["sshd", "auth"] } },
  { where: { "@dataset": "system.auth", "process.name": "sudo" }, is: { service: ["sudo", "auth"] } },
  { where: { awsRegion: true, eventSource: true }, is: { product: "aws", service: "cloudtrail" } },
  { where: { legacyEventType: true, eventType: true }, is: { product: "okta", service: "okta" } },
  { where: { eventType: true, displayMessage: true, published: true }, is: { product: "okta", service: "okta" } },
  { where: { "auditType.category": true, "auditType.action": true }, is: { product: "bitbucket", service: "audit" } },
  { where: { event_type_id: true, account_id: true }, is: { product: "onelogin", service: "onelogin.events" } },
  { where: { _document_id: true, action: true, actor: true }, is: { product: "github", service: "audit" } },
  ...["v1", "v1beta1", "v1alpha1"].map((version): RouteRow => ({
    where: { apiVersion: `audit.k8s.io/${version}` },
    is: { product: "kubernetes", service: "audit", category: "application" },
  })),
  // Apple's Endpoint Security events, as `eslogger` writes them.
  { where: { mach_time: true, "event.exec": true }, is: { product: "macos", category: "process_creation" } },
  { where: { mach_time: true, "event.create": true }, is: { product: "macos", category: "file_event" } },
  { where: { mach_time: true }, is: { product: "macos" } },
];

/** Cloud, identity and software-as-a-service logs, and macOS. */
export const cloudRows: readonly RouteRow[] = [...azureRows, ...googleRows, ...microsoft365Rows, ...serviceRows];
