import { Compile } from "typebox/compile";
import { describe, expect, test } from "vitest";
import { AuditMetricsQuery, AuditSearchQuery } from "./audit.ts";

const search = Compile(AuditSearchQuery);
const metrics = Compile(AuditMetricsQuery);

describe("what may be asked of the audit log", () => {
  test.each([
    {},
    { limit: 1 },
    { limit: 1000, after: "0" },
    { since: "2026-02-01T12:00:00Z", until: "2026-02-01T12:00:00.000+01:00" },
    { text: "'; drop table x; --", eventType: "authorization", outcome: "refused", anomaliesOnly: "true" },
    { utcOffsetMinutes: -840 },
  ])("is %j", (query) => {
    expect(search.Check(query)).toBe(true);
  });

  test.each([
    { limit: 0 },
    { limit: 1001 },
    { limit: 1.5 },
    { limit: "all" },
    { after: "9".repeat(21) },
    { since: "yesterday" },
    { since: "0000-01-01T00:00:00Z" },
    { until: "2026-02-30T99:00:00Z" },
    { text: "" },
    { text: "a\u0000b" },
    { text: "x".repeat(201) },
    { outcome: "SUCCESS" },
    { eventType: "toString" },
    { anomaliesOnly: "yes" },
    { utcOffsetMinutes: 841 },
  ])("is not %j", (query) => {
    expect(search.Check(query)).toBe(false);
  });

  test("of measuring: four timeframes and no other", () => {
    expect(metrics.Check({ timeframe: "quarter" })).toBe(true);
    expect(["year", "", "__proto__"].map((timeframe) => metrics.Check({ timeframe }))).toEqual([false, false, false]);
  });
});
