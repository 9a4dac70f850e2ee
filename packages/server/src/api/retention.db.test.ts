import { sql } from "kysely";
import { describe, expect, test } from "vitest";
import { createRetention, retainedPersonal, type Retention } from "#audit";
import { retainedAttackers } from "#actors";
import { retainedEvents, retainedQuarantine } from "#collect";
import { retainedDetections } from "#detect";
import { belongsToIncident, openEvidence, retainedIncidents } from "#escalate";
import { retainedSessions } from "#identity";
import { fixedClock } from "#platform/clock";
import type { WriteTransaction } from "#platform/database";
import { newId } from "#platform/ids";
import { silentLogger } from "#platform/log";
import { openTestDatabase, TEST_ENGINES } from "#platform/testing";

const SENSOR = "01890000-0000-7000-8000-00000000000a";
const HELD = "203.0.113.7";
const eventId = (number: number): string => `01890000-0000-7000-8000-${String(number).padStart(12, "0")}`;
const order = { actor: { kind: "person", id: "usr_1", name: "odin" }, requestId: "r", reason: "quarterly" } as const;

async function plantEvent(
  tx: WriteTransaction,
  { number, days, address = "198.51.100.9" }: Readonly<{ number: number; days: number; address?: string }>,
): Promise<void> {
  await sql`insert into event (position, id, time, observed_at, sensor_id, kind, src_ip, action, outcome, severity,
      logsource, ecs, raw, late, seq)
    values (${number}, ${eventId(number)}, '2026-11-01T00:00:00Z', timestamptz '2026-11-02T08:00:00Z' - make_interval(days => ${days}::int4),
      ${SENSOR}, 'web', ${address}::inet, 'get', 'success', 'low', '{}', '{}', 'raw', false, ${number})`.execute(tx);
}

/** Ten old events and one of yesterday; the third is held, the fourth evidence, the tenth not evaluated. */
async function plant(tx: WriteTransaction): Promise<void> {
  for (let number = 1; number <= 10; number += 1)
    await plantEvent(tx, { number, days: 40, ...(number === 3 ? { address: HELD } : {}) });
  await plantEvent(tx, { number: 11, days: 1 });
  await sql`insert into consumer_cursor (consumer, position, updated_at) values ('detect', 9, now())`.execute(tx);
  for (const [id, state, number] of [
    ["inc_1", "investigating", 4],
    ["inc_2", "closed", 5],
  ] as const) {
    await sql`insert into incident (id, position, key, title, state, severity, category, priority, escalated, risk,
        contributions, techniques, tactics, sensors, detection_count, first_event_at, last_event_at, opened_at, updated_at)
      values (${id}, ${number}, 'k', 't', ${state}, 'low', 'c', 1, false, 1, '[]', '{}', '{}', '{}', 1, now(), now(), now(), now())`.execute(
      tx,
    );
    await sql`insert into incident_event (incident_id, event_id) values (${id}, ${`evt_${eventId(number)}`})`.execute(
      tx,
    );
  }
  await sql`insert into sensor (id, name, kind, metadata, active, key_id, key_hash, created_at)
    values (${SENSOR}, 'web', 'web', '{}', true, 'k', 'h', now())`.execute(tx);
  for (const [number, raw] of [
    [1, "garbage"],
    [2, `garbage of ${HELD} too`],
  ] as const)
    await sql`insert into quarantine (id, sensor_id, at, reason, raw, raw_bytes)
      values (${eventId(number)}, ${SENSOR}, '2026-01-01T00:00:00Z', 'unreadable', ${Buffer.from(raw)}, 10)`.execute(
      tx,
    );
}

async function plantPersonal(tx: WriteTransaction): Promise<void> {
  await sql`insert into personal_subject (subject, created_at) values ('usr_1', now()), (${`value:${HELD}`}, now())`.execute(
    tx,
  );
  const [old, recent] = ["2026-10-26T07:59:59.999Z", "2026-10-26T08:00:00.000Z"].map((at) =>
    newId("auditEntry", new Date(at)),
  );
  for (const [id, field, subject] of [
    [old, "actor.name", "usr_1"],
    [old, "details.address", `value:${HELD}`],
    [recent, "actor.name", "usr_1"],
  ])
    await sql`insert into personal_value (entry_id, field, subject, box) values (${id}, ${field}, ${subject}, 'x')`.execute(
      tx,
    );
}

const nothing: Parameters<typeof createRetention>[0]["classes"]["audit"] = {
  look: async () => ({ due: 0, held: [] }),
  removeAll: async () => 0,
};
const CLASSES = {
  event: retainedEvents({ readUpTo: async () => 9, evidence: openEvidence }),
  detection: retainedDetections({ readUpTo: async () => 9, isPart: belongsToIncident }),
  incident: retainedIncidents({ inForce: async () => ["inc_3"] }),
  attacker: retainedAttackers,
  session: retainedSessions,
  quarantine: retainedQuarantine,
  personal: retainedPersonal,
  audit: nothing,
} as const;

