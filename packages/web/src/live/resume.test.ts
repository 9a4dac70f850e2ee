import type { LiveMessage } from "@tyr/contract";
import { expect, test } from "vitest";
import { backoffMs, HELD_MAX, idle, liveUrl, SHOWN_MAX, step, type LiveState } from "./resume.ts";

const entry = (seq: number): LiveMessage => ({
  type: "message",
  seq,
  topic: "event.stored",
  at: "2026-02-01T14:17:31.000Z",
  data: { count: 1, head: String(seq) },
});
const hello = (boot: string, seq: number): LiveMessage => ({ type: "hello", boot, seq });
const receive = (state: LiveState, ...messages: LiveMessage[]): LiveState => step(state, { do: "receive", messages });
const seqs = (state: LiveState): number[] => state.shown.map((message) => message.seq);

test("a first connection starts at the server's place and loses nothing", () => {
  const state = receive(idle, hello("a", 40), entry(41), entry(42));
  expect(seqs(state)).toEqual([42, 41]);
  expect(state).toMatchObject({ boot: "a", seq: 42, losses: 0, connection: { state: "live" } });
});

test("a reconnect asks for what came after the last message", () => {
  const state = receive(idle, hello("a", 40), entry(41));
  expect(liveUrl("https://tyr.example", state)).toBe("wss://tyr.example/api/v1/live?boot=a&after=41");
  expect(liveUrl("http://127.0.0.1:8970", idle)).toBe("ws://127.0.0.1:8970/api/v1/live");
});

test("after a reconnect the missed messages come once, although the hello names a later place", () => {
  const before = receive(idle, hello("a", 40), entry(41));
  const after = receive(before, hello("a", 43), entry(41), entry(42), entry(43));
  expect(seqs(after)).toEqual([43, 42, 41]);
  expect(after.losses).toBe(0);
});

test("a restarted server, a reset and a hole each count as a loss, so that everything is read again", () => {
  const state = receive(idle, hello("a", 40), entry(41));
  expect(receive(state, hello("b", 0), entry(1))).toMatchObject({ boot: "b", seq: 1, losses: 1 });
  const reset: LiveMessage = { type: "reset", boot: "a", seq: 900, reason: "too-far-behind" };
  expect(receive(state, reset, entry(901))).toMatchObject({ seq: 901, losses: 1 });
  expect(receive(state, entry(44))).toMatchObject({ seq: 44, losses: 1 });
});

test("while paused nothing moves, what is new is counted, and showing it keeps the order", () => {
  const paused = step(receive(idle, hello("a", 0), entry(1)), { do: "pause", paused: true });
  const more = receive(paused, entry(2), entry(3));
  expect(seqs(more)).toEqual([1]);
  expect(more.held).toHaveLength(2);
  const shown = step(more, { do: "show-held" });
  expect(seqs(shown)).toEqual([3, 2, 1]);
  expect(shown.paused).toBe(true);
  expect(seqs(step(more, { do: "pause", paused: false }))).toEqual([3, 2, 1]);
});

test("a flood stays within bounds and says how many lines it let go", () => {
  const flood = Array.from({ length: HELD_MAX + 20 }, (_, index) => entry(index + 1));
  expect(receive(idle, hello("a", 0), ...flood).shown).toHaveLength(SHOWN_MAX);
  const paused = step(receive(idle, hello("a", 0)), { do: "pause", paused: true });
  expect(receive(paused, ...flood)).toMatchObject({ heldDropped: 20 });
});

test("retries back off up to half a minute and start over after success", () => {
  expect([0, 1, 2, 3, 4, 5, 50].map((attempt) => backoffMs(attempt, 1))).toEqual([
    500, 1000, 2000, 5000, 10_000, 30_000, 30_000,
  ]);
  expect(backoffMs(5, 0)).toBe(15_000);
  const once = step(idle, { do: "disconnect", nowMs: 1000, jitter: 1 });
  expect(once.connection).toEqual({ state: "waiting", retryAt: 1500 });
  expect(step(once, { do: "disconnect", nowMs: 2000, jitter: 1 }).connection).toEqual({
    state: "waiting",
    retryAt: 3000,
  });
  expect(receive(once, hello("a", 0)).attempt).toBe(0);
});
