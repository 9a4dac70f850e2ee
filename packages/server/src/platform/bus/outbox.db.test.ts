import { describe, expect, test } from "vitest";
import { openTestDatabase, TEST_ENGINES } from "#platform/testing";
import type { Database } from "#platform/database";
import {
  cursorOf,
  enqueue,
  isOfFamily,
  moveCursor,
  type NewMessage,
  readMessages,
  type SessionEnded,
} from "./index.ts";
import { MESSAGES_KEPT_MS } from "./keep-messages.ts";
import { forgetMessages } from "./outbox.ts";

const now = new Date("2026-11-22T12:00:00Z");
const patterns = ["attacker.session.ended"];

function ended(session: string, command = "id"): NewMessage<"attacker.session.ended"> {
  const payload: SessionEnded = {
    event_id: "evt_1",
    session_id: session,
    observation_id: "atk_1",
    attacker_ip: "203.0.113.7",
    sensor_id: "snr_1",
    service: "ssh",
    ended_at: now.toISOString(),
    duration_s: 1.5,
    commands: [{ id: `${session}#0`, event_id: "evt_2", command_text: command, ts: now.toISOString() }],
    command_count: 1,
  };
  return { family: "attacker.session.ended", segments: [], payload };
}

async function send(db: Database, messages: readonly NewMessage[], at = now) {
  return await db.bookkeep("counters", async (tx) => await enqueue(tx, messages, at));
}

/** Reads one batch and, unless it is killed before, keeps its place. */
async function readOnce(db: Database, consumer: string, { killed = false } = {}): Promise<readonly string[]> {
  const after = await cursorOf(db.read, consumer);
  const read = await readMessages(db.read, { after, limit: 2, patterns });
  if (!killed)
    await db.bookkeep("cursor", async (tx) => await moveCursor(tx, { consumer, position: read.position, now }));
  return read.messages.flatMap((one) => (isOfFamily(one, "attacker.session.ended") ? [one.payload.session_id] : []));
}

describe.each(TEST_ENGINES)("durable messages on %s", (engine) => {
  test("arrive at least once, in the order they were sent, and only with the change they tell of", async () => {
    await using database = await openTestDatabase(engine);
    const { db } = database;
    await send(db, [ended("s1"), ended("s2")]);
    const failing = db.bookkeep("counters", async (tx) => {
      await enqueue(tx, [ended("never")], now);
      throw new Error("the change was rolled back");
    });
    await expect(failing).rejects.toThrow("rolled back");
    await send(db, [
      {
        family: "ttp.rule.state.*",
        segments: ["rule-1"],
        payload: { rule_id: "rule-1", state: "muted", confidence_max: null, expires_at: null, set_by: "usr_1" },
      },
      ended("s3"),
    ]);

    // Killed between reading and keeping its place: it sees the same again.
    expect(await readOnce(db, "reader", { killed: true })).toEqual(["s1", "s2"]);
    expect(await readOnce(db, "reader")).toEqual(["s1", "s2"]);
    expect(await readOnce(db, "reader")).toEqual(["s3"]);
    expect(await readOnce(db, "reader")).toEqual([]);
    expect(await readOnce(db, "another")).toEqual(["s1", "s2"]);
  });

  test("hold what an attacker typed, whatever bytes those are", async () => {
    await using database = await openTestDatabase(engine);
    const [sent] = await send(database.db, [ended("s1", "echo \0\ud800")]);
    const { messages } = await readMessages(database.db.read, { after: 0, limit: 10, patterns: [">"] });
    expect(messages).toHaveLength(1);
    const [got] = messages;
    expect(got).toMatchObject({ v: 1, id: sent?.id, topic: "attacker.session.ended", ts: now.getTime() / 1_000 });
    expect(JSON.stringify(got?.payload)).toContain("echo \uFFFD\uFFFD");
  });

  test("are kept for a week, and a reader that stayed away longer learns how many it missed", async () => {
    await using database = await openTestDatabase(engine);
    const { db } = database;
    await send(db, [ended("old"), ended("older")], new Date(now.getTime() - MESSAGES_KEPT_MS - 1));
    await send(db, [ended("new")]);
    const before = new Date(now.getTime() - MESSAGES_KEPT_MS);
    expect(await db.bookkeep("counters", async (tx) => await forgetMessages(tx, before))).toBe(2);
    const read = await readMessages(db.read, { after: 0, limit: 10, patterns });
    expect([read.messages.length, read.position, read.missed]).toEqual([1, 3, 2]);
    // And once none is left, the reader is at the end and not before it for ever.
    const later = new Date(now.getTime() + 1);
    expect(await db.bookkeep("counters", async (tx) => await forgetMessages(tx, later))).toBe(1);
    const none = await readMessages(db.read, { after: 1, limit: 10, patterns });
    expect([none.messages.length, none.position, none.missed]).toEqual([0, 3, 2]);
    expect(await readMessages(db.read, { after: 3, limit: 10, patterns })).toMatchObject({ position: 3, missed: 0 });
  });

  test("and all else a consumer reads are taken once: a cursor another process moved is not moved by this one", async () => {
    await using database = await openTestDatabase(engine);
    const { db } = database;
    const move = async (position: number, from?: number) =>
      await db.bookkeep(
        "cursor",
        async (tx) =>
          await moveCursor(tx, { consumer: "reader", position, now, ...(from === undefined ? {} : { from }) }),
      );
    await move(10, 0);
    await expect(move(15, 5)).rejects.toThrow("not where this process left it");
    await expect(move(9)).rejects.toThrow("not where this process left it");
    expect(await cursorOf(db.read, "reader")).toBe(10);
    await move(20, 10);
    await move(20);
    expect(await cursorOf(db.read, "reader")).toBe(20);
  });
});
