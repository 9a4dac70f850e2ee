import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AuditEvent, AuditSearchQuery } from "@tyr/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createAudit, type Audit } from "#audit";
import type { Clock } from "#platform/clock";
import type { Database, Fact } from "#platform/database";
import { silentLogger } from "#platform/log";
import { openTestDatabase, TEST_ENGINES } from "#platform/testing";

const ada = { kind: "person", id: "usr_ada", name: "ada" } as const;
const loki = { kind: "person", id: "usr_loki", name: "loki" } as const;
const nobody = { kind: "anonymous", id: "anonymous", name: "anonymous" } as const;

function fact(type: AuditEvent, more: Partial<Fact> = {}): Fact {
  return { type, actor: ada, object: { kind: "incident", id: "inc_1" }, ...more };
}

/** One log for all tests of an engine: what was done when, by whom. Times are UTC. */
const STORY: readonly (readonly [string, Fact])[] = [
  ["2026-03-01T09:00:00Z", fact("session.created", { object: { kind: "session", id: "ssn_1" } })],
  ["2026-03-01T09:05:00Z", fact("policy.activated", { requestId: "req-a" })],
  ["2026-03-09T10:00:00Z", fact("policy.activated", { requestId: "req-b" })],
  ["2026-03-09T23:30:00Z", fact("mode.changed", { requestId: "req-c", before: "normal", after: "lockdown" })],
  ["2026-03-10T05:59:59Z", fact("allow.added", { actor: loki, details: { reason: '100% «Ünsinn» \\ "x" \n_' } })],
  ...Array.from({ length: 6 }, (_, at): readonly [string, Fact] => [
    `2026-03-10T12:0${at}:00Z`,
    fact("session.refused", { actor: nobody, outcome: "refused", object: { kind: "account", id: "a" } }),
  ]),
  ["2026-03-10T12:30:00Z", fact("session.refused", { actor: nobody, outcome: "refused" })],
  ["2026-03-10T13:00:00Z", fact("action.failed", { outcome: "failure", object: { kind: "action", id: "act_9" } })],
  ["2026-03-10T14:00:00Z", fact("mode.changed", { actor: loki, outcome: "refused", requestId: "req-c" })],
];

