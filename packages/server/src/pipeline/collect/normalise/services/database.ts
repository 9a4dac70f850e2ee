import { type Form, lines, refused, says, type Service } from "./form.ts";

const mysql: Service = {
  name: "mysql",
  type: "database",
  programs: ["mysqld", "mariadbd"],
  shapes: ["iso"],
  protocol: "mysql",
};
const postgresql: Service = {
  name: "postgresql",
  type: "database",
  programs: ["postgres"],
  shapes: ["iso"],
  protocol: "postgresql",
};
const mssql: Service = { name: "mssql", type: "database", shapes: ["iso"], protocol: "tds" };
const couchdb: Service = { name: "couchdb", type: "database", shapes: ["iso"], protocol: "http" };

/** Database servers: logins, and CouchDB's requests. */
export const databaseForms: readonly Form[] = [
  ...refused(
    mysql,
    "«n» [Warning] Access denied for user '«user»'@'«ip»'",
    "«n» [Note] Access denied for user '«user»'@'«ip»'",
    "«n» [Note] [MY-010926] [Server] Access denied for user '«user»'@'«ip»'",
    "Access denied for user '«user»'@'«ip»'",
    "[Warning] Access denied for user '«user»'@'«ip»'",
    "[Note] Access denied for user '«user»'@'«ip»'",
  ),
  ...lines(
    mysql,
    says(["session", "mysql.blocked_host", "database"], { outcome: "failure", severity: "low" }),
    "«n» [Warning] IP address '«ip»' is blocked because of many connection errors",
  ),
  ...refused(
    postgresql,
    '«ip» [«n»] «login»@«db» FATAL: password authentication failed for user "',
    '«ip» [«n»] FATAL: password authentication failed for user "«user»"',
    '[«n»] FATAL: no pg_hba.conf entry for host "«ip»", user "«login»", database "',
    '[«n»] «*»@«*» FATAL: no pg_hba.conf entry for host "«ip»", user "«login»", database "',
  ),
  ...refused(mssql, "Logon Login failed for user '«user»'. Reason: «reason» [CLIENT: «ip»]"),
  ...lines(
    couchdb,
    says(["http_request", "web.request", "webserver"]),
    "[notice] «w» <«*»> «w» «host» «ip» «w» «method» «url» «status» ok «n»",
  ),
];
