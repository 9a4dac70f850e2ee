import { describe, expect, test } from "vitest";
import {
  builtInHeld,
  DUTY_PAIRS,
  heldPairs,
  PERMISSION_NAMES,
  ROLE_EXCEPTIONS,
  ROLE_NAMES,
  type Held,
} from "./index.ts";

const held = (...roles: (typeof ROLE_NAMES)[number][]): Held => ({ roles: roles.map(builtInHeld), programs: [] });
const idsOf = (one: Held) =>
  heldPairs(one, DUTY_PAIRS).map(({ pair, byRole }) => `${pair}${byRole === null ? "" : ` ${byRole}`}`);

describe("the table of duties", () => {
  test("names permissions that exist, each pair once, with a reason and a control", () => {
    expect(new Set(DUTY_PAIRS.map(({ id }) => id)).size).toBe(DUTY_PAIRS.length);
    for (const { sides, reason, controls } of DUTY_PAIRS) {
      expect(sides.filter((side) => !PERMISSION_NAMES.includes(side))).toEqual([]);
      expect([reason.length > 20, controls.length > 0, sides[0] === (sides[1] as string)]).toEqual([true, true, false]);
    }
  });

  test("says of every built-in role that holds both sides of a pair why it may, and of no other", () => {
    const both = ROLE_NAMES.flatMap((role) => heldPairs(held(role), DUTY_PAIRS).map(({ pair }) => `${role} ${pair}`));
    expect(ROLE_EXCEPTIONS.map(({ role, pair }) => `${role} ${pair}`).toSorted()).toEqual(both.toSorted());
  });

  test("finds what several roles, or a role and a program, bring together", () => {
    expect(idsOf(held("analyst", "approver"))).toEqual(["request-approve"]);
    expect(idsOf(held("viewer", "executor", "approver"))).toEqual([]);
    expect(idsOf({ ...held("approver"), programs: ["action:request"] })).toEqual(["request-approve"]);
    expect(idsOf(held("security_manager"))).toEqual([
      "request-approve security_manager",
      "mode-approve security_manager",
    ]);
    expect(idsOf(held("security_manager", "admin"))).toContain("users-approve");
    const own = [{ id: "dty_1", sides: ["viewer", "approver"] as const, reason: "r", controls: [] }];
    expect(heldPairs(held("viewer", "approver"), own)).toMatchObject([{ pair: "dty_1", byRole: null }]);
  });
});
