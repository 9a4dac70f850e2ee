import type { Normalised } from "../event.ts";
import { eventOf, present } from "./draft.ts";
import { readProgram, serviceOf } from "./linux-programs.ts";
import type { NormaliseOptions } from "./options.ts";
import type { Meaning } from "./sshd.ts";
import { readSyslogLine, type SyslogLine } from "./syslog-line.ts";

const PLAIN = { kind: "log", category: "log" } as const;

/** What every event of a syslog line can be asked for, whatever its program. */
function aliases(line: SyslogLine, meaning: Partial<Meaning>, isSsh: boolean): Readonly<Record<string, unknown>> {
  const count = line.count * (meaning.count ?? 1);
  return {
    "host.name": line.host,
    "process.name": line.program,
    "process.pid": line.pid,
    message: line.message,
    "network.protocol": isSsh ? "ssh" : undefined,
    "event.count": count > 1 ? count : undefined,
    ...meaning.ecs,
  };
}

/** One line of auth.log or any other syslog file. */
export function normaliseSyslog(raw: string, options: NormaliseOptions): Normalised {
  const line = readSyslogLine(raw, options);
  if (line === undefined) return { ok: false, reason: "not a syslog line (RFC 3164, RFC 5424 or ISO time)" };
  const { host, program, pid, message, facility } = line;
  const service = serviceOf(program);
  const understood = readProgram(program, message);
  const meaning: Meaning = understood ?? { ...PLAIN, action: `log.${service}` };
  const isSsh = service === "sshd" && understood !== undefined;
  const repeated = line.count > 1 ? line.count : undefined;
  const {
    kind,
    action,
    category,
    count: _counted,
    ecs: _aliases,
    fields,
    product = "linux",
    transport,
    ...rest
  } = meaning;
  const event = eventOf({
    ...rest,
    time: line.time,
    timeOrigin: line.assumedYear ? "assumed_year" : "source",
    kind,
    action,
    transport: isSsh && meaning.src ? "tcp" : transport,
    logsource: { product, category, service: meaning.service ?? service },
    fields: present({ host, program, pid, facility, message, repeated, ...fields }),
    raw,
    ecs: aliases(line, meaning, isSsh),
  });
  return { ok: true, event };
}
