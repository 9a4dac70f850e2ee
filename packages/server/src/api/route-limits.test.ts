import { routes, type RouteId } from "@tyr/contract";
import { expect, test } from "vitest";
import { isAwaited, limitOf } from "./route-limits.ts";

const awaited = (id: RouteId): boolean => isAwaited({ id, definition: routes[id] });

test("what people click goes before batches of events, copies of the log and enforcement points", () => {
  expect([awaited("rule.list"), awaited("session.login")]).toEqual([true, true]);
  const others = Object.entries(routes).filter(([id, definition]) => !isAwaited({ id: id as RouteId, definition }));
  expect(others.map(([id]) => id)).toEqual(
    expect.arrayContaining(["event.send", "event.import", "audit.verify", "audit.log"]),
  );
});

test("a release of ATT&CK is loaded a few times in a row, not as often as events are sent", () => {
  expect(limitOf({ id: "attack.load", definition: routes["attack.load"] })).toBe("release");
  expect(limitOf({ id: "event.send", definition: routes["event.send"] })).toBe("intake");
});
