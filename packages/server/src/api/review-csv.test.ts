import type { ReviewReport } from "@tyr/contract";
import { describe, expect, test } from "vitest";
import { reportCsv } from "./review-csv.ts";

type Item = ReviewReport["items"][number];
const held = {
  roles: ["analyst"],
  permissions: ["event:read"],
  active: true,
  owner: null,
  expiresAt: null,
} as Item["held"];
const item: Item = {
  id: "rvi_00000000-0000-7000-8000-000000000001",
  kind: "person",
  target: { id: "usr_1", name: "kim" },
  held,
  now: held,
  digest: "0".repeat(64),
  changed: false,
  lastUsedAt: null,
  own: false,
  decision: {
    decision: "keep",
    reason: "fine",
    roles: [],
    by: { id: "usr_2", name: "rex" },
    at: "2026-11-02T08:00:00.000Z",
    stale: false,
  },
  outcome: "kept",
  note: null,
  entries: { decided: 12, executed: null },
};
const cells = (reason: string) =>
  reportCsv({ items: [{ ...item, decision: { ...item.decision, reason } as Item["decision"] }] });

describe("the report of an access review as CSV", () => {
  test("has a header and a line for each item, with the places in the log", () => {
    const lines = reportCsv({ items: [item, item] }).split("\r\n");
    expect(lines).toHaveLength(4);
    expect(lines[0]).toMatch(/^item,kind,id,name,/);
    expect(lines[1]).toMatch(/,kept,,12,$/);
  });

  test.each(["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "  =1+1", "|x", "%0A", "\t=1"])(
    "has no cell that a spreadsheet takes for a formula: %j",
    (reason) => {
      expect(cells(reason)).toMatch(/,"?'/);
      expect(cells(reason)).not.toMatch(/(^|,)"?[=+\-@|%\t]/m);
    },
  );

  test("holds line breaks and quotes of others within their cell", () => {
    const text = cells('a"b,c\r\nrow,"=x"');
    expect(text.split("\r\n")).toHaveLength(3);
    expect(text).toContain('a""b,c');
  });
});
