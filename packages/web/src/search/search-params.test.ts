import { expect, test } from "vitest";
import { idOf, instant, oneOf, parseSearch, searchParams, stringifySearch, text } from "./search-params.ts";

const validate = searchParams({
  tab: oneOf(["timeline", "detections"]),
  ip: text(64),
  event: idOf("event"),
  from: instant,
});

test("a full address is read back as it was written", () => {
  const search = { tab: "timeline", ip: "203.0.113.9", event: "evt_01890a5d-ac96-774b-bcce-b302099a8057" };
  expect(validate(parseSearch(stringifySearch(search)))).toEqual(search);
});

test("values outside the list, of the wrong shape or of unknown name are dropped, not passed on", () => {
  expect(
    validate({ tab: "admin", event: "inc_1", ip: "   ", from: "yesterday", evil: "<script>", __proto__: "x" }),
  ).toEqual({});
});

test("a value that is not text is dropped", () => {
  expect(validate({ ip: { toString: () => "203.0.113.9" }, tab: ["timeline"] })).toEqual({});
});

test("an address that looks like a number stays text", () => {
  expect(parseSearch("?ip=1e3&q=true")).toEqual({ ip: "1e3", q: "true" });
});

test("instants with an offset become the UTC the server speaks", () => {
  expect(validate({ from: "2026-02-01T16:17:31+02:00" })).toEqual({ from: "2026-02-01T14:17:31.000Z" });
});

test("over-long text is cut to what the server takes", () => {
  expect(validate({ ip: "9".repeat(500) }).ip).toHaveLength(64);
});
