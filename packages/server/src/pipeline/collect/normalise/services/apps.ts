import { accepted, type Form, lines, refused, says, type Service, unknownUser } from "./form.ts";

type Where = Pick<Service, "programs" | "shapes">;
const app = (name: string, where: Where): Service => ({ name, type: "app", protocol: "http", ...where });
const behind = (...shapes: NonNullable<Service["shapes"]>): Where => ({ shapes });
const under = (...programs: readonly string[]): Where => ({ programs });

const cpanel = app("cpanel", behind("[iso]"));
const vaultwarden = app("vaultwarden", behind("[iso]"));
const keycloak = app("keycloak", behind("iso"));
const bitwarden = app("bitwarden", behind("iso"));
const arr = app("servarr", under("Prowlarr", "Sonarr", "Radarr", "Lidarr", "Readarr", "mono"));
const jellyseerr = app("jellyseerr", behind("iso"));
const lemonldap = app("lemonldap-ng", under("LLNG", "lemonldap-ng"));
const proxmox = app("proxmox", { programs: ["pvedaemon", "pveproxy", "proxmox-backup-proxy"], shapes: ["iso"] });
const magento = app("magento", behind("[iso]"));
const cas = app("cas", behind("iso"));

const locked = says(["session", "app.locked_out", "application"], { outcome: "failure", severity: "low" });
const unpaid = says(["log", "shop.payment_failed", "application"], { outcome: "failure", severity: "low" });