describe.each(TEST_ENGINES)("searching the audit log on %s", (engine) => {
  let db: Database;
  let audit: Audit;
  let close: () => Promise<void>;
  let now = "2026-03-01T00:00:00Z";
  const clock: Clock = { now: () => new Date(now) };
  const folder = mkdtempSync(join(tmpdir(), "tyr-search-"));

  beforeAll(async () => {
    const opened = await openTestDatabase(engine, clock);
    db = opened.db;
    close = async () => await opened[Symbol.asyncDispose]();
    audit = await createAudit({ database: db, clock, log: silentLogger, dataDir: folder });
    for (const [at, one] of STORY) {
      now = at;
      await db.audited(one, async () => undefined);
      await audit.settle();
    }
  });
  afterAll(async () => {
    await close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function found(query: AuditSearchQuery): Promise<number[]> {
    return ((await audit.search(query))?.items ?? []).map((entry) => entry.index).toReversed();
  }

  test("finds by every filter, and by several at once", async () => {
    const cases: readonly (readonly [AuditSearchQuery, number[]])[] = [
      [{ type: "policy.activated" }, [1, 2]],
      [{ userId: "usr_loki" }, [4, 13]],
      [{ objectId: "act_9" }, [12]],
      [{ outcome: "failure" }, [12]],
      [{ correlationId: "req-c" }, [3, 13]],
      [{ correlationId: "req-c", outcome: "success" }, [3]],
      [{ since: "2026-03-09T10:00:00Z", until: "2026-03-10T05:59:59Z" }, [2, 3]],
      [{ since: "2026-03-09T11:00:00+01:00", until: "2026-03-09T11:00:01+01:00" }, [2]],
      [{ eventType: "configuration_change", userId: "usr_ada" }, [1, 2, 3]],
      [{ eventType: "authentication", outcome: "success" }, [0]],
      [{ eventType: "security_event" }, [12]],
      [{ userId: "usr_" }, []],
    ];
    for (const [query, indexes] of cases)
      expect({ query, found: await found(query) }).toEqual({ query, found: indexes });
  });

  test("finds text as it was written, whatever it means to a database", async () => {
    for (const text of ["100%", "ÜNSINN", '\\ "x"', "\n_", "REASON", "reason", "usr_loki"])
      expect({ text, found: (await found({ text })).includes(4) }).toEqual({ text, found: true });
    for (const text of ["100_", "%%", "'; drop table audit_leaf; --", "reason\\", "\u202e"])
      expect({ text, found: await found({ text }) }).toEqual({ text, found: [] });
  });

  test("names what stands out: bursts, hours of the night, and what somebody did for the first time", async () => {
    const page = await audit.search({ anomaliesOnly: "true" });
    expect(page?.items.map(({ index, anomalies }) => [index, anomalies])).toEqual([
      [10, ["failure_burst"]],
      [9, ["failure_burst"]],
      [4, ["out_of_hours"]],
      [3, ["out_of_hours", "first_seen"]],
    ]);
    // Two hours east it was 01:30 and 07:59: the second is a working hour there.
    const east = await audit.search({ anomaliesOnly: "true", utcOffsetMinutes: 120 });
    expect(east?.items.map(({ index }) => index)).toEqual([10, 9, 3]);
  });

  test("pages hold still while entries arrive: nothing twice, nothing skipped", async () => {
    const seen: number[] = [];
    let after: string | undefined;
    for (let page = 0; page < 20; page += 1) {
      const answer = await audit.search({ limit: 3, until: "2026-03-11T00:00:00Z", ...(after ? { after } : {}) });
      seen.push(...(answer?.items ?? []).map((entry) => entry.index));
      now = "2026-03-10T20:00:00Z";
      await db.audited(fact("incident.noted"), async () => undefined);
      await audit.settle();
      if (answer?.next === null || answer === undefined) break;
      after = answer.next;
    }
    expect(seen.filter((index) => index < STORY.length)).toEqual(STORY.map((_, index) => index).toReversed());
    expect(new Set(seen).size).toBe(seen.length);
  });

  test("refuses a cursor that is not one of its own", async () => {
    for (const after of ["w:3", "-1", "1 or 1=1", "9".repeat(16), "", "1e3"])
      expect({ after, page: await audit.search({ after }) }).toEqual({ after, page: undefined });
  });

  test("measures a time, and every figure can be looked up by the same filter", async () => {
    now = "2026-03-11T00:00:00Z";
    const week = await audit.measure("week", 0);
    expect(week).toMatchObject({ timeframe: "week", since: "2026-03-04T00:00:00.000Z", complete: true });
    expect(week.anomalies).toEqual({ failure_burst: 2, out_of_hours: 2, credential_copied: 0, first_seen: 1 });
    const { since } = week;
    for (const { name, entries } of week.byType)
      expect([name, (await found({ since, type: name })).length]).toEqual([name, entries]);
    for (const { name, entries } of week.byActor)
      expect([name, (await found({ since, userId: name })).length]).toEqual([name, entries]);
    expect(week.byClass.reduce((sum, { entries }) => sum + entries, 0)).toBe(week.entries);
    const day = await audit.measure("day", 0);
    expect([day.entries < week.entries, day.log.size]).toEqual([true, week.log.size]);
    now = "2027-01-01T00:00:00Z";
    expect(await audit.measure("month", 0)).toMatchObject({
      entries: 0,
      countedFrom: null,
      complete: true,
      byType: [],
    });
  });

  test("looks through 10,000 entries for one page, and says where to go on", async () => {
    now = "2026-03-20T12:00:00Z";
    for (let batch = 0; batch < 11; batch += 1)
      await db.audited(
        () => Array.from({ length: 1_000 }, () => fact("incident.noted")),
        async () => undefined,
      );
    await audit.settle();
    const first = await audit.search({ text: "act_9" });
    expect([first?.items, first?.next]).toEqual([[], expect.stringMatching(/^\d+$/)]);
    expect(await audit.search({ eventType: "security_event" })).toMatchObject({ items: [], next: first?.next });
    expect(await audit.search({ anomaliesOnly: "true" })).toMatchObject({ items: [], next: first?.next });
    const second = await audit.search({ text: "act_9", after: first?.next ?? "" });
    expect([second?.items.map(({ index }) => index), second?.next]).toEqual([[12], null]);
    // What an index finds is found at once, however far down.
    expect(await found({ objectId: "act_9" })).toEqual([12]);
  });

  test("names what says that a credential was copied, whatever else it is", async () => {
    now = "2027-06-01T12:00:00Z";
    const object = { kind: "token-family", id: "tkf_1" };
    const reused = fact("token.reused", { actor: loki, object, outcome: "refused", before: "active", after: "ended" });
    const suspected = fact("passkey.suspected", { object: { kind: "passkey", id: "psk_1" } });
    for (const one of [reused, suspected]) await db.audited(one, async () => undefined);
    await audit.settle();
    const since = "2027-05-31T00:00:00Z";
    const page = await audit.search({ anomaliesOnly: "true", since });
    expect(page?.items.map(({ type, anomalies }) => [type, anomalies])).toEqual([
      ["passkey.suspected", ["credential_copied"]],
      ["token.reused", ["credential_copied"]],
    ]);
    expect((await audit.measure("day", 0)).anomalies).toMatchObject({ credential_copied: 2 });
  });
});
