import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { keyedHash } from "./lift/keyed-hash.ts";
import { shownGroup } from "./shown-group.ts";

test("a detection says which source, host and account it counted, and of anything else only a digest", () => {
  const told = {
    "source.ip": "203.0.113.7",
    "destination.port": "22",
    "user.name": "root",
    Computer: "gate",
    TargetUserName: "root",
    ParentProcessId: "9",
    "process.parent.pid": "9",
    "host.name": "gate",
  };
  expect(shownGroup(told)).toEqual(told);
  const hash = keyedHash(Buffer.alloc(32, 7));
  const digest = `keyed:${hash("group", "/reset/s3cret")}`;
  const fields = [
    "url.path",
    "url.original",
    "cs-uri-stem",
    "cs-uri-query",
    "c-uri",
    "CommandLine",
    "ParentCommandLine",
  ];
  const others = [
    "process.command_line",
    "email.subject",
    "email.body.simhash",
    "user.password",
    "HTTPReferrer",
    "cs-cookie",
  ];
  const typed = ["command", "cmd", "input", "process.args", "message", "db.statement", "ScriptBlockText", "file.path"];
  const personal = [
    "email.to.address",
    "rcpt_to",
    "mail_from",
    "cookies",
    "api_key",
    "session.id",
    "made.up",
    "__proto__x",
  ];
  for (const field of [...fields, ...others, ...typed, ...personal])
    expect(shownGroup({ [field]: "/reset/s3cret" }, hash)).toEqual({ [field]: digest });
});

test("a list of words opens no digest of a group, and it differs between installations", () => {
  const shown = (key: number): string =>
    shownGroup({ password: "hunter2" }, keyedHash(Buffer.alloc(32, key)))["password"] ?? "";
  expect(shown(1)).toBe(shown(1));
  expect(shown(1)).not.toBe(shown(2));
  for (const algorithm of ["sha256", "sha1", "md5"])
    expect(shown(1)).not.toContain(createHash(algorithm).update("hunter2").digest("hex").slice(0, 32));
  expect(shown(1)).toMatch(/^keyed:[0-9a-f]{32}$/);
});