/** Applications people log in to with a browser or its relatives. Their names are said by the service. */
export const appForms: readonly Form[] = [
  ...refused(app("calibre-web", behind("[iso]")), 'WARN {cps.web:«n»} Login failed for user "«user»" IP-address: «ip»'),
  ...refused(
    app("paperless-ngx", behind("[iso]")),
    "[INFO] [paperless.auth] Login failed for user `«user»` from IP `«ip»",
    "[INFO] [paperless.auth] Login failed for user `«user»` from private IP `«ip»",
  ),
  ...refused(
    vaultwarden,
    "[vaultwarden::api::identity][ERROR] Username or password is incorrect. Try again. IP: «ip». Username: «user».",
    "[vaultwarden::api::admin][ERROR] Invalid admin token. IP: «ip»",
    "[vaultwarden::api::core::two_factor::authenticator][ERROR] Invalid TOTP code! «*» IP: «ip»",
    "[vaultwarden::api::core::two_factor::email][ERROR] Token is invalid! IP: «ip»",
  ),
  ...refused(
    app("jellyfin", { programs: ["jellyfin"], shapes: ["[iso]"] }),
    '[INF] [«n»] «w»: Authentication request for "«user»" has been denied (IP: "«ip»").',
    "[«*»] [INF] Authentication request for «user» has been denied (IP: «ip»)",
  ),
  ...lines(cpanel, locked, 'info [«w»] «ip» - «login» "«*»" FAILED LOGIN «w»: brute force attempt («*»'),
  ...refused(cpanel, 'info [«w»] «ip» - «login» "«*»" FAILED LOGIN «w»: «reason»'),
  ...refused(
    app("technitium", behind("[iso]")),
    "[«ip»] DnsServerCore.DnsWebServiceException: Invalid username or password for user: «user»",
  ),
  ...refused(bitwarden, "[WRN] Failed login attempt, 2FA invalid. «ip»", "[WRN] Failed login attempt. «ip»"),
  ...refused(app("emby", behind("iso")), "Warn Server: AUTH-ERROR: «ip» - Invalid username or password entered."),
  ...refused(app("hestiacp", behind("iso")), "«account» «ip» failed to login"),
  ...refused(
    app("home-assistant", behind("iso")),
    "WARNING (MainThread) [homeassistant.components.http.ban] Login attempt or request with invalid authentication from «w» («ip»).",
  ),
  ...refused(
    app("odoo", behind("iso")),
    "«n» INFO «w» odoo.addons.base.models.res_users: Login failed for db:«db» login:«user» from «ip»",
  ),
  ...unknownUser(
    keycloak,
    "WARN [org.«w»] («*») type=LOGIN_ERROR, «*»ipAddress=«ip», error=user_not_found, «*»username=«login»,",
    'WARN [org.«w»] («*») type="LOGIN_ERROR", «*»ipAddress="«ip»", error="user_not_found"«*»username="«login»"',
  ),
  ...refused(
    keycloak,
    "WARN [org.«w»] («*») type=LOGIN_ERROR, «*»ipAddress=«ip», error=«reason», «*»username=«login»,",
    'WARN [org.«w»] («*») type="LOGIN_ERROR", «*»ipAddress="«ip»", error="«reason»"«*»username="«login»"',
  ),
  ...refused(
    app("sabnzbd", behind("iso")),
    "::WARNING::[interface:«n»] Unsuccessful login attempt from «ip» ",
    "::WARNING::[interface:«n»] Mislukte login poging van «ip» ",
  ),
  ...refused(
    app("joplin", behind("iso")),
    ': [error] App: 403: POST /api/sessions: «ip»: Invalid username or password: {"email":"«user»"}',
  ),
  ...refused(
    app("guacamole", behind("iso")),
    // Tomcat, told which proxies to believe, puts the client first.
    '[«*»] WARN o.a.g.r.auth.AuthenticationService - Authentication attempt from [«ip», «*»] for user "«user»" failed.',
    '[«*»] WARN o.a.g.r.auth.AuthenticationService - Authentication attempt from «ip» for user "«user»" failed.',
  ),
  ...refused(
    app("immich", behind("nest")),
    "[Nest] «n» - WARN [AuthService] Failed login attempt for user «user» from ip address «ip»",
  ),
  ...refused(
    jellyseerr,
    '[warn][API]: Failed sign-in attempt «*»"ip":"«ip»","email":"«login»"',
    '[info][Auth]: Failed login attempt «*»"ip":"«ip»","email":"«login»"',
  ),
  ...refused(app("dockge", behind("iso")), "[AUTH] WARN: Incorrect username or password for user «user». IP=«ip»"),
  ...refused(app("redmine", behind("[iso]")), "W, WARN -- : Failed login for '«user»' from «ip» at "),
  ...refused(
    app("gitea", behind("slash")),
    "...ers/web/auth/auth.go:«n»:SignInPost() [«w»] [«w»] Failed authentication attempt for «user» from «ip»: «reason»",
    "...ers/web/auth/auth.go:«n»:SignInPost() [«w»] Failed authentication attempt for «user» from «ip»: «reason»",
  ),
  ...refused(
    proxmox,
    ": authentication failure; rhost=«ip» user=«user» msg=«reason»",
    "authentication failure; rhost=«ip» user=«user» msg=«reason»",
  ),
  ...refused(
    app("pterodactyl", behind("[bsd]")),
    "WARN: failed to validate user credentials («reason») ip=«ip» subsystem=sftp username=«user»",
  ),
  ...refused(app("webmin", behind("webmin")), '«w» «account» - «ip» global miniserv.pl "failed" '),
  ...unknownUser(
    lemonldap,
    "[warn] «account» was not found in LDAP directory («ip»)",
    "Lemonldap::NG : «account» was not found in LDAP directory («ip»)",
  ),
  ...refused(lemonldap, "[warn] Bad password for «user» («ip»)", "Lemonldap::NG : Bad password for «user» («ip»)"),
  ...refused(app("opnsense", under("audit")), "/index.php: Web GUI authentication error for '«user»' from «ip»"),
  ...refused(
    app("pfsense", under("php-fpm")),
    "/index.php: webConfigurator authentication error for user '«user»' from: «ip»",
  ),
  ...refused(arr, "[Warn] Auth: Auth-Failure ip «ip» username '«user»'"),
  ...accepted(arr, "[Info] Auth: Auth-Success ip «ip» username '«user»'"),
  ...lines(
    app("sympa", under("wwsympa")),
    says(["http_request", "web.unknown_page", "webserver"], { outcome: "failure" }),
    "info main:: [robot «*»] [session «*»] [client «ip»] [user «*»] Unknown action «path»",
    "info main:: [robot «*»] [session «*»] [client «ip»] Unknown action «path»",
  ),
  ...refused(magento, 'crowdsec-events.INFO: {"type":"ADMIN_LOGIN_FAILED","ip":"«ip»"'),
  ...lines(magento, unpaid, 'crowdsec-events.INFO: {"type":"PAYMENT_FAILED","ip":"«ip»"'),
  ...refused(
    cas,
    "INFO [org.apereo.inspektr.audit.support.Slf4jLoggingAuditTrailManager] - «*»|CAS|Supplied credentials: [«*»]|AUTHENTICATION_FAILED|«login»|«ip»|",
  ),
];
