import { type Form, lines, refused, says, unknownUser, type Service } from "./form.ts";

const dovecot: Service = { name: "dovecot", type: "mail", programs: ["dovecot"], protocol: "imap" };
const postfix: Service = { name: "postfix", type: "mail", programs: ["postfix"], protocol: "smtp" };
const sendmail: Service = { name: "sendmail", type: "mail", programs: ["sendmail", "sm-mta"], protocol: "smtp" };
const exim: Service = { name: "exim", type: "mail", shapes: ["iso"], protocol: "smtp" };
const exchange: Service = { name: "exchange", type: "mail", shapes: ["iso"] };
const zimbra: Service = { name: "zimbra", type: "mail", shapes: ["iso"] };
const courier: Service = {
  name: "courier",
  type: "mail",
  programs: ["imapd", "imapd-ssl", "pop3d", "pop3d-ssl"],
  protocol: "imap",
};
const amavis: Service = { name: "amavis", type: "mail", programs: ["amavis"] };
const mailscanner: Service = { name: "mailscanner", type: "mail", programs: ["MailScanner"] };
const mailu: Service = { name: "mailu", type: "mail", shapes: ["[iso]"] };

/** Dovecot's worker tells again what its login process tells: kept apart, so that no attempt counts twice. */
const toldTwice = says(["session", "dovecot.auth_failure", "mail"], { outcome: "failure", severity: "low" });
const rejection = (action: string): ReturnType<typeof says> =>
  says(["session", action, "mail"], { outcome: "failure", severity: "low" });

/** Whether an account exists, or who is behind a list, was asked with the commands made for it (RFC 5321, 3.5). */
const asked = says(["session", "mail.address_asked", "mail"], { severity: "low" });

/**
 * A client that says by its first bytes that it could do better (TLS_FALLBACK_SCSV) is refused by a server that can too:
 * somebody has talked the two down, or tries whether that can be done (RFC 7507, section 3).
 */
const talkedDown = says(["session", "mail.tls_downgraded", "mail"], { outcome: "failure", severity: "low" });
/** Courier says in one line who fetched how much; Dovecot in two, tied by the name of the session (`lift/halves.ts`). */
const fetched = says(["log", "mail.fetched", "mail"], { outcome: "success" });
const begun = says(["log", "mail.session_begun", "mail"], { outcome: "success" });
const ended = says(["log", "mail.session_ended", "mail"]);

