import { randomBytes } from "node:crypto";
import type { HashSecret } from "./lift/credential.ts";
import { keyedHash } from "./lift/keyed-hash.ts";

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

/** Where nothing is stored (rules' own tests, backtests) any key will do: digests mean something within this process only. */
const KEY_OF_PROCESS = keyedHash(randomBytes(32));

/**
 * What a detection says of the group it counted in: which source, host or account. What people may have written stays in the
 * events: the same value has the same keyed digest, so that two groups can be told apart, and without the key nobody tries
 * a list of words against it. Stored before digests were keyed, they begin with `sha256:`, and go when their detections do.
 */
export function shownGroup(
  group: Readonly<Record<string, string>>,
  hash: HashSecret = KEY_OF_PROCESS,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(group).map(([name, value]) => [
      name,
      SHOWN.has(name.toLowerCase()) ? value : `keyed:${hash("group", value)}`,
    ]),
  );
}