/** Closed 40 days ago but the first, which is open; the fourth's attacker is held. Each has a detection of its day. */
async function plantIncidents(tx: WriteTransaction): Promise<void> {
  for (const number of [1, 2, 3, 4]) {
    const state = number === 1 ? "investigating" : "closed";
    const address = number === 4 ? HELD : "198.51.100.9";
    await sql`insert into incident (id, position, key, title, state, severity, category, priority, escalated, risk, actor_ip,
        contributions, techniques, tactics, sensors, detection_count, first_event_at, last_event_at, opened_at, updated_at, closed_at)
      values (${`inc_${number}`}, ${number}, 'k', 't', ${state}, 'low', 'c', 1, false, 1, ${address}, '[]', '{}', '{}', '{}', 1,
        now(), now(), now(), now(), case when ${state} = 'closed' then timestamptz '2026-09-23T08:00:00Z' end)`.execute(
      tx,
    );
    await sql`insert into incident_entry (id, incident_id, at, kind, actor, text)
      values (${`ent_${number}`}, ${`inc_${number}`}, now(), 'note', '{}', 'looked into')`.execute(tx);
  }
  for (const number of [1, 2, 3, 4, 5, 10]) {
    await sql`insert into detection (id, position, time, first_event_at, last_event_at, rule_id, rule_title, rule_version,
        severity, risk_points, correlation, group_key, event_ids, event_count, recorded_at)
      values (${`det_${number}`}, ${number}, now(), now(), now(), 'r', 'r', '1', 'low', 1, false, '[]', '{}', 1,
        '2026-09-23T08:00:00Z')`.execute(tx);
    await sql`insert into tag (id, detection_id, source_kind, source_id, rule_id, rule_version, technique, tactic, confidence,
        evidence, attack_domain, attack_release, observation, seen_at, created_at)
      values (${`tag_${number}`}, ${`det_${number}`}, 'rule', 's', 'r', '1', 'T1110', 'credential-access', 0.5, '[]', 'enterprise-attack', '19', 'o', now(), now())`.execute(
      tx,
    );
    if (number < 5)
      await sql`insert into incident_detection (detection_id, incident_id, position, time)
        values (${`det_${number}`}, ${`inc_${number}`}, ${number}, now())`.execute(tx);
  }
}

describe.each(TEST_ENGINES)("incidents and detections on %s", (engine) => {
  test("stay while somebody works on them, a hold names them or an action rests on them, and go together otherwise", async () => {
    const clock = fixedClock("2026-11-02T08:00:00.000Z");
    await using opened = await openTestDatabase(engine, clock);
    const { db } = opened;
    await db.bookkeep("counters", plantIncidents);
    const retention = createRetention({
      database: db,
      clock,
      log: silentLogger,
      keepDays: { incident: 30, detection: 30 },
      heldSubjects: async () => [`value:${HELD}`],
      classes: CLASSES,
    });
    expect((await retention.run(order)).items).toMatchObject([
      {
        class: "incident",
        due: 3,
        removed: 1,
        held: [
          { why: "legal hold", records: 1 },
          { why: "action in force", records: 1 },
        ],
      },
      {
        class: "detection",
        due: 6,
        removed: 2,
        held: [
          { why: "part of an incident that is kept", records: 3 },
          { why: "not evaluated yet", records: 1 },
        ],
      },
    ]);
    const incidents = await db.read.selectFrom("incident").select("id").orderBy("id").execute();
    expect(incidents.map((row) => row.id)).toEqual(["inc_1", "inc_3", "inc_4"]);
    const detections = await db.read.selectFrom("detection").select("id").orderBy("position").execute();
    expect(detections.map((row) => row.id)).toEqual(["det_1", "det_3", "det_4", "det_10"]);
  });

  test("sessions and known browsers that ended go, those of somebody under a hold stay", async () => {
    const clock = fixedClock("2026-11-02T08:00:00.000Z");
    await using opened = await openTestDatabase(engine, clock);
    const { db } = opened;
    await db.bookkeep("counters", async (tx) => {
      for (const id of ["usr_1", "usr_2"])
        await sql`insert into subject (id, name, name_key, password, roles, active, created_at)
          values (${id}, ${id}, ${id}, '', '[]', true, now())`.execute(tx);
      for (const [id, subject, ended] of [
        ["ssn_1", "usr_1", "2026-09-01T00:00:00Z"],
        ["ssn_2", "usr_2", "2026-09-01T00:00:00Z"],
        ["ssn_3", "usr_1", "2026-11-02T20:00:00Z"],
      ] as const) {
        await sql`insert into session (id, token_hash, subject_id, created_at, proved_at, last_seen_at, expires_at)
          values (${id}, ${Buffer.from(id)}, ${subject}, now(), now(), now(), ${ended})`.execute(tx);
        await sql`insert into known_device (device_hash, subject_id, expires_at)
          values (${Buffer.from(id)}, ${subject}, ${ended})`.execute(tx);
      }
    });
    const retention = createRetention({
      database: db,
      clock,
      log: silentLogger,
      keepDays: { session: 30 },
      heldSubjects: async () => ["usr_2"],
      classes: CLASSES,
    });
    expect((await retention.run(order)).items).toMatchObject([
      { class: "session", due: 4, removed: 2, held: [{ why: "legal hold", records: 2 }] },
    ]);
    const left = await db.read.selectFrom("session").select("id").orderBy("id").execute();
    expect(left.map((row) => row.id)).toEqual(["ssn_2", "ssn_3"]);
  });
});

