import type { Actor, Id, Noun, Severity } from "@tyr/contract";
import { ID_PREFIXES } from "@tyr/contract";

/** Ids of the right shape that are the same in every run: noun and number. */
export function idOf<N extends Noun>(noun: N, number: number): Id<N> {
  return `${ID_PREFIXES[noun]}_019c2a5d-ac96-774b-bcce-${number.toString(16).padStart(12, "0")}` as Id<N>;
}

/** A hash-like text; nothing verifies it, it only has to look and wrap like one. */
export function hexOf(number: number): string {
  let state = (number + 1) * 2_654_435_761;
  let text = "";
  while (text.length < 64) {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    text += state.toString(16).padStart(8, "0");
  }
  return text;
}

/** As it comes from the address, text, read as the contract reads it. */
export const numberOf = (asked: unknown, otherwise: number): number =>
  asked === undefined ? otherwise : Number(asked);

/** Numbers from 0 to 1 that are the same in every run (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export const person = (number: number, name: string): Actor => ({ kind: "person", id: idOf("subject", number), name });
export const automation: Actor = { kind: "automation", id: "automation", name: "automation" };
export const system: Actor = { kind: "system", id: "system", name: "tyr" };

export const at = (ms: number): string => new Date(ms).toISOString();

/** Documentation addresses only (RFC 5737, RFC 3849). */
export const ACTORS = ["203.0.113.9", "198.51.100.23", "192.0.2.77", "2001:db8:bad::7", "203.0.113.140"] as const;

export type RuleSeed = Readonly<{
  id: string;
  title: string;
  level: Severity;
  risk: number;
  technique: string;
  sub: string | null;
  tactic: string;
  name: string;
  correlation: boolean;
}>;
export const RULES: readonly RuleSeed[] = [
  {
    id: "5f3f1c58-2b7e-4a57-9d0e-2f6f6a0a1001",
    title: "Many failed SSH logins from one address",
    level: "medium",
    risk: 25,
    technique: "T1110",
    sub: "T1110.001",
    tactic: "credential-access",
    name: "Brute Force",
    correlation: true,
  },
  {
    id: "5f3f1c58-2b7e-4a57-9d0e-2f6f6a0a1002",
    title: "Login after many failures",
    level: "high",
    risk: 40,
    technique: "T1078",
    sub: null,
    tactic: "initial-access",
    name: "Valid Accounts",
    correlation: true,
  },
  {
    id: "5f3f1c58-2b7e-4a57-9d0e-2f6f6a0a1003",
    title: "Script piped from the network into a shell",
    level: "critical",
    risk: 35,
    technique: "T1105",
    sub: null,
    tactic: "command-and-control",
    name: "Ingress Tool Transfer",
    correlation: false,
  },
  {
    id: "5f3f1c58-2b7e-4a57-9d0e-2f6f6a0a1004",
    title: "Account with user id 0 created",
    level: "critical",
    risk: 35,
    technique: "T1136",
    sub: "T1136.001",
    tactic: "persistence",
    name: "Create Account",
    correlation: false,
  },
  {
    id: "5f3f1c58-2b7e-4a57-9d0e-2f6f6a0a1005",
    title: "Log files removed",
    level: "high",
    risk: 20,
    technique: "T1070",
    sub: "T1070.002",
    tactic: "stealth",
    name: "Indicator Removal",
    correlation: false,
  },
  {
    id: "5f3f1c58-2b7e-4a57-9d0e-2f6f6a0a1006",
    title: "Password file read",
    level: "low",
    risk: 10,
    technique: "T1003",
    sub: "T1003.008",
    tactic: "credential-access",
    name: "OS Credential Dumping",
    correlation: false,
  },
  {
    id: "5f3f1c58-2b7e-4a57-9d0e-2f6f6a0a1007",
    title: "Web scanner by its paths",
    level: "low",
    risk: 10,
    technique: "T1595",
    sub: "T1595.003",
    tactic: "reconnaissance",
    name: "Active Scanning",
    correlation: true,
  },
];
