import { beforeAll, describe, expect, test } from "vitest";
import { builtInAttack, type AttackCatalogue } from "./attack-release.ts";
import { pairTechniques, withFormerTactics } from "./pair-techniques.ts";
import { readBundle } from "./read-bundle.ts";
import { bundle } from "./testing/invented-bundle.ts";

const shipped = builtInAttack();
const now = { attack: shipped, shipped };
const named = (techniques: readonly string[], tactics: readonly string[] = []) => ({ techniques, tactics });

describe("pairs of technique and tactic", () => {
  test("a technique gets the tactic of the rule it belongs to", () => {
    expect(pairTechniques(named(["T1110.001", "T1078"], ["credential-access", "initial-access"]), now)).toMatchObject({
      ok: true,
      techniques: [
        { technique: "T1110", subTechnique: "T1110.001", tactic: "credential-access", domain: "enterprise-attack" },
        { technique: "T1078", subTechnique: null, tactic: "initial-access" },
      ],
      notices: [],
    });
  });

  test("a rule that names no tactic gets the technique's own", () => {
    expect(pairTechniques(named(["T1082"]), now)).toMatchObject({ techniques: [{ tactic: "discovery" }] });
  });

  test("a technique of industrial control systems is of that domain, and its tactics are its own", () => {
    expect(pairTechniques(named(["T0801"], ["collection"]), now)).toMatchObject({
      techniques: [{ technique: "T0801", tactic: "collection", domain: "ics-attack" }],
    });
    expect(pairTechniques(named(["T0801"], ["initial-access"]), now)).toMatchObject({ ok: false });
  });

  test("a technique that was revoked is replaced by its successor, and the rule's keeper is told", () => {
    const read = pairTechniques(named(["T1086"], ["execution"]), now);
    expect(read).toMatchObject({
      techniques: [{ technique: "T1059", subTechnique: "T1059.001", tactic: "execution", named: "T1086" }],
      notices: ["T1086 was replaced by T1059.001 (PowerShell) in enterprise-attack 18.1"],
    });
  });

  test.each([
    [
      "a technique of another tactic",
      named(["T1029"], ["command-and-control"]),
      "T1029 (Scheduled Transfer) belongs to",
    ],
    ["a tactic nothing belongs to", named(["T1110"], ["credential-access", "impact"]), "the tactic impact"],
    ["a technique no release has", named(["T9999"]), "T9999 is not in ATT&CK (enterprise-attack 18.1"],
    ["a tactic that is a property of every object", named(["T1110"], ["constructor"]), "none of which is named"],
  ])("%s is refused", (_, wanted, message) => {
    expect(pairTechniques(wanted, now)).toMatchObject({ ok: false, message: expect.stringContaining(message) });
  });
});

describe("under a release that renamed a tactic and split it", () => {
  let attack: AttackCatalogue;
  beforeAll(async () => {
    const read = await readBundle(bundle());
    attack = read.ok ? [withFormerTactics(read.attack, shipped)] : [];
  });
  const pair = (techniques: readonly string[], tactics: readonly string[]) =>
    pairTechniques(named(techniques, tactics), { attack, shipped });

  test("the old name of the tactic still names it", () => {
    expect(attack[0]?.formerTactics).toEqual({ "defense-evasion": "stealth" });
    expect(pair(["T1027"], ["defense-evasion"])).toMatchObject({
      techniques: [{ technique: "T1027", tactic: "stealth", release: "19.1" }],
      notices: ["T1027 (Technique T1027) belongs to stealth in enterprise-attack 19.1, not to defense-evasion"],
    });
  });

  test("a technique that moved to the part split off is tagged there", () => {
    expect(pair(["T1070"], ["defense-evasion"])).toMatchObject({ techniques: [{ tactic: "defense-impairment" }] });
  });

  test("a technique that got another id is tagged under that one and its tactic, over several steps too", () => {
    expect(pair(["T1562"], ["defense-evasion"])).toMatchObject({
      techniques: [{ technique: "T1685", tactic: "defense-impairment", named: "T1562" }],
    });
    expect(pair(["T1066"], ["stealth"])).toMatchObject({ techniques: [{ technique: "T1027", named: "T1066" }] });
  });

  test("two ids that became one make one tag", () => {
    expect(pair(["T1066", "T1027"], ["stealth"])).toMatchObject({ techniques: [{ technique: "T1027" }] });
  });

  test("new rules name the new tactics", () => {
    expect(pair(["T1685"], ["defense-impairment"])).toMatchObject({ ok: true, notices: [] });
  });

  test("what was never true stays refused, and so does what was revoked without a successor", () => {
    expect(pair(["T1110"], ["stealth"])).toMatchObject({ ok: false });
    expect(pair(["T1108"], ["stealth"])).toMatchObject({
      ok: false,
      message: expect.stringContaining("nothing replaces it"),
    });
  });

  test("a deprecated technique is tagged, and its keeper is told", () => {
    expect(pair(["T1056"], ["credential-access"])).toMatchObject({
      ok: true,
      notices: ["T1056 (Technique T1056) is deprecated in enterprise-attack 19.1"],
    });
  });
});