async function reportsOf(retention: Retention) {
  return (await retention.runs({ before: undefined, limit: 10 })).rows;
}

describe.each(TEST_ENGINES)("retention on %s", (engine) => {
  test("removes what is due, holds what somebody needs and says why; a report before it changes nothing", async () => {
    const clock = fixedClock("2026-11-02T08:00:00.000Z");
    await using opened = await openTestDatabase(engine, clock);
    const { db } = opened;
    await db.bookkeep("counters", async (tx) => {
      await plant(tx);
      await plantPersonal(tx);
    });
    const retention = createRetention({
      database: db,
      clock,
      log: silentLogger,
      keepDays: { event: 30, quarantine: 30, personal: 7 },
      heldSubjects: async () => [`value:${HELD}`],
      classes: CLASSES,
    });
    const due = [
      {
        class: "event",
        keepDays: 30,
        cutoff: "2026-10-03T08:00:00.000Z",
        due: 10,
        held: [
          { why: "legal hold", records: 1 },
          { why: "open incident", records: 1 },
          { why: "not evaluated yet", records: 1 },
        ],
      },
      { class: "quarantine", due: 2, held: [{ why: "legal hold", records: 1 }] },
      { class: "personal", due: 2, held: [{ why: "legal hold", records: 1 }] },
    ];
    const without = due.map((line) => ({ ...line, removed: 0 }));
    expect(await retention.report()).toMatchObject({ dryRun: true, items: without });
    expect(await opened.records()).toEqual([]);

    const done = await retention.run(order);
    expect(done.dryRun).toBe(false);
    expect(done.items.map((line) => line.removed)).toEqual([7, 1, 1]);
    const left = await db.read.selectFrom("event").select("position").orderBy("position").execute();
    expect(left.map((row) => row.position)).toEqual([3, 4, 10, 11]);
    expect(await db.read.selectFrom("quarantine").select("id").execute()).toEqual([{ id: eventId(2) }]);
    const values = await db.read.selectFrom("personal_value").select("field").orderBy("field").execute();
    expect(values.map((row) => row.field)).toEqual(["actor.name", "details.address"]);
    const log = await opened.records();
    expect(log.map(({ type, object, details }) => [type, object.id, details["removed"]])).toEqual([
      ["retention.removed", "event", 7],
      ["retention.removed", "quarantine", 1],
      ["retention.removed", "personal", 1],
      ["retention.ran", expect.stringMatching(/^ret_/), 9],
    ]);
    expect(await reportsOf(retention)).toMatchObject([
      { by: { kind: "person", id: "usr_1" }, reason: "quarterly", failed: null, items: done.items },
    ]);
    expect(log[0]).toMatchObject({ actor: order.actor, details: { reason: "quarterly", held: due[0]?.held } });

    expect((await retention.run(order)).items.map((line) => line.removed)).toEqual([0, 0, 0]);
    expect((await opened.records()).map((one) => one.type).slice(4)).toEqual(["retention.ran"]);
  });

  test("without a time for any class removes nothing", async () => {
    await using opened = await openTestDatabase(engine);
    const clock = fixedClock("2026-11-02T08:00:00.000Z");
    await opened.db.bookkeep("counters", plant);
    const keepNothing = { database: opened.db, clock, log: silentLogger, keepDays: {}, classes: CLASSES };
    const retention = createRetention({ ...keepNothing, heldSubjects: async () => [] });
    expect(await retention.run(order)).toMatchObject({ dryRun: false, items: [], nextRunAt: null });
    expect(await opened.db.read.selectFrom("event").select("id").execute()).toHaveLength(11);
  });
});
