import { PERMISSION_NAMES } from "@tyr/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AS, fakeServer, person, type FakeServer } from "./testing/fake-server.ts";

describe("an address of the security API", () => {
  let server: FakeServer;
  beforeAll(async () => {
    server = await fakeServer();
    server.callers.set("ana", person("ana", new Set(PERMISSION_NAMES)));
  });
  afterAll(async () => await server.app.close());
  const reach = async (url: string) => {
    server.reached.length = 0;
    const { statusCode } = await server.app.inject({
      method: "GET",
      url,
      headers: { [AS]: "ana", host: "localhost:8970" },
    });
    return [statusCode, ...server.reached];
  };

  test.each([
    ["/security/policy", "security.policy"],
    ["/security/policy/", "security.policy"],
    ["/security/policy/blocks/?active_only=true", "security.blocks"],
    ["/security/actions/", "security.actions"],
    ["/security/actions/?status=pending", "security.actions"],
    ["/security/actions/act_00000000-0000-7000-8000-000000000001/", "security.action"],
  ])("is reached with and without a slash at its end: %s", async (url, route) => {
    expect(await reach(url)).toEqual([404, route]);
  });

  test.each(["/security//policy", "/security/policy//", "/security/", "/api/v1/mode/"])(
    "but not as %s",
    async (url) => {
      expect((await reach(url)).length).toBe(1);
    },
  );

  test("nobody is let in without a key or a session", async () => {
    const { statusCode } = await server.app.inject({ url: "/security/policy/", headers: { host: "localhost:8970" } });
    expect([statusCode, server.reached]).toEqual([401, []]);
  });
});
