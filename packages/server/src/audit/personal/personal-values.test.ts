import { describe, expect, test } from "vitest";
import { systemClock } from "#platform/clock";
import type { AuditRecord } from "#platform/database";
import { createPersonalValues, type PersonalDeps } from "./personal-values.ts";

const secrets: PersonalDeps["secrets"] = {
  open: async () => undefined,
  seal: async () => undefined,
  drop: async () => false,
};
const system = { kind: "system", id: "system", name: "system" } as const;
const nowhere = { origin: { client: "system", address: null } } as const;
const record: AuditRecord = {
  v: 1,
  id: "aud_1",
  at: "2026-11-02T08:00:00.000Z",
  type: "hold.placed",
  actor: system,
  object: { kind: "subject", id: "usr_1" },
  outcome: "success",
  before: null,
  after: null,
  requestId: null,
  ...nowhere,
  details: {},
};
const surprising = { ...record, details: { reason: "why", surprise: "10.1.2.3" } };

describe("a field that nobody declared", () => {
  test("is refused while Tyr is developed: the entry, and with it the change, does not happen", () => {
    const values = createPersonalValues({ secrets, clock: systemClock });
    expect(() => values.encode(surprising)).toThrow(/hold\.placed.*details\.surprise/);
    expect(values.encode({ ...record, details: { reason: "why" } }).values).toEqual([]);
  });

  test("is sealed in production and told by its name, never by its value", () => {
    const told: unknown[] = [];
    const values = createPersonalValues({ secrets, clock: systemClock, undeclared: (...all) => told.push(all) });
    const { bytes, values: sealed } = values.encode(surprising);
    expect(Buffer.from(bytes).toString()).not.toContain("10.1.2.3");
    expect(sealed).toMatchObject([{ field: "details.surprise", value: "10.1.2.3" }]);
    expect(told).toEqual([["hold.placed", ["details.surprise"]]]);
  });
});
