import { createHash } from "node:crypto";
import fc from "fast-check";
import { isId } from "@tyr/contract";
import { expect, test } from "vitest";
import { derivedId, derivedTimeId, newId, TYR_NAMESPACE, uuidV5 } from "./index.ts";

test("ids made later sort after ids made earlier", () => {
  const early = newId("event", new Date("2026-02-01T00:00:00.000Z"));
  const late = newId("event", new Date("2026-02-01T00:00:00.001Z"));
  expect(early < late).toBe(true);
  expect(isId("event", early)).toBe(true);
});

test("the same thing at the same time has the same id, whatever else differs has another", () => {
  const one = derivedTimeId("event", 1_769_904_000_000, "snr_1|file|7");
  expect(derivedTimeId("event", 1_769_904_000_000, "snr_1|file|7")).toBe(one);
  expect(derivedTimeId("event", 1_769_904_000_000, "snr_1|file|8")).not.toBe(one);
  expect(one).toMatch(/^evt_019c/);
});

test("a derived id is the UUIDv5 of its parts joined by a bar (RFC 9562, section 5.5)", () => {
  const name = "auth_attempt|evt_1|rule|v1|T1110|";
  const hash = createHash("sha1")
    .update(Buffer.from(TYR_NAMESPACE.replaceAll("-", ""), "hex"))
    .update(name)
    .digest("hex");
  const uuid = uuidV5(["auth_attempt", "evt_1", "rule", "v1", "T1110", ""]);
  expect(uuid.replaceAll("-", "").slice(0, 12)).toBe(hash.slice(0, 12));
  expect(uuid[14]).toBe("5");
  expect(isId("tag", derivedId("tag", [name]))).toBe(true);
});

test("times a UUID cannot hold are kept inside its 48 bits", () => {
  fc.assert(
    fc.property(fc.integer({ min: -(2 ** 52), max: 2 ** 52 }), (timeMs) => {
      expect(isId("event", derivedTimeId("event", timeMs, "x"))).toBe(true);
    }),
  );
});
