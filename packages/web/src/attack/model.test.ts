import type { MatrixSubTechnique } from "@tyr/contract";
import { describe, expect, test } from "vitest";
import { cellOf, chosen, placeAfter, seenStep, shortCount, totals, withParts, type Tactic } from "./model.ts";

const cell = (id: string, name: string, more: Partial<MatrixSubTechnique> = {}): MatrixSubTechnique => ({
  id,
  name,
  url: null,
  rules: 0,
  enabled: 0,
  tested: 0,
  seen: 0,
  lastSeenAt: null,
  ...more,
});

const TACTICS: readonly Tactic[] = [
  {
    id: "TA0006",
    shortName: "credential-access",
    name: "Credential Access",
    phase: "credential_access",
    techniques: [
      {
        ...cell("T1110", "Brute Force", { rules: 2, enabled: 1, seen: 4, lastSeenAt: "2026-01-02T00:00:00.000Z" }),
        subTechniques: [
          cell("T1110.001", "Password Guessing", { rules: 1, enabled: 1, tested: 1, seen: 30 }),
          cell("T1110.003", "Password Spraying", { seen: 2, lastSeenAt: "2026-01-03T00:00:00.000Z" }),
        ],
      },
      { ...cell("T1557", "Adversary-in-the-Middle"), subTechniques: [] },
    ],
  },
  { id: "TA0010", shortName: "exfiltration", name: "Exfiltration", phase: null, techniques: [] },
  {
    id: "TA0003",
    shortName: "persistence",
    name: "Persistence",
    phase: null,
    techniques: [{ ...cell("T1110", "Brute Force", { rules: 2, enabled: 1 }), subTechniques: [] }],
  },
];

describe("the matrix", () => {
  test("tells of a technique what its sub-techniques say too, and when it was last seen", () => {
    const [first] = TACTICS[0]?.techniques ?? [];
    expect(first && withParts(first)).toEqual({
      rules: 3,
      enabled: 2,
      tested: 1,
      seen: 36,
      lastSeenAt: "2026-01-03T00:00:00.000Z",
    });
  });

  test("counts a technique of two tactics once", () => {
    expect(totals(TACTICS)).toEqual({ techniques: 4, covered: 2, tested: 1, seen: 3 });
  });

  test("keeps a technique for a sub-technique that fits, and nothing else of it", () => {
    const [credentials, , persistence] = chosen(TACTICS, { q: "SPRAY" });
    expect(credentials?.techniques.map(({ id, subTechniques }) => [id, subTechniques.map((one) => one.id)])).toEqual([
      ["T1110", ["T1110.003"]],
    ]);
    expect(persistence?.techniques).toEqual([]);
  });

  test("shows all parts of a technique that was asked for, and leaves out what nothing is known of when asked", () => {
    expect(chosen(TACTICS, { q: "brute" })[0]?.techniques[0]?.subTechniques).toHaveLength(2);
    expect(chosen(TACTICS, { found: true })[0]?.techniques.map(({ id }) => id)).toEqual(["T1110"]);
    expect(chosen(TACTICS, {})).toBe(TACTICS);
  });

  test("finds a cell by its address, and nothing by one that is made up", () => {
    expect(cellOf(TACTICS, "credential-access:T1110.003")?.part?.name).toBe("Password Spraying");
    expect(cellOf(TACTICS, "persistence:T1110")?.technique.enabled).toBe(1);
    for (const odd of ["", ":", "persistence:T1110.001", "exfiltration:T1110", "constructor:T1110"])
      expect([odd, cellOf(TACTICS, odd)]).toEqual([odd, undefined]);
  });

  test("tints by factors of ten and prints numbers that fit", () => {
    expect([0, 1, 9, 10, 100, 1000, 5e6].map(seenStep)).toEqual([0, 1, 1, 2, 3, 4, 4]);
    expect([7, 999, 1000, 9949, 9950, 999_499, 1_200_000].map(shortCount)).toEqual([
      "7",
      "999",
      "1.0k",
      "9.9k",
      "10k",
      "999k",
      "1.2M",
    ]);
  });
});

describe("keys on the matrix", () => {
  const lengths = [3, 0, 1, 5];

  test("lead to the neighbour, past an empty column, and stay inside", () => {
    expect(placeAfter("ArrowRight", { column: 0, row: 2 }, lengths)).toEqual({ column: 2, row: 0 });
    expect(placeAfter("ArrowLeft", { column: 2, row: 0 }, lengths)).toEqual({ column: 0, row: 0 });
    expect(placeAfter("ArrowDown", { column: 0, row: 2 }, lengths)).toEqual({ column: 0, row: 2 });
    expect(placeAfter("ArrowLeft", { column: 0, row: 1 }, lengths)).toEqual({ column: 0, row: 1 });
    expect(placeAfter("PageDown", { column: 3, row: 0 }, lengths)).toEqual({ column: 3, row: 4 });
  });

  test("lead to both ends of a row, and other keys nowhere", () => {
    expect(placeAfter("End", { column: 0, row: 2 }, lengths)).toEqual({ column: 3, row: 2 });
    expect(placeAfter("Home", { column: 3, row: 4 }, lengths)).toEqual({ column: 0, row: 2 });
    expect(placeAfter("Tab", { column: 0, row: 0 }, lengths)).toBeUndefined();
    expect(placeAfter("ArrowDown", { column: 0, row: 0 }, [])).toBeUndefined();
  });
});
