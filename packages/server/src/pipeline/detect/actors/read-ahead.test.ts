import type { EventId } from "@tyr/contract";
import { describe, expect, test } from "vitest";
import type { StreamEvent } from "#collect";
import { ReadAhead } from "./read-ahead.ts";
import { testHash } from "./testing/pure-ladder.ts";

/** Of a stream, every third event tells of no address. */
function event(position: number): StreamEvent {
  const time = new Date(position * 1_000);
  return {
    id: `evt_${position}` as EventId,
    position,
    time,
    observedAt: time,
    sensorId: "snr_1",
    kind: "session",
    src: position % 3 === 0 ? null : { ip: `192.0.2.${position % 7}`, port: 1 },
    user: null,
    logsource: {},
    fields: {},
    ecs: {},
    raw: "",
    rawRef: null,
  };
}

function streamOf(length: number) {
  const asked: number[] = [];
  const stream = { length, asked };
  const read = async (position: number, limit: number): Promise<readonly StreamEvent[]> => {
    asked.push(position);
    const count = Math.max(0, Math.min(limit, stream.length - position));
    return await Promise.resolve(Array.from({ length: count }, (_, index) => event(position + index + 1)));
  };
  return { stream, ahead: new ReadAhead({ keyed: testHash, read, batchMax: 10 }) };
}

async function all(ahead: ReadAhead, from: number, limit: number): Promise<readonly number[]> {
  const positions: number[] = [];
  for (let at = from; ;) {
    const { told, upTo, isEnd } = await ahead.after(at, limit);
    positions.push(...told.map(({ position }) => position));
    at = upTo;
    if (isEnd) return positions;
  }
}

const telling = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => from + index + 1).filter((position) => position % 3 !== 0);

describe("reading ahead", () => {
  test.each([1, 4, 100])("gives what events tell once and in order, %d at a time", async (limit) => {
    const { ahead } = streamOf(47);
    expect(await all(ahead, 0, limit)).toEqual(telling(0, 47));
    expect((await ahead.after(47, limit)).isEnd).toBe(true);
  });

  test("reads nothing twice that it was given time to read", async () => {
    const { stream, ahead } = streamOf(25);
    await ahead.pull();
    expect(stream.asked).toEqual([0, 10, 20]);
    stream.length = 30;
    await ahead.pull();
    expect(await all(ahead, 0, 100)).toEqual(telling(0, 30));
    ahead.forget(30);
    expect(stream.asked.filter((position) => position < 25)).toEqual([0, 10, 20]);
  });

  test("begins again where the cursor is, if that is not where it thought", async () => {
    const { ahead } = streamOf(40);
    expect(await all(ahead, 0, 7)).toEqual(telling(0, 40));
    expect(await all(ahead, 0, 7)).toEqual(telling(0, 40));
    ahead.forget(35);
    expect(await all(ahead, 12, 7)).toEqual(telling(12, 40));
    expect(await all(ahead, 39, 7)).toEqual([40]);
  });

  test("holds so much and no more, however much there is", async () => {
    const { stream, ahead } = streamOf(1_000_000);
    await ahead.pull();
    await ahead.pull();
    expect(stream.asked.length).toBeLessThan(3_100);
    expect((await ahead.after(0, 5)).told.map(({ position }) => position)).toEqual([1, 2, 4, 5, 7]);
  });
});
