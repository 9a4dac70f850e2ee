import type { EventKind, Severity } from "@tyr/contract";
import type { EventEndpoint, Outcome } from "../event.ts";
import { endpointOf } from "./draft.ts";

/** What a message of a program means. */
export type Meaning = Readonly<{
  kind: EventKind;
  action: string;
  category: string;
  /** Where it is another name than the program's. */
  service?: string;
  product?: string;
  transport?: string;
  outcome?: Outcome;
  severity?: Severity;
  src?: EventEndpoint | null;
  dst?: EventEndpoint | null;
  user?: string | undefined;
  count?: number;
  /** More aliases. */
  ecs?: Readonly<Record<string, unknown>>;
  /** As the source names them. */
  fields?: Readonly<Record<string, unknown>>;
}>;

type Peer = Readonly<{ before: string; src: EventEndpoint | null; rhost: string }>;

/**
 * Splits at ` from ADDRESS [port N]`. The user name before it is the attacker's choice and may itself contain
 * " from 192.0.2.1 port 22": whoever reads an unknown user must take the last one, else a line blames a bystander.
 */
function peerOf(text: string, which: "first" | "last"): Peer | undefined {
  const at = which === "first" ? text.indexOf(" from ") : text.lastIndexOf(" from ");
  if (at < 0) return undefined;
  const found = /^(\S+?)(?: port (\d{1,5})|[:,]?(?= |$))/.exec(text.slice(at + " from ".length));
  const [, rhost = "", port] = found ?? [];
  return { before: text.slice(0, at), src: endpointOf(rhost, port), rhost };
}

function login(message: string): Meaning | undefined {
  const found = /^(Failed|Accepted|Postponed) (\S{1,40}) for /.exec(message);
  if (found === null) return undefined;
  const [head, verb, method = ""] = found;
  const rest = message.slice(head.length);
  const unknown = rest.startsWith("invalid user ");
  // " from" may follow at once: a user name can be empty.
  const peer = peerOf(` ${unknown ? rest.slice("invalid user ".length) : rest}`, unknown ? "last" : "first");
  if (peer === undefined) return undefined;
  const accepted = verb === "Accepted";
  return {
    kind: "auth_attempt",
    action: "ssh.login",
    category: "authentication",
    outcome: accepted ? "success" : verb === "Failed" ? "failure" : "unknown",
    severity: accepted ? "info" : "low",
    src: peer.src,
    user: peer.before.slice(1),
    fields: { method, rhost: peer.rhost, user: peer.before.slice(1), invalid_user: unknown },
    ecs: { "auth.method": method.replace(/\/.*$/, ""), "auth.user_known": unknown ? false : undefined },
  };
}

type Reader = (found: RegExpExecArray, message: string) => Meaning | undefined;
type Row = readonly [pattern: RegExp, read: Reader];

function about(action: string, severity: Severity = "info"): Meaning {
  return { kind: "session", action, category: "authentication", severity };
}

/** `about` with the peer named after the last " from " or " by " or " with " of the message. */
function withPeer(meaning: Meaning): Reader {
  return (_found, message) => {
    const peer = peerOf(message, "last");
    return peer === undefined ? meaning : { ...meaning, src: peer.src, fields: { rhost: peer.rhost } };
  };
}

/** The user before the address; both are what the pattern captured, in this order: user, address, port. */
function withUser(meaning: Meaning): Reader {
  return ([, user, rhost, port]) => ({
    ...meaning,
    src: endpointOf(rhost, port),
    user,
    fields: { ...(user === undefined ? {} : { user }), rhost },
  });
}

/** PAM tells again what sshd tells: kept as `ssh.auth_failure`, so that no attempt counts twice. */
function pamFailure(count: number, message: string): Meaning {
  const rhost = /\brhost=(\S+)/.exec(message)?.[1];
  const user = /\s{1,2}user=(.{0,256})$/.exec(message)?.[1];
  return {
    ...about("ssh.auth_failure", "low"),
    outcome: "failure",
    src: endpointOf(rhost),
    user,
    count,
    fields: { ...(rhost === undefined ? {} : { rhost }), ...(user === undefined ? {} : { user }) },
  };
}

const DISCONNECT = about("ssh.disconnect");
const MAX_ATTEMPTS: Meaning = { ...about("ssh.max_attempts", "medium"), outcome: "failure" };

