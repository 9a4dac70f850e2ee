import { FIGURE_DAYS, type RuleFigures } from "@tyr/contract";
import { expect, test } from "vitest";
import { run } from "../run.ts";
import { fakeWorld } from "../testing/fake-world.ts";

const ID = "11111111-1111-4111-8111-111111111111";
const figures: RuleFigures = {
  ruleId: ID,
  title: "Shell \u001b[2J",
  kind: "detection",
  detections: 9,
  backfilled: 2,
  suppressed: 4,
  lastDetectionAt: "2026-01-30T10:00:00.000Z",
  days: Array.from({ length: FIGURE_DAYS }, (_, at) => ({
    day: `2026-01-${String(at + 1).padStart(2, "0")}`,
    detections: at === 29 ? 9 : 0,
  })),
  cost: { share: null, microsPerEvent: null, samples: 3, since: "2026-01-01T00:00:00.000Z" },
  precision: { value: null, truePositives: 1, benign: 0, falsePositives: 0, judged: 1, minimum: 5 },
  reach: { reach: "fires", days: 30, watchedSince: null, logsources: [], fields: [] },
};
const silent: RuleFigures = {
  ...figures,
  detections: 0,
  backfilled: 0,
  suppressed: 0,
  lastDetectionAt: null,
  days: [],
  reach: {
    reach: "no-field",
    days: 30,
    watchedSince: "2026-01-01T00:00:00.000Z",
    logsources: [{ logsource: "category=webserver", lastSeenDay: "2026-01-30" }],
    fields: [
      { field: "url.original", lastSeenDay: null },
      { field: "user.name", lastSeenDay: "2026-01-30" },
    ],
  },
};

const tyr = async (argv: readonly string[], answer: unknown) => {
  const asked: string[] = [];
  const world = await fakeWorld({
    argv,
    env: { TYR_TOKEN: "t" },
    fetch: async (address) => {
      asked.push(new URL(address).pathname + new URL(address).search);
      return Response.json(answer);
    },
  });
  return { code: await run(world, "0"), out: world.out(), err: world.err(), asked };
};

test("tyr rule figures shows the days as bars, and what is not known as unknown", async () => {
  const { code, out, err, asked } = await tyr(["rule", "figures", ID, "--days", "7"], figures);
  expect([code, err, asked]).toEqual([0, "", [`/api/v1/ttp/rules/${ID}/figures?days=7`]]);
  expect(out).toContain(`${"▁".repeat(29)}█ to 2026-01-30`);
  expect(out).toContain("9, 2 of them backfilled");
  expect(out).toMatch(/suppressed +4\n/);
  expect(out).toContain("unknown (1 of 5 judged)");
  expect(out).not.toContain("\u001b[2J");
});

test("tyr rule never-fired names the fields that never come in", async () => {
  const { code, out, asked } = await tyr(["rule", "never-fired"], { items: [silent] });
  expect([code, asked]).toEqual([0, ["/api/v1/ttp/rule-figures?never=true"]]);
  expect(out).toMatch(/no-field +url\.original /);
});
