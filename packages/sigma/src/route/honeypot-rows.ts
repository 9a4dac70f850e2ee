import type { RouteRow } from "./route-row.ts";

/** Cowrie's event ids (docs/OUTPUT.rst of Cowrie 3) by what happened; any other of its events is a plain log line. */
const cowrieEvents: Readonly<Record<string, readonly string[]>> = {
  authentication: ["login.failed", "login.success"],
  command: ["command.input"],
  honeypot: [
    "session.connect",
    "session.closed",
    "session.params",
    "session.input",
    "session.file_download",
    "session.file_download.failed",
    "session.file_upload",
    "client.version",
    "client.kex",
    "client.size",
    "client.var",
    "client.fingerprint",
    "command.failed",
    "command.success",
    "direct-tcpip.request",
    "direct-tcpip.data",
    "log.closed",
  ],
};

const cowrieRows: readonly RouteRow[] = [
  ...Object.entries(cowrieEvents).flatMap(([category, names]) =>
    names.flatMap((name): RouteRow[] => {
      const where = { eventid: `cowrie.${name}` };
      const service = category === "command" ? "shell" : "sshd";
      const row = { where, is: { product: "cowrie", category, service: [service, "cowrie"] } };
      if (service === "shell") return [row];
      return [row, { where: { ...where, protocol: "telnet" }, is: { service: ["telnet", "cowrie"] } }];
    }),
  ),
  { where: { "@cowrieFamily": "cowrie" }, is: { product: "cowrie", category: "log", service: ["sshd", "cowrie"] } },
  { where: { "@cowrieFamily": "cowrie", protocol: "telnet" }, is: { service: ["telnet", "cowrie"] } },
];

/** Deceptive services. */
export const honeypotRows: readonly RouteRow[] = [
  ...cowrieRows,
  { where: { logtype: true, node_id: true }, is: { product: "opencanary", category: "application" } },
];
