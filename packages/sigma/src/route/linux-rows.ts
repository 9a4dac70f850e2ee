import type { EventLogsource } from "../match/event.ts";
import type { RouteRow } from "./route-row.ts";

/** Record types only the Linux audit system writes (linux/audit.h), so a bare `type` is enough to know it by. */
const auditTypes =
  `SYSCALL EXECVE PATH CWD PROCTITLE SOCKADDR SOCKETCALL CONFIG_CHANGE DAEMON_START DAEMON_END DAEMON_ABORT
  DAEMON_CONFIG USER_AUTH USER_ACCT USER_LOGIN USER_LOGOUT USER_START USER_END USER_CMD USER_TTY USER_ERR USER_CHAUTHTOK
  USER_AVC CRED_ACQ CRED_DISP CRED_REFR ADD_USER DEL_USER ADD_GROUP DEL_GROUP USER_MGMT GRP_MGMT SERVICE_START
  SERVICE_STOP SYSTEM_BOOT SYSTEM_SHUTDOWN ANOM_PROMISCUOUS ANOM_ABEND ANOM_LINK AVC SELINUX_ERR MAC_STATUS
  MAC_POLICY_LOAD KERN_MODULE NETFILTER_CFG INTEGRITY_RULE CRYPTO_SESSION CRYPTO_KEY_USER FD_PAIR OBJ_PID TTY BPF
  SECCOMP`.split(/\s+/);

const auditd: EventLogsource = { product: "linux", service: "auditd" };

const auditRows: readonly RouteRow[] = [
  ...auditTypes.map((type): RouteRow => ({ where: { "@auditType": type }, is: auditd })),
  { where: { "@auditType": "EXECVE" }, is: { ...auditd, category: "process_creation" } },
  { where: { "@auditType": "SOCKADDR" }, is: { ...auditd, category: "network_connection" } },
  { where: { "@auditType": "PATH", nametype: "CREATE" }, is: { category: "file_event" } },
  { where: { "@auditType": "PATH", nametype: "DELETE" }, is: { category: "file_delete" } },
  // LOGIN is a word of its own elsewhere: only with the audit system's login uid.
  { where: { "@auditType": "LOGIN", auid: true }, is: auditd },
  // Shippers that put the records of one event into one object.
  { where: { SYSCALL: true, PROCTITLE: true }, is: auditd },
  { where: { SYSCALL: true, EXECVE: true }, is: { ...auditd, category: "process_creation" } },
];

type Program = readonly [services: readonly string[], category: string, ...programs: string[]];

/**
 * Programs by the name they log under. The first service is the program's own, the second the file its lines are found
 * in on most systems: rules are written for either.
 */
const programs: readonly Program[] = [
  [["sshd", "auth"], "authentication", "sshd", "sshd-session", "sshd-auth", "dropbear"],
  [["sudo", "auth"], "command", "sudo"],
  [["auth"], "authentication", "su", "login", "systemd-logind", "polkitd", "pkexec", "gdm-password", "lightdm", "doas"],
  [["useradd", "auth"], "identity", "useradd", "adduser"],
  [["userdel", "auth"], "identity", "userdel"],
  [["usermod", "auth"], "identity", "usermod"],
  [["groupadd", "auth"], "identity", "groupadd"],
  [["passwd", "auth"], "identity", "passwd"],
  [["chpasswd", "auth"], "identity", "chpasswd"],
  [["vsftpd", "auth"], "authentication", "vsftpd"],
  [["cron", "syslog"], "log", "cron", "crond", "anacron", "fcron"],
  [["auditd", "syslog"], "log", "auditd", "audispd", "audit"],
  [["clamav", "syslog"], "antivirus", "clamd", "clamav", "clamav-daemon", "clamonacc", "freshclam", "clamscan"],
  [["guacamole", "syslog"], "authentication", "guacd", "guacamole"],
  [["named", "syslog"], "dns", "named", "dnsmasq", "unbound"],
  [["mysql", "syslog"], "database", "mysqld", "mariadbd"],
  [["postgresql", "syslog"], "database", "postgres", "postgresql"],
  [["syslog"], "log", "kernel", "rsyslogd", "syslogd", "systemd", "init"],
];

/** auth and authpriv, as names and as the numbers of RFC 5424. */
const authFacilities = ["auth", "authpriv", "4", "10"];

const programRows: readonly RouteRow[] = [
  // A line of an unknown program is still one of the system log, if it says which host wrote it.
  { where: { "@program": true, "@host": true }, is: { product: "linux", service: "syslog", category: "log" } },
  ...authFacilities.map((facility): RouteRow => ({
    where: { "@program": true, "@facility": facility },
    is: { product: "linux", service: "auth", category: "authentication" },
  })),
  ...programs.flatMap(([service, category, ...names]) =>
    names.map((name): RouteRow => ({ where: { "@program": name }, is: { product: "linux", service, category } })),
  ),
];

export const linuxRows: readonly RouteRow[] = [...auditRows, ...programRows];