const ROWS: readonly Row[] = [
  [
    /^Invalid user (.*) from (\S+)(?: port (\d{1,5}))?$/s,
    withUser({ ...about("ssh.invalid_user", "low"), ecs: { "auth.user_known": false } }),
  ],
  // Old versions say "Invalid user …" and then, without the address, this: an action of its own, so that nothing counts
  // twice and no correlation waits for an address that cannot come.
  [
    /^input_userauth_request: invalid user (.*) \[preauth\]$/s,
    ([, user]) => ({ ...about("ssh.auth_request"), user, ecs: { "auth.user_known": false } }),
  ],
  [
    /^(?:error: )?maximum authentication attempts exceeded for (?:invalid user )?(.*) from (\S+) port (\d{1,5})/s,
    withUser(MAX_ATTEMPTS),
  ],
  [
    /^(?:Disconnecting|error: Disconnecting)(?: (?:authenticating|invalid) user (.*) (\S+) port (\d{1,5}))?: Too many authentication failures/s,
    withUser(MAX_ATTEMPTS),
  ],
  [/^PAM service\(sshd\) ignoring max retries/, () => MAX_ATTEMPTS],
  [/^PAM (\d{1,5}) more authentication failures?;/, ([, count], message) => pamFailure(Number(count), message)],
  [/^pam_unix\(sshd:auth\): authentication failure;/, (_found, message) => pamFailure(1, message)],
  [/^pam_unix\(sshd:auth\): check pass; user unknown/, (_found, message) => pamFailure(1, message)],
  [
    /^pam_unix\(sshd:session\): session opened for user ([^\s(]{1,256})/,
    ([, user]) => ({ ...about("ssh.session_open"), outcome: "success", user }),
  ],
  [
    /^pam_unix\(sshd:session\): session closed for user ([^\s(]{1,256})/,
    ([, user]) => ({ ...about("ssh.session_close"), user }),
  ],
  [
    /^(?:Connection (?:closed|reset)|Disconnected|Received disconnect) (?:by|from) (?:(?:authenticating|invalid) )?user (.*) (\S+) port (\d{1,5})/s,
    withUser(DISCONNECT),
  ],
  [
    /^(?:error: )?(?:Connection (?:closed|reset)|Disconnected|Received disconnect) (?:by|from) ()(\S+?)(?: port (\d{1,5})|:?(?= |$))/,
    ([, , rhost, port]) => ({ ...DISCONNECT, src: endpointOf(rhost, port), fields: { rhost } }),
  ],
  [
    /^Connection from (\S+) port (\d{1,5}) on (\S+) port (\d{1,5})/,
    ([, ip, port, ours, on]) => ({ ...about("ssh.connect"), src: endpointOf(ip, port), dst: endpointOf(ours, on) }),
  ],
  [
    /^Starting session: \S+ (?:on \S+ )?for ([^\s]{1,256}) from (\S+) port (\d{1,5})/,
    withUser({ ...about("ssh.session_open"), outcome: "success" }),
  ],
  [/^Close session: user ([^\s]{1,256}) from (\S+) port (\d{1,5})/, withUser(about("ssh.session_close"))],
  [
    /^(?:error: kex_exchange_identification: )?Did not receive identification string/,
    withPeer(about("ssh.no_identification", "low")),
  ],
  [/^(?:banner exchange: |Bad protocol version identification)/, withPeer(about("ssh.bad_protocol", "low"))],
  // TCP wrappers turned the client away before it could say anything.
  [
    /^refused connect from \S{1,255} \((\S{1,45})\)$/,
    ([, ip]) => ({ ...about("ssh.refused", "low"), outcome: "failure", src: endpointOf(ip) }),
  ],
  [
    /Unable to negotiate with (\S+) port (\d{1,5})/,
    ([, ip, port]) => ({ ...about("ssh.negotiation_failed", "low"), outcome: "failure", src: endpointOf(ip, port) }),
  ],
];

/** Meaning of a message of OpenSSH's server; undefined for what says nothing about anybody (start, stop, listening). */
export function readSshd(message: string): Meaning | undefined {
  const attempt = login(message);
  if (attempt !== undefined) return attempt;
  for (const [pattern, read] of ROWS) {
    const found = pattern.exec(message);
    if (found !== null) return read(found, message);
  }
  return undefined;
}
