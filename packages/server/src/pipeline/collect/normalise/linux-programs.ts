import { readServiceMessage } from "./services/read-service.ts";
import { readSshd, type Meaning } from "./sshd.ts";

type Reader = (message: string) => Meaning | undefined;

function identity(action: string, target: string | undefined): Meaning {
  const ecs = { "user.target.name": target };
  return { kind: "identity", action, category: "identity", outcome: "success", severity: "medium", ecs };
}

/** `ubuntu : [refusal ; ]TTY=pts/0 ; PWD=/tmp ; USER=root ; [GROUP=… ; ]COMMAND=/usr/bin/id` */
function readSudo(message: string): Meaning | undefined {
  const found = /^\s*(\S{1,256}) : (.*?)COMMAND=(.*)$/s.exec(message);
  if (found === null) return undefined;
  const [, user, head = "", command = ""] = found;
  const part = (name: string): string | undefined => new RegExp(String.raw`(?:^| )${name}=(.*?) ;`).exec(head)?.[1];
  const refused = !/^(?:TTY|PWD|USER)=/.test(head);
  return {
    kind: "command",
    action: "sudo.command",
    category: "command",
    outcome: refused ? "failure" : "success",
    severity: refused ? "medium" : "info",
    user,
    fields: { user, tty: part("TTY"), pwd: part("PWD"), runas: part("USER"), command },
    ecs: {
      "process.command_line": command,
      CommandLine: command,
      "process.working_directory": part("PWD"),
      "user.target.name": part("USER"),
    },
  };
}

function captured(pattern: RegExp, action: string): Reader {
  return (message) => {
    const found = pattern.exec(message);
    return found === null ? undefined : identity(action, found[1]);
  };
}

function firstOf(...readers: readonly Reader[]): Reader {
  return (message) => {
    for (const read of readers) {
      const meaning = read(message);
      if (meaning !== undefined) return meaning;
    }
    return undefined;
  };
}

const groupAdded = captured(/^new group: name=([^\s,]{1,256})/, "group.add");

const PROGRAMS: Readonly<Record<string, Reader>> = {
  sshd: readSshd,
  "sshd-session": readSshd,
  "sshd-auth": readSshd,
  sudo: readSudo,
  useradd: firstOf(captured(/^new user: name=([^\s,]{1,256})/, "user.add"), groupAdded),
  adduser: captured(/^new user: name=([^\s,]{1,256})/, "user.add"),
  groupadd: groupAdded,
  userdel: captured(/^delete user '(.{1,256}?)'/, "user.delete"),
  usermod: firstOf(
    captured(/^add '(.{1,256}?)' to (?:shadow )?group/, "group.change"),
    captured(/^change user '(.{1,256}?)'/, "user.change"),
  ),
  passwd: captured(/password changed for (\S{1,256})/, "user.password_change"),
  chpasswd: captured(/password changed for (\S{1,256})/, "user.password_change"),
};

/** Meaning of a message by its program; undefined: a plain log line. */
export function readProgram(program: string, message: string): Meaning | undefined {
  return Object.hasOwn(PROGRAMS, program) ? PROGRAMS[program]?.(message) : readServiceMessage(program, message);
}

/** The name rules know a program by: OpenSSH 9.8 and later split sshd into several. */
export function serviceOf(program: string): string {
  return program.startsWith("sshd-") ? "sshd" : program.toLowerCase();
}
