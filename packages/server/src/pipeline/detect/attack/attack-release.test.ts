import { describe, expect, test } from "vitest";
import { builtInAttack, releaseOf, techniqueName } from "./attack-release.ts";
import { phaseOf, phaseOfTacticId, tacticsWithoutPhase, UKC_PHASES } from "./unified-kill-chain.ts";

const attack = builtInAttack();

describe.each(["enterprise-attack", "ics-attack"])("the release of %s that comes with Tyr", (domain) => {
  const release = releaseOf(attack, domain);

  test("says which one it is, and carries MITRE's designation", () => {
    expect(release?.release).toMatch(/^\d+\.\d+$/);
    expect(release?.notice).toContain("The MITRE Corporation");
  });

  test("names only tactics and techniques it has", () => {
    const { techniques = {}, tactics = {}, deprecated = {}, revoked = {}, groups = {} } = release ?? {};
    const named = new Set(Object.values(techniques).flatMap(([, own]) => own));
    expect([...named].filter((tactic) => tactics[tactic] === undefined)).toEqual([]);
    const known = new Set([...Object.keys(techniques), ...Object.keys(deprecated)]);
    const used = new Set(Object.values(groups).flatMap(([, , own]) => own));
    expect([...used].filter((id) => !known.has(id))).toEqual([]);
    const successors = Object.values(revoked).flatMap(([, next]) => next ?? []);
    expect(successors.filter((id) => !known.has(id) && revoked[id] === undefined)).toEqual([]);
  });

  test("has a phase of the kill chain for each of its tactics", () => {
    expect(tacticsWithoutPhase(attack)).toEqual([]);
    for (const tactic of Object.keys(release?.tactics ?? {})) {
      expect(UKC_PHASES).toContain(phaseOf(attack, domain, tactic));
    }
  });
});

test("techniques are named whether they are in use or were revoked; others have no name", () => {
  expect(techniqueName(attack, "T1110.003")).toBe("Password Spraying");
  expect(techniqueName(attack, "T0801")).toBe("Monitor Process State");
  expect(techniqueName(attack, "T1086")).toBe("PowerShell");
  expect(techniqueName(attack, "T9999")).toBeNull();
  expect(techniqueName(attack, "constructor")).toBeNull();
});

test("a tactic nobody has placed in the kill chain has no phase and is named to whoever loads the release", () => {
  const [first] = attack;
  if (first === undefined) throw new Error("nothing is built in");
  const later = { ...first, release: "30.0", tactics: { ...first.tactics, novelty: ["TA9999", "Novelty"] as const } };
  expect(phaseOf([later], later.domain, "novelty")).toBeNull();
  expect(phaseOfTacticId("constructor")).toBeNull();
  expect(tacticsWithoutPhase([later])).toEqual(["TA9999 (Novelty) of enterprise-attack 30.0"]);
});
