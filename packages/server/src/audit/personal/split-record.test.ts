import { commitTo } from "@tyr/ledger";
import { describe, expect, test } from "vitest";
import type { AuditRecord } from "#platform/database";
import { splitRecord } from "./split-record.ts";

const record: AuditRecord = {
  v: 1,
  id: "aud_1",
  at: "2026-11-02T08:00:00.000Z",
  type: "session.created",
  actor: { kind: "person", id: "usr_1", name: "CANARY-ada" },
  object: { kind: "session", id: "ssn_1" },
  outcome: "success",
  before: null,
  after: null,
  requestId: "r",
  origin: { client: "browser", address: "203.0.113.99" },
  details: { factor: "password", address: "203.0.113.99" },
};

describe("an entry on its way into the log", () => {
  test("leaves names and addresses of people behind commitments, each with a salt of its own", () => {
    const { logged, values } = splitRecord(record);
    expect(logged).toMatchObject({ v: 2, actor: { kind: "person", id: "usr_1" }, details: { factor: "password" } });
    expect(JSON.stringify(logged)).not.toMatch(/CANARY|203\.0\.113/);
    expect(values).toMatchObject([
      { entryId: "aud_1", field: "actor.name", subject: "usr_1", value: "CANARY-ada" },
      { entryId: "aud_1", field: "origin.address", subject: "usr_1", value: "203.0.113.99" },
      { entryId: "aud_1", field: "details.address", subject: "usr_1", value: "203.0.113.99" },
    ]);
    for (const { field, salt, value } of values) expect(logged.personal?.[field]).toBe(commitTo(salt, value));
    const again = splitRecord(record).logged.personal;
    expect(again?.["details.address"]).not.toBe(logged.personal?.["details.address"]);
  });

  test("takes a field that nobody declared for personal", () => {
    const { logged, values } = splitRecord({ ...record, details: { surprise: { mail: "ada@example.org" } } });
    expect(logged.details).toEqual({});
    expect(values.map((one) => one.field)).toEqual(["actor.name", "origin.address", "details.surprise"]);
  });

  test("of nobody we know belongs to the account it was about, else to the value itself", () => {
    const actor = { kind: "anonymous", id: "anonymous", name: "anonymous" } as const;
    const refused = { ...record, type: "session.refused", actor, details: { address: "203.0.113.99" } } as const;
    const about = (id: string) => splitRecord({ ...refused, object: { kind: "subject", id } }).values[0]?.subject;
    expect(about("usr_7")).toBe("usr_7");
    expect(about("unknown")).toBe("value:203.0.113.99");
  });

  test("keeps what services are called, and has nothing personal then", () => {
    const actor = { kind: "sensor", id: "snr_1", name: "web-1" } as const;
    const batch = { ...record, type: "event.stored", actor, details: { stored: 7 } } as const;
    const { logged, values } = splitRecord({ ...batch, origin: { client: "sensor", address: null } });
    expect(logged).toEqual({ ...batch, v: 2, origin: { client: "sensor", address: null } });
    expect(values).toEqual([]);
  });

  test("hides a place that stands where a state usually does", () => {
    const { logged } = splitRecord({
      ...record,
      type: "key.used_elsewhere",
      before: "203.0.113.1",
      after: "203.0.113.2",
    });
    expect(logged).toMatchObject({ before: null, after: null });
    expect(Object.keys(logged.personal ?? {})).toEqual(expect.arrayContaining(["before", "after"]));
  });
});
