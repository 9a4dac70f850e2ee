import { DUTY_PAIRS, type DutyConflicts, type Role, type RoleView } from "@tyr/contract";
import { describe, expect, test } from "vitest";
import { brokenBy } from "./open-pairs.ts";

const kim = "usr_00000000-0000-7000-8000-000000000001";
const duties: DutyConflicts = {
  items: [],
  open: 0,
  pairs: DUTY_PAIRS.map((pair) => ({
    ...pair,
    sides: [...pair.sides],
    controls: [...pair.controls],
    builtIn: true,
    addedAt: null,
    addedBy: null,
  })),
  exceptions: [],
  programs: [{ owner: kim, permissions: ["action:request"] }],
};
const triage: RoleView = {
  name: "custom_triage",
  about: "",
  builtIn: false,
  permissions: ["action:request"],
  holders: 0,
  changedAt: null,
};
const broken = (roles: Role[], subject?: typeof kim) =>
  brokenBy({ roles, subject }, duties, [triage]).map(({ pair }) => pair.id);

describe("what a choice of roles would bring together", () => {
  test("is told before it is saved, for built-in roles, custom ones and programs somebody owns", () => {
    expect(broken(["viewer"])).toEqual([]);
    expect(broken(["analyst", "approver"])).toEqual(["request-approve"]);
    expect(broken(["custom_triage", "approver"])).toEqual(["request-approve"]);
    expect(broken(["approver"], kim)).toEqual(["request-approve"]);
    expect(broken(["security_manager"])).toEqual([]);
  });

  test("is not told of what an exception allows this person", () => {
    const exception = {
      id: "exc_00000000-0000-7000-8000-000000000001",
      subject: { id: kim, name: "kim" },
      pair: "request-approve",
      reason: "two of us",
      grantedBy: null,
      grantedAt: "2026-11-02T08:00:00.000Z",
      until: "2026-12-02T08:00:00.000Z",
    } as const;
    const excepted = { ...duties, exceptions: [exception] };
    const ids = (subject: typeof kim | undefined) =>
      brokenBy({ roles: ["analyst", "approver"], subject }, excepted, []).map(({ pair }) => pair.id);
    expect([ids(kim), ids(undefined)]).toEqual([[], ["request-approve"]]);
  });
});
