import { ACCEPTED, REFUSED, says, type Service } from "./form.ts";
import type { JsonForm } from "./json-form.ts";

const vnc = (product: string): Service => ({ name: "vnc", type: "desktop", protocol: "vnc", product });
const smb = (product: string): Service => ({ name: "smb", type: "file", protocol: "smb", product });
const fileAccess = (action: string, access?: string): ReturnType<typeof says> =>
  says(["log", action, "file"], access === undefined ? {} : { outcome: "success", ecs: { "smb.access": access } });
const opened = says(["log", "smb.share_opened", "file"], { outcome: "success" });

const zeekEnds = { ip: "id.orig_h", port: "id.orig_p", toIp: "id.resp_h", toPort: "id.resp_p" } as const;
const suricataEnds = { ip: "src_ip", port: "src_port", toIp: "dest_ip", toPort: "dest_port" } as const;

/** Windows tells of shares under the names of its own event, and winlogbeat puts them one deeper. */
const windowsShares = [
  { id: "EventID", channel: "Channel", data: "" },
  { id: "winlog.event_id", channel: "winlog.channel", data: "winlog.event_data." },
].flatMap(({ id, channel, data }): readonly JsonForm[] =>
  [5140, 5145].map((number) => ({
    service: { ...smb("windows"), name: "security" },
    meaning: number === 5140 ? opened : fileAccess("smb.file_access"),
    where: { [id]: [number, String(number)], [channel]: ["Security", "security"], [`${data}ShareName`]: true },
    names: {
      ip: `${data}IpAddress`,
      port: `${data}IpPort`,
      user: `${data}SubjectUserName`,
      share: `${data}ShareName`,
      file: `${data}RelativeTargetName`,
      "smb.access_list": `${data}AccessList`,
    },
  })),
);

/** What sensors of the network and Windows say of remote screens and shares (docs.zeek.org: rfb.log, smb_files.log,
 * smb_mapping.log, dce_rpc.log, snmp.log). */
export const sensorJsonForms: readonly JsonForm[] = [
  // Of two that ask whether a member is there, the one for `false` stands first.
  {
    service: vnc("zeek"),
    meaning: REFUSED,
    where: { authentication_method: true, "id.orig_h": true, auth: false },
    names: zeekEnds,
  },
  {
    service: vnc("zeek"),
    meaning: ACCEPTED,
    where: { authentication_method: true, "id.orig_h": true, auth: true },
    names: zeekEnds,
  },
  ...[
    { meaning: ACCEPTED, result: ["OK"] },
    { meaning: REFUSED, result: ["FAIL", "TOOMANY"] },
  ].flatMap(({ meaning, result }) =>
    // Suricata 5 and 6 wrote the name with a hyphen.
    ["security_result", "security-result"].map((name): JsonForm => ({
      service: vnc("suricata"),
      meaning,
      where: { [`rfb.authentication.${name}`]: result, event_type: "rfb" },
      names: suricataEnds,
    })),
  ),
  {
    service: smb("zeek"),
    meaning: fileAccess("smb.file_read", "read"),
    where: { action: ["SMB::FILE_OPEN", "SMB::FILE_READ"], "id.orig_h": true, path: true, name: true },
    names: { ...zeekEnds, share: "path", file: "name" },
  },
  {
    service: smb("zeek"),
    meaning: fileAccess("smb.file_written", "write"),
    where: { action: ["SMB::FILE_WRITE", "SMB::FILE_RENAME"], "id.orig_h": true, path: true, name: true },
    names: { ...zeekEnds, share: "path", file: "name" },
  },
  {
    service: smb("zeek"),
    meaning: opened,
    where: { share_type: "DISK", "id.orig_h": true, path: true },
    names: { ...zeekEnds, share: "path" },
  },
  {
    service: smb("zeek"),
    meaning: says(["log", "smb.call", "log"]),
    where: { operation: true, endpoint: true, "id.orig_h": true, named_pipe: true },
    names: zeekEnds,
  },
  {
    service: { name: "snmp", type: "network", protocol: "snmp", product: "zeek" },
    meaning: says(["log", "snmp.asked", "log"]),
    where: { get_bulk_requests: true, get_requests: true, "id.orig_h": true },
    names: zeekEnds,
  },
  ...windowsShares,
];
