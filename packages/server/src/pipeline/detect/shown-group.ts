import { digestOfText } from "./evidence.ts";

/**
 * What may be shown of the group a detection counted in: addresses, ports, hosts, accounts and names a system gives, of Sigma's
 * taxonomies, Windows, Zeek, clouds and our own (docs/reference/fields.md). Whatever else a rule groups by (a command, a link, a
 * text, a session, a name nobody here knows) may hold what somebody typed or a secret that lets somebody in.
 */
const SHOWN: ReadonlySet<string> = new Set(
  `
  source.ip source.port destination.ip destination.port c-ip s-ip src_ip dst_ip dest_ip src_port dst_port id.orig_h id.orig_p
  id.resp_h id.resp_p client.ip server.ip host.ip sourceIPAddress IpAddress SourceIp SourceIP DestinationIp DestinationPort
  SourceAddress SourceNetworkAddress ipAddress callerIpAddress
  host.name hostname computer computer_name ComputerName winlog.computer_name Workstation WorkstationName SourceHostname
  DestinationHostname sensor.id sensor.name observer.name
  user.name user.id user.target.name user.domain username TargetUserName TargetUserSid TargetDomainName SubjectUserName
  SubjectUserSid SubjectDomainName SubjectLogonId TargetLogonId LogonId cs-username userIdentity.arn userIdentity.userName
  recipientAccountId cloud.account.id cloud.region awsRegion orchestrator.namespace
  process.pid process.parent.pid ProcessId ParentProcessId process.name Provider_Name Channel EventID event.code event.action
  event.kind event.outcome eventSource eventName service.name service.type decoy.service network.protocol network.transport proto
  http.request.method http.response.status_code cs-method sc-status LogonType windows.logon_type
  ssh.hassh tls.client.ja3 file.hash.sha256
  `
    .trim()
    .split(/\s+/)
    .map((name) => name.toLowerCase()),
);

/**
 * What a detection says of the group it counted in: which source, host or account. What people may have written stays in the
 * events, as in evidence: the same value has the same digest, so that two groups can be told apart.
 */
export function shownGroup(group: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(group).map(([name, value]) => [
      name,
      SHOWN.has(name.toLowerCase()) ? value : `sha256:${digestOfText(value)}`,
    ]),
  );
}
