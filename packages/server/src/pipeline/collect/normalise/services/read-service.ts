import { eventOf, endpointOf, present } from "../draft.ts";
import type { Normalised } from "../../event.ts";
import { maskedFilter } from "../masked.ts";
import type { NormaliseOptions } from "../options.ts";
import type { Meaning } from "../sshd.ts";
import { outcomeOfStatus, responseAliases, urlAliases } from "../web-aliases.ts";
import type { Found } from "./form.ts";
import { foundByProgram, foundByShape } from "./table.ts";
import type { Captured } from "./template.ts";
import { readTimedLine, type TimedLine } from "./times.ts";

/** Repeats one line may claim. */
const COUNT_MAX = 100_000;

/** What a message of syslog says, if it is of a service we know. */
export function readServiceMessage(program: string, message: string): Meaning | undefined {
  const found = foundByProgram(program, message);
  return found === undefined ? undefined : meaningOf(found.form, found.captured);
}

/** What a form and the parts it found say of an event. */
export function meaningOf(
  { service, meaning }: Pick<Found["form"], "service" | "meaning">,
  captured: Captured,
): Meaning {
  const { ip, port, toIp, toPort, count, transport } = captured;
  const user = captured.user ?? captured.login ?? captured.account;
  const isWeb = meaning.kind === "http_request";
  return {
    kind: meaning.kind,
    action: meaning.action.replace("*", service.name),
    category: meaning.category,
    outcome: meaning.outcome ?? (isWeb ? outcomeOfStatus(numberOf(captured.status)) : "unknown"),
    ...(meaning.severity === undefined ? {} : { severity: meaning.severity }),
    src: endpointOf(ip, port),
    dst: endpointOf(toIp, toPort),
    user: user === "" ? undefined : user,
    ...(count === undefined ? {} : { count: Math.min(Math.max(1, Number(count)), COUNT_MAX) }),
    ...(transport === undefined ? {} : { transport: transport.toLowerCase() }),
    service: service.name,
    ...(service.product === undefined ? {} : { product: service.product }),
    fields: captured,
    ecs: {
      "service.type": service.type,
      "network.protocol": service.protocol,
      ...aliases(captured),
      ...(isWeb ? webAliases(captured, ip) : {}),
      "mail.bytes_fetched": service.type === "mail" ? numberOf(captured.bytes) : undefined,
      ...meaning.ecs,
    },
  };
}

function numberOf(text: string | undefined): number | undefined {
  const value = text === undefined ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : undefined;
}

function aliases(captured: Captured): Readonly<Record<string, unknown>> {
  const { reason, command, db, file, host, password, program, score, session, share, version, method, base, filter } =
    captured;
  return {
    "event.reason": reason,
    "event.risk_score": numberOf(score),
    "process.command_line": command,
    CommandLine: command,
    "process.name": program,
    "db.name": db,
    "url.domain": host,
    "session.id": session,
    "smb.share": share,
    "smb.file": file,
    "ldap.base": base,
    "ldap.filter": filter === undefined ? undefined : maskedFilter(filter),
    "auth.method": password === undefined ? undefined : "password",
    "user.password": password === undefined ? undefined : "***",
    "ssh.client.version": method === undefined ? version : undefined,
  };
}

function webAliases(captured: Captured, ip: string | undefined): Readonly<Record<string, unknown>> {
  const { method, url, path, status, bytes, agent, referrer, version } = captured;
  const target = url ?? (path === undefined ? undefined : `/${path}`);
  return {
    ...urlAliases({ method, target, version }),
    ...responseAliases({ ip, referrer, agent, user: undefined, status, bytes }),
  };
}

/** A line of a service's own log; undefined where it is none, and what to make of it then is the caller's to say. */
export function readServiceLine(raw: string, options: NormaliseOptions): Normalised | undefined {
  const timed = readTimedLine(raw, options);
  const found = foundByShape(timed?.shape ?? "none", timed?.text ?? raw);
  if (found === undefined) return undefined;
  const { category, count, ecs, fields, product, service, ...meaning } = meaningOf(found.form, found.captured);
  const event = eventOf({
    ...meaning,
    ...whenOf(timed, options),
    logsource: {
      category,
      ...(product === undefined ? {} : { product }),
      ...(service === undefined ? {} : { service }),
    },
    fields: present(fields ?? {}),
    raw,
    ecs: { ...ecs, "event.count": count !== undefined && count > 1 ? count : undefined },
  });
  return { ok: true, event };
}

type When = Readonly<{ time: Date; timeOrigin: "source" | "assumed_year" | "observed" }>;

function whenOf(timed: TimedLine | undefined, { now }: NormaliseOptions): When {
  if (timed === undefined) return { time: now, timeOrigin: "observed" };
  return { time: timed.time, timeOrigin: timed.assumedYear ? "assumed_year" : "source" };
}

/**
 * Any other line that begins with a time: kept as it is, for rules about its words.
 *
 * @returns undefined for a line without a time anybody writes
 */
export function readPlainLine(raw: string, options: NormaliseOptions): Normalised | undefined {
  const timed = readTimedLine(raw, options);
  if (timed === undefined) return undefined;
  const { time, timeOrigin } = whenOf(timed, options);
  const event = eventOf({
    time,
    timeOrigin,
    kind: "log",
    action: "log.line",
    logsource: { category: "log" },
    fields: { message: timed.text },
    raw,
    ecs: { message: timed.text },
  });
  return { ok: true, event };
}
