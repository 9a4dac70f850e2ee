import { describe, expect, test } from "vitest";
import { bundledAttack, pairTechniques, techniqueName } from "./attack-release.ts";

const attack = bundledAttack();

describe("the bundled ATT&CK release", () => {
  test("says which release it is, and carries MITRE's designation", () => {
    expect(attack.release).toMatch(/^\d+\.\d+$/);
    expect(attack.notice).toContain("The MITRE Corporation");
    expect(Object.keys(attack.tactics)).toHaveLength(14);
    expect(techniqueName("T1110.003")).toBe("Password Spraying");
    expect(techniqueName("T9999")).toBeNull();
  });

  test("names only tactics it has", () => {
    const named = new Set(Object.values(attack.techniques).flatMap(([, tactics]) => tactics));
    expect([...named].filter((tactic) => attack.tactics[tactic] === undefined)).toEqual([]);
  });
});

describe("pairs of technique and tactic", () => {
  test("a technique gets the tactic of the rule it belongs to", () => {
    const named = { techniques: ["T1110.001", "T1078"], tactics: ["credential-access", "initial-access"] };
    expect(pairTechniques(named, attack)).toEqual({
      ok: true,
      techniques: [
        { technique: "T1110", subTechnique: "T1110.001", tactic: "credential-access" },
        { technique: "T1078", subTechnique: null, tactic: "initial-access" },
      ],
    });
  });

  test("a rule that names no tactic gets the technique's own", () => {
    expect(pairTechniques({ techniques: ["T1082"], tactics: [] }, attack)).toMatchObject({
      techniques: [{ tactic: "discovery" }],
    });
  });

  test.each([
    [
      "a technique of another tactic",
      { techniques: ["T1029"], tactics: ["command-and-control"] },
      "T1029 (Scheduled Transfer) belongs to",
    ],
    [
      "a tactic nothing belongs to",
      { techniques: ["T1110"], tactics: ["credential-access", "impact"] },
      "the tactic impact",
    ],
    ["a technique the release does not have", { techniques: ["T9999"], tactics: [] }, "T9999 is not in ATT&CK"],
  ])("%s is refused", (_, named, message) => {
    const read = pairTechniques(named, attack);
    expect(read).toMatchObject({ ok: false, message: expect.stringContaining(message) });
  });
});
