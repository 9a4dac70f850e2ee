import { ACCEPTED, REFUSED, says, type Service } from "./form.ts";
import type { JsonForm } from "./json-form.ts";

const windows: Service = { name: "security", type: "desktop", product: "windows" };
const auditd: Service = { name: "auditd", type: "host", product: "linux" };
const kubernetes: Service = { name: "audit", type: "container", product: "kubernetes" };
const cloudtrail: Service = { name: "cloudtrail", type: "cloud", product: "aws" };
const heralding: Service = { name: "heralding", type: "decoy", product: "heralding" };
const dionaea: Service = { name: "dionaea", type: "decoy", product: "dionaea" };

const exec = says(["process", "process.exec", "process"]);
const crash = says(["process", "process.crash", "process"], { outcome: "failure", severity: "low" });
const call = says(["cloud", "cloud.api_call", "cloud"]);

/** Where what runs in a pod is described: in the pod, in whatever makes pods, and in what makes jobs that do. */
const podSpecs = [
  "requestObject.spec",
  "requestObject.spec.template.spec",
  "requestObject.spec.jobTemplate.spec.template.spec",
];

/** Names of one and the same thing in the records of the audit system and in what Laurel makes of them. */
const audited = (prefix: string): JsonForm["names"] => ({
  "process.name": `${prefix}comm`,
  "process.executable": `${prefix}exe`,
  "process.pid": `${prefix}pid`,
  "process.parent.pid": `${prefix}ppid`,
  "audit.user.id": `${prefix}auid`,
  "audit.syscall": `${prefix}syscall`,
  "audit.signal": `${prefix}sig`,
});

/** Hosts, clusters, clouds, and decoys that write JSON. */
export const hostJsonForms: readonly JsonForm[] = [
  ...[REFUSED, ACCEPTED].flatMap((meaning, at): readonly JsonForm[] => {
    const id = at === 0 ? 4625 : 4624;
    return [
      {
        service: windows,
        meaning,
        where: { EventID: [id, String(id)], Channel: ["Security", "security"], TargetUserName: true },
        names: { ip: "IpAddress", port: "IpPort", user: "TargetUserName", "windows.logon_type": "LogonType" },
      },
      {
        service: windows,
        meaning,
        where: { "winlog.event_id": [id, String(id)], "winlog.channel": ["Security", "security"] },
        names: {
          ip: "winlog.event_data.IpAddress",
          port: "winlog.event_data.IpPort",
          user: "winlog.event_data.TargetUserName",
          "windows.logon_type": "winlog.event_data.LogonType",
        },
      },
    ];
  }),
  {
    service: auditd,
    meaning: exec,
    where: { type: "SYSCALL", msg: true, exe: true },
    time: ["msg"],
    names: audited(""),
  },
  { service: auditd, meaning: crash, where: { type: "ANOM_ABEND", msg: true }, time: ["msg"], names: audited("") },
  {
    service: auditd,
    meaning: exec,
    where: { ID: true, "SYSCALL.exe": true },
    time: ["ID"],
    names: audited("SYSCALL."),
  },
  {
    service: auditd,
    meaning: crash,
    where: { ID: true, "ANOM_ABEND.0.exe": true },
    time: ["ID"],
    names: audited("ANOM_ABEND.0."),
  },
  {
    service: kubernetes,
    meaning: call,
    where: { auditID: true, apiVersion: true, verb: true, stage: true },
    time: ["requestReceivedTimestamp", "stageTimestamp"],
    names: {
      ip: "sourceIPs.0",
      user: "user.username",
      agent: "userAgent",
      "orchestrator.resource.type": "objectRef.resource",
      "orchestrator.resource.subtype": "objectRef.subresource",
      "orchestrator.namespace": "objectRef.namespace",
    },
    lists: {
      "container.privileged": podSpecs.flatMap((spec) =>
        ["containers", "initContainers", "ephemeralContainers"].map(
          (kind) => `${spec}.${kind}.*.securityContext.privileged`,
        ),
      ),
      "container.host_path": podSpecs.map((spec) => `${spec}.volumes.*.hostPath.path`),
      "container.host_pid": podSpecs.map((spec) => `${spec}.hostPID`),
      "container.host_network": podSpecs.map((spec) => `${spec}.hostNetwork`),
    },
  },
  {
    service: cloudtrail,
    meaning: { ...REFUSED },
    where: { eventSource: true, eventName: "ConsoleLogin", "responseElements.ConsoleLogin": "Failure" },
    names: { ip: "sourceIPAddress", user: "userIdentity.userName", agent: "userAgent" },
  },
  {
    service: cloudtrail,
    meaning: ACCEPTED,
    where: { eventSource: true, eventName: "ConsoleLogin", "responseElements.ConsoleLogin": "Success" },
    names: {
      ip: "sourceIPAddress",
      user: "userIdentity.userName",
      agent: "userAgent",
      "auth.second_factor": "additionalEventData.MFAUsed",
    },
  },
  {
    service: cloudtrail,
    meaning: { ...call, outcome: "failure" },
    where: { eventSource: true, eventName: true, awsRegion: true, errorCode: true },
    names: {
      ip: "sourceIPAddress",
      user: ["userIdentity.userName", "userIdentity.arn"],
      agent: "userAgent",
      reason: "errorCode",
    },
  },
  {
    service: cloudtrail,
    meaning: { ...call, outcome: "success" },
    where: { eventSource: true, eventName: true, awsRegion: true },
    names: { ip: "sourceIPAddress", user: ["userIdentity.userName", "userIdentity.arn"], agent: "userAgent" },
  },
  {
    service: heralding,
    // Heralding lets nobody in: whoever tried was refused.
    meaning: { ...REFUSED, action: "decoy.login" },
    where: { num_auth_attempts: true, "auth_attempts.0": true, source_ip: true },
    names: {
      ip: "source_ip",
      port: "source_port",
      toIp: "destination_ip",
      toPort: "destination_port",
      user: "auth_attempts.0.username",
      count: "num_auth_attempts",
      "network.protocol": "protocol",
      "decoy.service": "protocol",
    },
  },
  {
    service: heralding,
    meaning: says(["session", "decoy.connect", "honeypot"], { severity: "low" }),
    where: { num_auth_attempts: true, source_ip: true, protocol: true },
    names: {
      ip: "source_ip",
      port: "source_port",
      toIp: "destination_ip",
      toPort: "destination_port",
      "network.protocol": "protocol",
      "decoy.service": "protocol",
    },
  },
  ...(["credentials", "connection"] as const).map((member): JsonForm => ({
    service: dionaea,
    meaning:
      member === "credentials"
        ? { ...REFUSED, action: "decoy.login" }
        : says(["session", "decoy.connect", "honeypot"], { severity: "low" }),
    where: { "connection.protocol": true, src_ip: true, ...(member === "credentials" ? { credentials: true } : {}) },
    names: {
      ip: "src_ip",
      port: "src_port",
      toIp: "dst_ip",
      toPort: "dst_port",
      user: "credentials.username.0",
      transport: "connection.transport",
      "network.protocol": "connection.protocol",
      "decoy.service": "connection.protocol",
      command: "ftp.commands.*.command",
    },
  })),
];
