import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { HUB_REASONS } from "./testing/hub-reasons.ts";
import { isAsExpected, playHub, precisionPage, PRECISION_PAGE, shippedPack } from "./testing/precision-page.ts";

const pack = shippedPack();
const outcomes = playHub(pack);

describe("the scenario tests of the CrowdSec hub, played through our pack", () => {
  test("at least nine of ten tests flag everybody the hub flags", () => {
    const busy = outcomes.filter(({ expected }) => expected.length > 0);
    expect(busy.length).toBeGreaterThan(160);
    expect(busy.filter((one) => isAsExpected(one)).length / busy.length).toBeGreaterThanOrEqual(0.9);
  });

  test("the rest is told one by one, with the reason, and nothing else is", () => {
    const rest = outcomes.filter((one) => !isAsExpected(one)).map(({ test: name }) => name);
    expect(rest.toSorted()).toEqual(Object.keys(HUB_REASONS).toSorted());
  });

  test("where the hub expects nobody, nobody is flagged but in the log it expects somebody in elsewhere", () => {
    const wrong = outcomes.filter((one) => one.expected.length === 0 && one.surplus.length > 0);
    expect(wrong.map(({ test: name }) => name)).toEqual(["pureftpd-logs"]);
  });

  test("nearly every line is read: what cannot be read says a time that does not exist, or none at all", () => {
    const lines = outcomes.reduce((sum, one) => sum + one.lines, 0);
    const unread = outcomes.reduce((sum, one) => sum + one.unread, 0);
    expect(lines).toBeGreaterThan(3_500);
    expect(unread / lines).toBeLessThan(0.01);
  });

  test("the page about precision is the one that `npm run docs` writes", () => {
    expect(readFileSync(PRECISION_PAGE, "utf8")).toBe(precisionPage(pack));
  });
});
