import { type Form, lines, refused, says, type Service } from "./form.ts";

const charon: Service = { name: "strongswan", type: "vpn", programs: ["charon", "charon-systemd"], protocol: "ike" };
const openvpn: Service = { name: "openvpn", type: "vpn", programs: ["openvpn", "ovpn-server"], protocol: "openvpn" };
const wireguard: Service = { name: "wireguard", type: "vpn", programs: ["kernel"], protocol: "wireguard" };
const netfilter: Service = { name: "netfilter", type: "network", programs: ["kernel"] };
const filterlog: Service = { name: "filterlog", type: "network", programs: ["filterlog"] };
const mikrotik: Service = { name: "mikrotik", type: "network", programs: ["unknown"], product: "mikrotik" };
const paloAlto: Service = { name: "panos", type: "network", programs: ["unknown"], product: "paloalto" };
const asa: Service = {
  name: "asa",
  type: "network",
  programs: ["%ASA-4-106023", "%ASA-6-113015", "%ASA-6-113005"],
  product: "cisco",
};
const bind: Service = { name: "named", type: "dns", programs: ["named"], shapes: ["day-month"], protocol: "dns" };
const fail2ban: Service = { name: "fail2ban", type: "host", programs: ["fail2ban.actions"], shapes: ["iso"] };
const lfd: Service = { name: "lfd", type: "host", programs: ["lfd"] };
const endlessh: Service = {
  name: "endlessh",
  type: "decoy",
  programs: ["endlessh"],
  shapes: ["iso"],
  protocol: "ssh",
};

const blocked = says(["network", "firewall.block", "firewall"], { outcome: "failure" });
const logged = says(["network", "firewall.log", "firewall"]);
const allowed = says(["network", "firewall.allow", "firewall"], { outcome: "success" });
const threat = says(["network", "firewall.threat", "firewall"], { severity: "medium" });
const handshake = says(["session", "vpn.handshake_failed", "vpn"], { outcome: "failure", severity: "low" });
const refusedQuery = says(["network", "dns.refused", "dns"], { outcome: "failure", severity: "low" });
const banned = says(["network", "host.banned", "log"], { outcome: "success", severity: "low" });

/** OpenLDAP's `stats`: who connected and what was asked stand in lines of their own, tied by the connection's number. */
const slapd: Service = { name: "ldap", type: "network", programs: ["slapd"], protocol: "ldap" };

