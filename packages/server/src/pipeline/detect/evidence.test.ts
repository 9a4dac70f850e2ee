import { EVENT_KINDS } from "@tyr/contract";
import { describe, expect, test } from "vitest";
import { declaredKey, EVIDENCE_KEYS, evidenceFor } from "./evidence.ts";

const CANARY = "c4n4ry-Secret";
const fields = {
  "user.name": "root",
  "auth.method": "password",
  "event.outcome": "failure",
  "user.password": CANARY,
  password: CANARY,
  "process.command_line": `curl -u admin:${CANARY} https://example.org/?token=${CANARY}`,
  "url.original": `/reset?token=${CANARY}`,
  "url.query": `token=${CANARY}`,
  "user_agent.original": CANARY,
  "http.request.referrer": CANARY,
  "http.request.method": "GET",
  "http.response.status_code": 404,
};
const source = { fields, tokens: ["curl "], eventCount: 3, value: 2 };

describe("evidence", () => {
  test("whatever a rule asks for, no secret, whole address or header value gets in", () => {
    for (const kind of EVENT_KINDS) {
      expect(JSON.stringify(evidenceFor(kind, EVIDENCE_KEYS[kind], source))).not.toContain(CANARY);
    }
  });

  test("holds what was asked for and the event has", () => {
    const keys = ["username", "method", "event_count", "client_version"] as const;
    expect(evidenceFor("auth_attempt", keys, source)).toEqual({ username: "root", method: "password", event_count: 3 });
    expect(evidenceFor("command", ["program", "command_length"], source)).toEqual({
      program: "curl",
      command_length: fields["process.command_line"].length,
    });
  });

  test("of an account that is a mail address only the domain is kept", () => {
    const mail = { ...source, fields: { "user.name": `${CANARY}@corp.example` } };
    expect(evidenceFor("auth_attempt", ["username"], mail)).toEqual({ username: "@corp.example" });
  });

  test("members that call themselves what rules read are taken only where they can be that", () => {
    const names = ["auth.method", "event.outcome", "http.request.method", "file.hash.sha256"];
    const forged = { ...source, fields: Object.fromEntries(names.map((name) => [name, `see ${CANARY} here`])) };
    for (const kind of EVENT_KINDS) {
      expect(JSON.stringify(evidenceFor(kind, EVIDENCE_KEYS[kind], forged))).not.toContain(CANARY);
    }
  });

  test("a key another kind declares is not taken for this one", () => {
    expect(evidenceFor("http_request", ["username", "http_status"], source)).toEqual({ http_status: 404 });
  });

  test("text an attacker chose is bounded and shows its control characters", () => {
    const hostile = { ...source, fields: { "user.name": `a\u0000\u001B[31m\u202E${"x".repeat(300)}` } };
    const { username } = evidenceFor("auth_attempt", ["username"], hostile);
    expect(username).toMatch(/^a\\u\{0\}\\u\{1b\}\[31m\\u\{202e\}x+…$/);
    expect(String(username).length).toBeLessThanOrEqual(64);
  });

  test.each([`TOKEN=${CANARY} run`, `"${CANARY}"`, `$(${CANARY})`])(
    "a first word that is no program is left out: %s",
    (line) => {
      expect(evidenceFor("command", ["program"], { ...source, fields: { "process.command_line": line } })).toEqual({});
    },
  );

  test("a key is declared by the log source's kinds of events, or not at all", () => {
    const web = [{ category: "webserver", custom: {} }];
    expect(declaredKey("http_method", web)).toBe("http_method");
    expect(declaredKey("username", web)).toBeUndefined();
    expect(declaredKey("password", [{ category: "authentication", custom: {} }])).toBeUndefined();
    expect(declaredKey("username", [{ product: "linux", custom: {} }])).toBe("username");
  });
});
