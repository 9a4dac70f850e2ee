import { createHash } from "node:crypto";
import { expect, test } from "vitest";
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
  const digest = `sha256:${createHash("sha256").update("/reset/s3cret").digest("hex")}`;
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
    expect(shownGroup({ [field]: "/reset/s3cret" })).toEqual({ [field]: digest });
});
