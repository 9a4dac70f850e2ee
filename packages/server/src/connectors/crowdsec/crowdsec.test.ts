import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { goDuration } from "./go-duration.ts";
import { isWanted, SCENARIO, takesOf } from "./to-decision.ts";

describe("Go durations", () => {
  test.each([
    [0, "0s"],
    [1, "1s"],
    [58_000, "58s"],
    [60_000, "1m0s"],
    [3_600_000, "1h0m0s"],
    [14_398_000, "3h59m58s"],
    [86_400_000, "24h0m0s"],
    [-5_000, "-5s"],
    [-3_600_000, "-1h0m0s"],
  ])("%d ms is %s", (ms, text) => expect(goDuration(ms)).toBe(text));

  test("a block never ends early because its time was written down", () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e10, max: 1e12 }), (ms) => {
        const [, sign, h = "0", m = "0", s = "0"] = /^(-?)(?:(\d+)h)?(?:(\d+)m)?(\d+)s$/.exec(goDuration(ms)) ?? [];
        const back = (Number(h) * 3600 + Number(m) * 60 + Number(s)) * (sign === "-" ? -1000 : 1000);
        expect(Math.abs(back) - Math.abs(ms)).toBeGreaterThanOrEqual(0);
        expect(Math.abs(back) - Math.abs(ms)).toBeLessThan(1000);
      }),
    );
  });
});

describe("filters of the bouncer API", () => {
  const decision = {
    id: 1,
    uuid: "u",
    origin: "tyr",
    type: "ban",
    scope: "Ip",
    value: "8.8.8.8",
    duration: "1h0m0s",
    scenario: SCENARIO,
  };
  test.each([
    [{}, true],
    [{ scopes: "ip,range" }, true],
    [{ scopes: "Range" }, false],
    [{ scope: "IP" }, true],
    [{ scopes: "country" }, false],
    [{ origins: "cscli,tyr" }, true],
    [{ origins: "lists" }, false],
    [{ type: "captcha" }, false],
    [{ value: "8.8.8.9" }, false],
    [{ scenarios_containing: "ssh,block" }, true],
    [{ scenarios_containing: "ssh" }, false],
    [{ scenarios_not_containing: "block" }, false],
    [{ scenarios_not_containing: "" }, true],
  ])("%j: %j", (filter, wanted) => expect(isWanted(decision, filter)).toBe(wanted));

  test.each([
    ["2A00:1450:0::5", "2a00:1450::5", true],
    ["2a00:1450:0:0:0:0:0:5", "2a00:1450::5", true],
    ["::ffff:8.8.8.8", "8.8.8.8", true],
    ["8.8.8.77/24", "8.8.8.0/24", true],
    ["8.8.8.8/32", "8.8.8.8", true],
    ["8.8.8.8", "8.8.8.0/24", false],
    ["8.8.8.0/25", "8.8.8.0/24", false],
    ["nonsense", "8.8.8.8", false],
  ])("the value %s asks for %s: %j", (asked, value, wanted) =>
    expect(isWanted({ ...decision, value }, { value: asked })).toBe(wanted),
  );

  test.each([
    [{}, "all"],
    [{ scopes: "ip" }, "addresses"],
    [{ scopes: "Range,country" }, "ranges"],
    [{ origins: "crowdsec" }, "none"],
    [{ scenarios_not_containing: "tyr" }, "none"],
  ])("%j takes %s of our blocks", (filter, takes) => expect(takesOf(filter)).toBe(takes));
});
