import type { LiveData } from "@tyr/contract";
import { systemClock } from "#platform/clock";
import { expect, test } from "vitest";
import { createBus } from "./index.ts";

const sensor = (n: number): LiveData["sensor.changed"] => ({ id: `snr_${n}` as const });
const block: LiveData["block.changed"] = { id: "blk_1", state: "active", value: "192.0.2.7/32" };

test("a client that comes back gets exactly what it missed", () => {
  const bus = createBus(systemClock);
  for (let n = 1; n <= 5; n++) bus.publish("sensor.changed", sensor(n));
  expect(bus.since(3)?.map((message) => message.data)).toEqual([sensor(4), sensor(5)]);
  expect(bus.since(5)).toEqual([]);
});

test("a client that is too far behind, or from another boot's numbers, is told to read again", () => {
  const bus = createBus(systemClock);
  for (let n = 1; n <= 2_100; n++) bus.publish("sensor.changed", sensor(n));
  expect(bus.since(10)).toBeUndefined();
  expect(bus.since(5_000)).toBeUndefined();
  expect(bus.since(2_000)).toHaveLength(100);
});

test("whoever unsubscribed hears nothing more", () => {
  const bus = createBus(systemClock);
  const heard: number[] = [];
  const stop = bus.subscribe((message) => void heard.push(message.seq));
  bus.publish("block.changed", block);
  stop();
  bus.publish("block.changed", block);
  expect(heard).toEqual([1]);
});
