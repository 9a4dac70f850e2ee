import type { Event } from "@tyr/contract";
import { expect, test } from "vitest";
import { sentenceOf } from "./sentence.ts";

const base: Event = {
  id: "evt_01890a5d-ac96-774b-bcce-b302099a8057",
  position: "1",
  time: "2026-02-01T14:17:31.627Z",
  observedAt: "2026-02-01T14:17:31.700Z",
  sensorId: "snr_01890a5d-ac96-774b-bcce-b302099a8057",
  sensorName: "db-backup-01",
  kind: "auth_attempt",
  session: null,
  src: { ip: "203.0.113.9", port: 30296 },
  dst: null,
  transport: null,
  user: "root",
  action: "ssh.login",
  outcome: "failure",
  severity: "low",
  fields: {},
  ecs: {},
  raw: "",
  rawRef: null,
  late: false,
  seq: 1,
};
const read = (event: Event): string =>
  sentenceOf(event)
    .map((phrase) => ("say" in phrase ? phrase.say : `[${phrase.value}]`))
    .join(" ");

test("a login says who, as whom, and how it ended", () => {
  expect(read(base)).toBe("[203.0.113.9] tried to sign in as [root] and failed");
});

test("a command is quoted as it was typed", () => {
  const event: Event = { ...base, kind: "command", action: "ssh.command", fields: { input: "cat /etc/shadow" } };
  expect(read(event)).toBe("[203.0.113.9] ran [cat /etc/shadow]");
});

test("a web request shows method, path and answer", () => {
  const ecs = { "http.request.method": "GET", "url.original": "/wp-login.php", "http.response.status_code": 404 };
  expect(read({ ...base, kind: "http_request", ecs })).toBe(
    "[203.0.113.9] requested [GET] [/wp-login.php] and got 404",
  );
});

test("what nobody recorded is said to be unknown and never invented", () => {
  const event: Event = { ...base, kind: "log", src: null, user: null, action: "log.line", outcome: "unknown" };
  expect(read(event)).toBe("Somebody unknown · [log.line]");
});
