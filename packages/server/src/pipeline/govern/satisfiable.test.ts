import { describe, expect, test } from "vitest";
import type { Decision, Role, SubjectId } from "@tyr/contract";
import type { Standing } from "./delegations/standing.ts";
import { sayShort, shortGates, type Satisfying } from "./satisfiable.ts";

const id = (name: string): SubjectId => `usr_${name}` as SubjectId;
const person = (name: string, ...roles: Role[]) => ({ id: id(name), roles });
const gate = (approvals: number, ...roles: string[]): Pick<Decision, "requirements"> => ({
  requirements: [{ policyId: "gate", approvals, roles: roles.length === 0 ? ["approver", "security_manager"] : roles }],
});
const lent = (from: string, to: string): Standing => ({
  id: `dlg_${from}` as Standing["id"],
  from: id(from),
  to: id(to),
  roles: ["approver"],
});
const byAna = { requester_id: id("ana"), people_behind: [] };
const ben = person("ben", "approver");
const cleo = person("cleo", "security_manager");

function short(decision: Pick<Decision, "requirements">, more: Partial<Satisfying>, asked: typeof byAna = byAna) {
  const people = more.people ?? [ben, cleo];
  const signers = new Set<string>(people.map((one) => one.id));
  const who = { people, standings: [], signers, authors: new Set<string>(), ownCounts: false, ...more };
  return shortGates(decision, asked, who).map(sayShort);
}

describe("whether anybody could ever approve it", () => {
  test("enough other people with a role that is asked for is fine, and one too few is named in words", () => {
    expect(short(gate(2), {})).toEqual([]);
    expect(short(gate(3), {})).toEqual([
      "gate asks for 3 other people with the role approver or security_manager; there are 2",
    ]);
    expect(short(gate(2, "approver"), {})).toEqual(["gate asks for 2 other people with the role approver; there is 1"]);
  });

  test("the requester, the people behind a program and editors are not other people", () => {
    expect(short(gate(2), {}, { ...byAna, requester_id: ben.id })).toHaveLength(1);
    expect(short(gate(2), {}, { requester_id: id("soar"), people_behind: [cleo.id] as never })).toHaveLength(1);
    expect(short(gate(2), { authors: new Set<string>([cleo.id]) })).toHaveLength(1);
  });

  test("whoever has nothing to sign with cannot approve, and is counted apart", () => {
    expect(short(gate(2), { signers: new Set<string>([ben.id]) })).toEqual([
      "gate asks for 2 other people with the role approver or security_manager; there is 1 who can sign, and 1 without a passkey or key of their own",
    ]);
  });

  test("a role that approves nothing passes no gate, whatever the gate says", () => {
    expect(short(gate(1, "viewer"), { people: [person("vera", "viewer")] })).toHaveLength(1);
  });

  test("a stand-in who can sign makes up for somebody who cannot, once, and never one who had a part in it", () => {
    const signers = new Set<string>([cleo.id, id("dora")]);
    expect(short(gate(2), { signers, standings: [lent("ben", "dora")] })).toEqual([]);
    expect(short(gate(2), { signers, standings: [lent("ben", "cleo")] })).toHaveLength(1);
    const authors = new Set<string>([id("dora")]);
    expect(short(gate(2), { signers, standings: [lent("ben", "dora")], authors })).toHaveLength(1);
    // Two who cannot sign, and one who stands in for both: one person.
    const one = new Set<string>([id("dora")]);
    expect(short(gate(2), { signers: one, standings: [lent("ben", "dora"), lent("cleo", "dora")] })).toHaveLength(1);
    // Where one of two could take either place, each place gets one.
    const two = new Set<string>([cleo.id, id("dora")]);
    expect(short(gate(2), { signers: two, standings: [lent("ben", "cleo"), lent("cleo", "dora")] })).toEqual([]);
  });

  test("in single-person mode one's own approval is one, where there is no other, and never two", () => {
    const alone = { people: [ben], ownCounts: true };
    const byBen = { ...byAna, requester_id: ben.id };
    expect(short(gate(1), { people: [ben] }, byBen)).toHaveLength(1);
    expect(short(gate(1), alone, byBen)).toEqual([]);
    expect(short(gate(2), alone, byBen)).toHaveLength(1);
    expect(short(gate(1), { ...alone, signers: new Set() }, byBen)).toHaveLength(1);
  });
});