/** Packet filters, tunnels, name servers, and programs that ban addresses. */
export const networkForms: readonly Form[] = [
  ...lines(slapd, says(["log", "ldap.connect", "log"]), "conn=«session» fd=«n» ACCEPT from IP=«ip» (IP="),
  ...lines(
    slapd,
    says(["log", "ldap.asked", "log"]),
    'conn=«session» op=«n» SRCH base="«base»" scope=«n» deref=«n» filter="«filter»"',
  ),
  ...lines(
    charon,
    handshake,
    "«n»[JOB] <«*»> deleting half open IKE_SA with «ip» after timeout",
    "«n»[JOB] deleting half open IKE_SA with «ip» after timeout",
  ),
  ...refused(openvpn, "«ip» TLS Auth Error: Auth Username/Password verification failed for peer"),
  ...lines(
    openvpn,
    handshake,
    "«ip» TLS Error: TLS handshake failed",
    "«ip» TLS Error: cannot locate HMAC in incoming packet",
  ),
  ...lines(
    wireguard,
    handshake,
    "[«*»] wireguard: «w»: Invalid handshake initiation from «ip»",
    "wireguard: «w»: Invalid handshake initiation from «ip»",
  ),
  ...lines(
    netfilter,
    blocked,
    "[«*»] [UFW BLOCK] IN=«*» SRC=«ip» DST=«toIp» «*»PROTO=«transport» SPT=«port» DPT=«toPort» ",
    "[UFW BLOCK] IN=«*» SRC=«ip» DST=«toIp» «*»PROTO=«transport» SPT=«port» DPT=«toPort» ",
  ),
  ...lines(
    netfilter,
    allowed,
    "[«*»] [UFW ALLOW] IN=«*» SRC=«ip» DST=«toIp» «*»PROTO=«transport» SPT=«port» DPT=«toPort» ",
    "[«*»] [UFW AUDIT] IN=«*» SRC=«ip» DST=«toIp» «*»PROTO=«transport» SPT=«port» DPT=«toPort» ",
    "[UFW ALLOW] IN=«*» SRC=«ip» DST=«toIp» «*»PROTO=«transport» SPT=«port» DPT=«toPort» ",
    "[UFW AUDIT] IN=«*» SRC=«ip» DST=«toIp» «*»PROTO=«transport» SPT=«port» DPT=«toPort» ",
  ),
  ...lines(
    netfilter,
    logged,
    "[«*»] IN=«*» SRC=«ip» DST=«toIp» «*»PROTO=«transport» SPT=«port» DPT=«toPort» ",
    "IN=«*» SRC=«ip» DST=«toIp» «*»PROTO=«transport» SPT=«port» DPT=«toPort» ",
  ),
  ...lines(
    filterlog,
    blocked,
    "«n»,«*»,match,block,in,4,«*»,tcp,«n»,«ip»,«toIp»,«port»,«toPort»,",
    "«n»,«*»,match,block,in,4,«*»,udp,«n»,«ip»,«toIp»,«port»,«toPort»,",
    "«n»,«*»,match,block,in,6,«*»,«n»,«ip»,«toIp»,«port»,«toPort»,",
  ),
  ...lines(mikrotik, logged, "firewall,info «*»: in:«*», proto «*», «ip»->«toIp», len "),
  ...refused({ ...mikrotik }, "system,error,critical login failure for user «user» from «ip» via «w»"),
  ...lines(
    paloAlto,
    threat,
    "1,«*»,«*»,THREAT,vulnerability,«w»,«*»,«ip»,«toIp»,",
    "1,«*»,«*»,THREAT,spyware,«w»,«*»,«ip»,«toIp»,",
    "1,«*»,«*»,THREAT,virus,«w»,«*»,«ip»,«toIp»,",
    "1,«*»,«*»,THREAT,scan,«w»,«*»,«ip»,«toIp»,",
    "1,«*»,«*»,THREAT,flood,«w»,«*»,«ip»,«toIp»,",
  ),
  ...lines(asa, blocked, "Deny «transport» src «w»:«ip»/«port» dst «w»:«toIp»/«toPort» "),
  ...refused(
    asa,
    "AAA user authentication Rejected : reason = «reason» : local database : user = «user» : user IP = «ip»",
    "AAA user authentication Rejected : reason = «reason» : server = «w» : user = «user» : user IP = «ip»",
  ),
  ...lines(
    bind,
    refusedQuery,
    "client @«w» «ip»#«port» («*»): query (cache) '«reason»' denied",
    "client «ip»#«port» («*»): query (cache) '«reason»' denied",
    "client @«w» «ip»#«port» («*»): query '«reason»' denied",
    "client @«w» «ip»#«port»: update '«reason»' denied",
  ),
  ...lines(
    bind,
    { ...refusedQuery, action: "dns.transfer_refused" },
    "client @«w» «ip»#«port» («*»): zone transfer '«reason»' denied",
    "client «ip»#«port» («*»): zone transfer '«reason»' denied",
  ),
  ...lines(fail2ban, banned, "fail2ban.actions [«n»]: NOTICE [«w»] Ban «ip»", "NOTICE [«w»] Ban «ip»"),
  ...lines(lfd, banned, "(«w») «*» from «ip» («*»): «n» in the last «n» secs - *Blocked in csf*"),
  ...lines(
    endlessh,
    says(["session", "ssh.tarpit_connect", "honeypot"], { severity: "low" }),
    "ACCEPT host=«ip» port=«port» ",
  ),
];
