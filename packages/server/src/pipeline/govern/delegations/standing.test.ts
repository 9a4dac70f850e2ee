import { expect, test } from "vitest";
import type { DelegationId, Role, SubjectId } from "@tyr/contract";
import { rolesIn, standingsOf } from "./standing.ts";

const row = {
  id: "dlg_1" as DelegationId,
  from_id: "usr_ben" as SubjectId,
  to_id: "usr_ana" as SubjectId,
  roles: ["approver", "security_manager"],
};
const ben = (...roles: Role[]) => [{ id: row.from_id, roles }];
const active = new Set<string>([row.to_id]);

test("a delegation holds with the roles its giver holds now", () => {
  const [one] = standingsOf([row], { people: ben("security_manager"), active });
  expect(one).toEqual({ id: row.id, from: row.from_id, to: row.to_id, roles: ["security_manager"] });
});

test("nobody gets a role that was not handed over to them", () => {
  const lent = { ...row, roles: ["approver"] };
  expect(standingsOf([lent], { people: ben("security_manager"), active })).toEqual([]);
  const [one] = standingsOf([lent], { people: ben("approver", "security_manager"), active });
  expect(one?.roles).toEqual(["approver"]);
  expect(rolesIn('{"roles":["approver"],"v":1}')).toEqual(["approver"]);
  for (const nothing of [null, "[]", "1", '{"roles":"approver"}']) expect(rolesIn(nothing)).toEqual([]);
});

test("it holds no longer than its giver may approve and whoever has it may sign in", () => {
  expect(standingsOf([row], { people: ben("viewer"), active })).toEqual([]);
  expect(standingsOf([row], { people: [], active })).toEqual([]);
  expect(standingsOf([row], { people: ben("approver"), active: new Set() })).toEqual([]);
});

test("what somebody was lent they do not lend on", () => {
  const on = { id: "dlg_2" as DelegationId, from_id: row.to_id, to_id: "usr_vera" as SubjectId, roles: ["approver"] };
  const people = [...ben("approver"), { id: row.to_id, roles: ["analyst" as const] }];
  const held = standingsOf([row, on], { people, active: new Set<string>([row.to_id, on.to_id]) });
  expect(held.map(({ id }) => id)).toEqual([row.id]);
});