/** Mail: logins refused by IMAP, POP3 and SMTP servers, and mail turned away. */
export const mailForms: readonly Form[] = [
  ...refused(
    dovecot,
    "imap-login: «*»(auth failed, «count» attempts«*»): user=<«user»>, «*»rip=«ip»,",
    "pop3-login: «*»(auth failed, «count» attempts«*»): user=<«user»>, «*»rip=«ip»,",
    "submission-login: «*»(auth failed, «count» attempts«*»): user=<«user»>, «*»rip=«ip»,",
    "managesieve-login: «*»(auth failed, «count» attempts«*»): user=<«user»>, «*»rip=«ip»,",
  ),
  ...lines(
    dovecot,
    begun,
    "imap-login: Login: user=<«user»>, method=«w», rip=«ip», lip=«toIp», «*»session=<«session»>",
    "imap-login: Logged in: user=<«user»>, method=«w», rip=«ip», lip=«toIp», «*»session=<«session»>",
    "pop3-login: Login: user=<«user»>, method=«w», rip=«ip», lip=«toIp», «*»session=<«session»>",
    "pop3-login: Logged in: user=<«user»>, method=«w», rip=«ip», lip=«toIp», «*»session=<«session»>",
  ),
  // The process that serves them, when they leave: `mail_log_prefix` as it is by default.
  ...lines(
    dovecot,
    ended,
    "imap(«login»)<«n»><«session»>: «*» in=«n» out=«bytes»",
    "pop3(«login»)<«n»><«session»>: «*»retr=«n»/«bytes»,",
  ),
  ...lines(
    dovecot,
    toldTwice,
    "auth-worker(«n»): «*»pam(«login»,«ip»): «reason»",
    "auth-worker(«n»): «*»pam(«login»,«ip»,<«*»>): «reason»",
    "auth-worker(«n»): «*»sql(«login»,«ip»): «reason»",
    "auth-worker(«n»): «*»sql(«login»,«ip»,<«*»>): «reason»",
  ),
  ...refused(
    postfix,
    "warning: «*»[«ip»]: SASL «w» authentication failed: «reason», sasl_username=«user»",
    "warning: «*»[«ip»]: SASL «w» authentication failed: «reason»",
  ),
  ...lines(
    postfix,
    rejection("mail.relay_refused"),
    "NOQUEUE: reject: RCPT from «*»[«ip»]: «status» «*»: Relay access denied; «*»",
  ),
  ...lines(
    postfix,
    rejection("mail.helo_refused"),
    "NOQUEUE: reject: RCPT from «*»[«ip»]: «status» «*»: Helo command rejected: «reason»;",
  ),
  ...lines(
    postfix,
    rejection("mail.recipient_unknown"),
    "NOQUEUE: reject: RCPT from «*»[«ip»]: «status» «*»: Recipient address rejected: User unknown",
  ),
  ...lines(
    postfix,
    asked,
    "NOQUEUE: reject: VRFY from «*»[«ip»]: «status» «reason»",
    // The commands of a connection are counted when it ends, those refused before the stroke's right side.
    "disconnect from «*»[«ip»] «*»vrfy=«n»/«count»",
    "disconnect from «*»[«ip»] «*»vrfy=«count»",
  ),
  ...lines(postfix, rejection("mail.refused"), "NOQUEUE: reject: «w» from «*»[«ip»]: «status» «reason»"),
  ...lines(postfix, rejection("mail.not_smtp"), "warning: non-SMTP command from «*»[«ip»]: «command»"),
  ...lines(postfix, rejection("mail.too_many_errors"), "too many errors after «w» from «*»[«ip»]"),
  ...lines(
    postfix,
    says(["session", "mail.lost_in_auth", "mail"], { outcome: "failure" }),
    "lost connection after AUTH from «*»[«ip»]",
    "disconnect from «*»[«ip»] ehlo=«n» auth=0/«count»",
  ),
  ...refused(
    exim,
    // The name the client gave itself stands in brackets before its address, and cannot hold a bracket and a blank.
    "«w» authenticator failed for «*») «ip»: 535 Incorrect authentication data (set_id=«user»)",
    "«w» authenticator failed for «*») «ip»: 535 Incorrect authentication data",
    "«w» authenticator failed for «w» «ip»: 535 Incorrect authentication data (set_id=«user»)",
    "«w» authenticator failed for «ip»: 535 Incorrect authentication data",
  ),
  ...lines(
    exim,
    asked,
    "H=«w» «ip» rejected VRFY «reason»",
    "H=«w» («*») «ip» rejected VRFY «reason»",
    "H=(«*») «ip» rejected VRFY «reason»",
    "H=«ip» rejected VRFY «reason»",
    "H=«w» «ip» rejected EXPN «reason»",
    "H=«w» («*») «ip» rejected EXPN «reason»",
    "H=(«*») «ip» rejected EXPN «reason»",
    "H=«ip» rejected EXPN «reason»",
  ),
  ...lines(
    sendmail,
    asked,
    "«w»: «w» [«ip»]: VRFY «reason»",
    "«w»: [«ip»]: VRFY «reason»",
    "«w»: «w» [«ip»]: EXPN «reason»",
    "«w»: [«ip»]: EXPN «reason»",
    "«w»: «w» [«ip»]: vrfy «reason»",
    "«w»: [«ip»]: vrfy «reason»",
    "«w»: «w» [«ip»]: expn «reason»",
    "«w»: [«ip»]: expn «reason»",
  ),
  ...lines(
    exim,
    rejection("mail.refused"),
    "H=«w» «ip» «*»rejected RCPT «reason»",
    "H=«w» («*») «ip» «*»rejected RCPT «reason»",
    "H=(«*») «ip» «*»rejected RCPT «reason»",
  ),
  ...refused(
    exchange,
    ",«*»,«w»,«n»,«toIp»,«ip»,>,535 5.7.3 Authentication unsuccessful",
    ',«w»,«n»,«toIp»,«ip»,«login»,«n»,«n»,«n»,auth,«*»"R=""-ERR Authentication failure',
    ',«w»,«n»,«toIp»,«ip»,«login»,«n»,«n»,«n»,login,«*»"R=""«w» NO LOGIN failed',
  ),
  ...unknownUser(
    zimbra,
    "INFO [«*»] [«*»oip=«ip»;«*»] SoapEngine - handler exception: authentication failed for [«user»], account not found",
  ),
  ...refused(
    zimbra,
    "INFO [«*»] [«*»oip=«ip»;«*»] SoapEngine - handler exception: authentication failed for [«user»], invalid password",
    "WARN [«*»] [«*»oip=«ip»;«*»] security - cmd=Auth; account=«login»; protocol=«*»; error=authentication failed",
  ),
  ...refused(courier, "LOGIN FAILED, user=«user», ip=[«ip»]"),
  ...lines(
    courier,
    fetched,
    "LOGOUT, user=«user», ip=[«ip»], «*»body=«bytes»,",
    "LOGOUT, user=«user», ip=[«ip»], «*»retr=«bytes»,",
    "DISCONNECTED, user=«user», ip=[«ip»], «*»body=«bytes»,",
    "DISCONNECTED, user=«user», ip=[«ip»], «*»retr=«bytes»,",
  ),
  ...lines(
    sendmail,
    talkedDown,
    "STARTTLS=server, error: accept failed=«*», reason=inappropriate fallback, «*», relay=«w» [«ip»]",
    "STARTTLS=server, error: accept failed=«*», reason=inappropriate fallback, «*», relay=[«ip»]",
  ),
  ...lines(
    exim,
    talkedDown,
    "TLS error on connection from «ip» (SSL_accept): error:«*»inappropriate fallback",
    "TLS error on connection from «w» «ip» (SSL_accept): error:«*»inappropriate fallback",
    "TLS error on connection from («*») «ip» (SSL_accept): error:«*»inappropriate fallback",
    "TLS error on connection from «w» («*») «ip» (SSL_accept): error:«*»inappropriate fallback",
  ),
  ...lines(amavis, rejection("mail.malware"), "(«w») Blocked INFECTED («reason») «*», «ip» "),
  ...lines(amavis, rejection("mail.spam"), "(«w») Blocked SPAM «*», «ip» "),
  ...lines(mailscanner, rejection("mail.listed_sender"), "Message «w» from «ip» («*») to «w» is spam (blacklisted)"),
  ...lines(
    mailscanner,
    rejection("mail.spam"),
    "Message «w» from «ip» («**») to «w» is spam, SpamAssassin («*»score=«score»,",
  ),
  ...lines(
    mailu,
    says(["session", "mail.rate_limited", "mail"], { outcome: "failure", severity: "low" }),
    "WARNING in limiter: Authentication attempt from «ip» has been rate-limited.",
  ),
];
