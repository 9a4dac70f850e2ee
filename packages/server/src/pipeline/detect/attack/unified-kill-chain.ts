import { entryOf, tacticOf, type AttackCatalogue } from "./attack-release.ts";

/**
 * Phases of the Unified Kill Chain (Pols 2017, version 1.3: 18 phases) that a tactic stands for. Exploitation, pivoting,
 * objectives and social engineering have no tactic of their own: ATT&CK cannot tell them from others.
 */
export const UKC_PHASES = [
  "reconnaissance",
  "resource_development",
  "delivery",
  "social_engineering",
  "exploitation",
  "persistence",
  "defense_evasion",
  "command_and_control",
  "pivoting",
  "discovery",
  "privilege_escalation",
  "execution",
  "credential_access",
  "lateral_movement",
  "collection",
  "exfiltration",
  "impact",
  "objectives",
] as const;
export type UkcPhase = (typeof UKC_PHASES)[number];

/** By MITRE's id, which stays when a tactic is renamed. Where MITRE split a tactic, both parts are in its phase. */
const PHASE_OF: Readonly<Record<string, UkcPhase>> = {
  TA0043: "reconnaissance",
  TA0042: "resource_development",
  TA0001: "delivery",
  TA0002: "execution",
  TA0003: "persistence",
  TA0004: "privilege_escalation",
  TA0005: "defense_evasion",
  TA0112: "defense_evasion",
  TA0006: "credential_access",
  TA0007: "discovery",
  TA0008: "lateral_movement",
  TA0009: "collection",
  TA0011: "command_and_control",
  TA0010: "exfiltration",
  TA0040: "impact",
  // ICS
  TA0108: "delivery",
  TA0104: "execution",
  TA0110: "persistence",
  TA0111: "privilege_escalation",
  TA0103: "defense_evasion",
  TA0102: "discovery",
  TA0109: "lateral_movement",
  TA0100: "collection",
  TA0101: "command_and_control",
  TA0107: "impact",
  TA0106: "impact",
  TA0105: "impact",
};

/** The phase of a tactic by its short name in a domain; null for one nobody has placed yet. */
export function phaseOf(catalogue: AttackCatalogue, domain: string, tactic: string): UkcPhase | null {
  return phaseOfTacticId(tacticOf(catalogue, domain, tactic)?.id ?? "");
}

export function phaseOfTacticId(id: string): UkcPhase | null {
  return entryOf(PHASE_OF, id) ?? null;
}

/** Tactics of the releases in force that have no phase: whoever loads such a release is told. */
export function tacticsWithoutPhase(catalogue: AttackCatalogue): readonly string[] {
  return catalogue.flatMap(({ domain, release, tactics }) =>
    Object.values(tactics)
      .filter(([id]) => phaseOfTacticId(id) === null)
      .map(([id, name]) => `${id} (${name}) of ${domain} ${release}`),
  );
}
