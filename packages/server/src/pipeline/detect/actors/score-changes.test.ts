import { expect, test } from "vitest";
import { observationIdOf } from "#collect";
import { handOver, type InHand } from "./accumulate.ts";
import { scoreChanges } from "./score-changes.ts";

const found = (actorIp: string | null, backfill: "bfl_1" | null = null) => ({ actorIp, backfill }) as never;

/** Stands for what taking detections does: it gives each address points. */
const giving = (hand: InHand, address: string, points: number) => (): void => {
  const rule = { title: "Guessing", points, detections: 1 };
  const known = hand.observations.get(address);
  if (known !== undefined) known.points = { ...known.points, [`rule ${points}`]: rule };
};

function handWith(address: string): InHand {
  const hand = handOver([]);
  const points = {};
  hand.observations.set(address, { id: observationIdOf(address), address, points, severity: "low" } as never);
  return hand;
}

test("whose risk a batch of detections changed is told once, with what it was and what it is", () => {
  const address = "203.0.113.7";
  const hand = handWith(address);
  const first = scoreChanges(hand, [found(address), found(address), found(null)], giving(hand, address, 30));
  expect(first).toEqual([{ observationId: observationIdOf(address), address, before: 0, after: 30, severity: "low" }]);
  expect(scoreChanges(hand, [found(address)], giving(hand, address, 90))).toMatchObject([{ before: 30, after: 100 }]);
  expect(scoreChanges(hand, [found(address)], giving(hand, address, 80)), "it is 100 already").toEqual([]);
});

test("nobody is told of what a backfill found", () => {
  const address = "203.0.113.7";
  const hand = handWith(address);
  expect(scoreChanges(hand, [found(address, "bfl_1")], giving(hand, address, 30))).toEqual([]);
});
