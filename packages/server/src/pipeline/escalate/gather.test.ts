import { describe, expect, test } from "vitest";
import { gather, keyOf } from "./gather.ts";
import { aDetection, aTag } from "./testing/detection.ts";

const NOW = new Date("2026-02-02T00:00:00.000Z");
const DAY_MINUTES = 24 * 60;

describe("grouping detections", () => {
  test("the key is the address; without one, the rule and the sensor", () => {
    expect(keyOf(aDetection(1, 0))).toBe("actor:203.0.113.7");
    expect(keyOf(aDetection(1, 0, { actorIp: null }))).toBe(
      "rule:rule-a|sensor:snr_00000000-0000-7000-8000-000000000001",
    );
    expect(keyOf(aDetection(1, 0, { actorIp: null, sensorId: null }))).toBe("rule:rule-a|sensor:unknown");
  });

  test("detections of one address are one incident, with all they say", () => {
    const detections = [
      aDetection(1, 5, { tags: [aTag("T1110.001", "credential-access")] }),
      aDetection(2, 0, {
        ruleId: "rule-b",
        severity: "high",
        sensorName: "web",
        tags: [aTag("T1078", "initial-access")],
      }),
      aDetection(3, 9),
    ];
    const { incidents, opened, joined } = gather([], detections, NOW);
    expect(incidents).toMatchObject([
      {
        key: "actor:203.0.113.7",
        state: "new",
        actorIp: "203.0.113.7",
        risk: 60,
        severity: "high",
        priority: 2,
        category: "unauthorized_access",
        techniques: ["T1110.001", "T1078"],
        tactics: ["credential-access", "initial-access"],
        sensors: ["gate", "web"],
        detectionCount: 3,
        firstEventAt: new Date("2026-02-01T10:00:00.000Z"),
        lastEventAt: new Date("2026-02-01T10:09:00.000Z"),
        openedAt: NOW,
      },
    ]);
    expect(opened).toEqual(new Set([incidents[0]?.id]));
    expect(joined.map(({ detectionId }) => detectionId)).toEqual(detections.map(({ id }) => id));
  });

  test("addresses are not mixed", () => {
    const { incidents } = gather([], [aDetection(1, 0), aDetection(2, 1, { actorIp: "203.0.113.8" })], NOW);
    expect(incidents.map(({ key }) => key)).toEqual(["actor:203.0.113.7", "actor:203.0.113.8"]);
  });

  test.each([
    ["within a day it is the same story", DAY_MINUTES, 1],
    ["after a day it is another one", DAY_MINUTES + 1, 2],
    ["a day earlier, from an imported log, it is the same story", -DAY_MINUTES, 1],
    ["more than a day earlier it is another one", -DAY_MINUTES - 1, 2],
  ])("%s", (_, minute, count) => {
    const { incidents } = gather([], [aDetection(1, 0), aDetection(2, minute)], NOW);
    expect(incidents).toHaveLength(count);
    expect(new Set(incidents.map(({ id }) => id)).size).toBe(count);
  });

  test("of two stories it joins the nearer one", () => {
    const apart = [aDetection(1, 0), aDetection(2, 40 * 60), aDetection(3, 22 * 60)];
    const { incidents, joined } = gather([], apart, NOW);
    expect(incidents.map(({ detectionCount }) => detectionCount).toSorted((a, b) => a - b)).toEqual([1, 2]);
    expect(joined[2]?.incidentId).toBe(joined[1]?.incidentId);
  });

  test("what is merely informational opens nothing, but joins what is open", () => {
    const info = { severity: "info", riskPoints: 0, ruleId: "rule-info" } as const;
    expect(gather([], [aDetection(1, 0, info)], NOW)).toMatchObject({ incidents: [], joined: [] });
    const { incidents } = gather([], [aDetection(1, 0), aDetection(2, 1, info)], NOW);
    expect(incidents).toMatchObject([{ detectionCount: 2, risk: 20 }]);
  });

  test("batches make no difference", () => {
    const detections = Array.from({ length: 60 }, (_, index) =>
      aDetection(index + 1, ((index * 37) % 50) * 60, {
        ruleId: `rule-${index % 7}`,
        actorIp: index % 5 === 0 ? null : `203.0.113.${index % 3}`,
        severity: (["info", "low", "medium", "high"] as const)[index % 4] ?? "low",
      }),
    );
    const whole = gather([], detections, NOW).incidents;
    const open = new Map<string, (typeof whole)[number]>();
    for (const detection of detections) {
      for (const one of gather([...open.values()], [detection], NOW).incidents) open.set(one.id, one);
    }
    const inOrder = (list: Iterable<(typeof whole)[number]>) => [...list].toSorted((a, b) => (a.id < b.id ? -1 : 1));
    expect(inOrder(open.values())).toEqual(inOrder(whole));
  });
});
