import type { Notification, NotificationView } from "@tyr/contract";
import { describe, expect, test } from "vitest";
import { EXIT } from "../exit-codes.ts";
import { run } from "../run.ts";
import { fakeWorld } from "../testing/fake-world.ts";

const message: Notification = {
  id: "ntf_00000000-0000-7000-8000-000000000001",
  kind: "test",
  state: "waiting",
  count: 1,
  madeAt: "2026-11-02T08:00:00.000Z",
  attempts: 0,
  nextAt: "2026-11-02T08:00:00.000Z",
  deliveredAt: null,
  failure: null,
};
const view = (over: Partial<NotificationView> = {}): NotificationView => ({
  on: true,
  host: "hooks.example",
  about: ["waiting"],
  gathered: 0,
  waiting: 1,
  givenUp: 0,
  lastDeliveredAt: null,
  items: [message],
  ...over,
});

async function tyr(argv: readonly string[], later: Partial<Notification>, shown: Partial<NotificationView> = {}) {
  const asked: string[] = [];
  const world = await fakeWorld({
    argv,
    env: { TYR_URL: "http://127.0.0.1:1", TYR_TOKEN: "t" },
    fetch: async (input, init) => {
      asked.push(`${init?.method ?? "GET"} ${new URL(input instanceof Request ? input.url : input).pathname}`);
      const isRead = asked.at(-1)?.startsWith("GET") === true;
      return await Promise.resolve(
        Response.json(isRead ? view({ items: [{ ...message, ...later }], ...shown }) : message, {
          status: isRead ? 200 : 202,
        }),
      );
    },
  });
  const code = await run(world, "0");
  return { code, out: world.out(), err: world.err(), asked };
}

describe("tyr notify", () => {
  test("says where people are told, of what, and what did not arrive", async () => {
    const { code, out } = await tyr(["notify"], { state: "given_up", failure: "status_refused 404" }, { givenUp: 1 });
    expect(code).toBe(EXIT.ok);
    for (const part of ["hooks.example", "given up", message.id, "status_refused 404"]) expect(out).toContain(part);
  });

  test("says that nobody is told", async () => {
    const off = { on: false, host: null, about: [], waiting: 0, items: [] };
    expect((await tyr(["notify", "status"], {}, off)).out).toContain("off: TYR_NOTIFY_URL is not set");
  });

  test("tries the place, and says whether the message arrived or why not", async () => {
    const arrived = await tyr(["notify", "test"], { state: "delivered", attempts: 1 });
    expect([arrived.code, arrived.out.trim(), arrived.asked]).toEqual([
      EXIT.ok,
      message.id,
      ["POST /api/v1/notifications/test", "GET /api/v1/notifications"],
    ]);
    const refused = await tyr(["notify", "test"], { attempts: 1, failure: "tls_failed" });
    expect([refused.code, refused.err.includes("tls_failed")]).toEqual([EXIT.checkFailed, true]);
  });

  test("sends again what was given up, once somebody said yes", async () => {
    const sent = await tyr(["notify", "retry", message.id, "--yes"], {});
    expect([sent.code, sent.asked]).toEqual([EXIT.ok, [`POST /api/v1/notifications/${message.id}/retry`]]);
    const odd = await tyr(["notify", "retry", "act_1", "--yes"], {});
    expect([odd.code, odd.asked]).toEqual([EXIT.usage, []]);
  });
});
