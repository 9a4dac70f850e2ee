import { ApiProblem, ERROR_CODES, ERRORS } from "@tyr/contract";
import { describe, expect, test } from "vitest";
import { exitOfProblem, failureOf, openApi } from "./api.ts";
import { EXIT } from "./exit-codes.ts";
import { CliFailure } from "./failure.ts";
import { fakeWorld } from "./testing/fake-world.ts";

const configuration = { url: { value: "http://127.0.0.1:8970", origin: "default" }, token: undefined, userFile: {} };

function problem(code: string, status: number, more: Record<string, unknown> = {}): ApiProblem {
  return new ApiProblem({
    type: "about:blank",
    title: "Title",
    status,
    detail: "detail",
    code,
    help: "do this",
    requestId: "req-1",
    ...more,
  });
}

describe("a refusal of the server becomes an exit code", () => {
  test("every error code of the contract has one, and none of them is success", () => {
    for (const code of ERROR_CODES) expect([code, exitOfProblem(code, ERRORS[code][0])]).not.toEqual([code, EXIT.ok]);
  });

  test("signing in, permission, policy, silence and input each have their own", () => {
    const codes = [
      "NOT_AUTHENTICATED",
      "NOT_PERMITTED",
      "ACTION_DENIED",
      "APPROVAL_BY_REQUESTER",
      "NOT_READY",
      "VALIDATION_FAILED",
      "APPROVAL_STALE",
    ];
    expect(codes.map((code) => exitOfProblem(code, 500))).toEqual([4, 4, 5, 5, 69, 2, 1]);
  });

  test("a code of a newer server falls back to its status", () => {
    expect([400, 401, 403, 409, 500, 503].map((status) => exitOfProblem("BRAND_NEW", status))).toEqual([
      2, 4, 4, 1, 1, 69,
    ]);
    expect(exitOfProblem("toString", 500)).toBe(1);
  });
});

test("the facts of a problem are listed and cannot act on the terminal", () => {
  const failure = failureOf(
    problem("INCIDENT_TRANSITION_REFUSED", 409, { legal: ["closed", "\u001B[2J"], detail: "no\u202E" }),
  );
  expect(failure.message).toBe("Title: no\\u{202e}");
  expect(failure.parts.facts).toEqual(["legal: closed; \\x1b[2J"]);
  expect([failure.parts.fix, failure.parts.requestId]).toEqual(["do this", "req-1"]);
});

test("a redirect is not followed: the token would go along", async () => {
  let redirect: RequestInit["redirect"];
  let authorization: string | null = null;
  const world = await fakeWorld({
    fetch: (_, init) => {
      redirect = init?.redirect;
      authorization = new Headers(init?.headers).get("authorization");
      return Promise.resolve(Response.json({ live: true }));
    },
  });
  const token = { value: "t-1", origin: "TYR_TOKEN" };
  await openApi({ ...configuration, token }, world, { warn: () => undefined }).call("health.live", {});
  expect([redirect, authorization]).toEqual(["error", "Bearer t-1"]);
});

test("a token does not travel in the open, unless somebody says so", async () => {
  const warnings: string[] = [];
  const exposed = {
    ...configuration,
    url: { value: "http://tyr.example", origin: "--url" },
    token: { value: "t", origin: "TYR_TOKEN" },
  };
  const warn = (text: string) => warnings.push(text);
  const world = await fakeWorld();
  expect(() => openApi(exposed, world, { warn })).toThrow("would get the token unencrypted");
  openApi(exposed, { ...world, env: { ...world.env, TYR_CLEARTEXT: "allow" } }, { warn });
  expect(warnings.join()).toContain("unencrypted");
});

test("silence is exit 69 with what to do about it", async () => {
  const api = openApi(configuration, await fakeWorld(), { warn: () => undefined });
  const failure = await api.call("health.live", {}).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(CliFailure);
  expect(failure instanceof CliFailure && [failure.parts.exit, failure.parts.fix?.includes("tyr up")]).toEqual([
    69,
    true,
  ]);
});
