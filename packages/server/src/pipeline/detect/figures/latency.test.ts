import { expect, test } from "vitest";
import type { EvaluatedEvent, Evaluator } from "../evaluate.ts";
import { createLatency, LATENCY_BOUNDS_MS } from "./latency.ts";

test("one event in sixteen is timed, each in its bucket, and findings are handed on as they are", () => {
  let ms = 0;
  const takes = [0.005, 0.03, 300];
  const found: ReturnType<Evaluator["evaluate"]> = [];
  const evaluator: Evaluator = {
    evaluate: () => {
      ms += takes[Math.floor((evaluated - 1) / 16)] ?? 0;
      return found;
    },
    takeDirtyGroups: () => ({ upserts: [], removals: [], checkpoint: "" }),
    restore: () => ({ restored: 0, refused: [] }),
    apply: () => undefined,
  };
  let evaluated = 0;
  const latency = createLatency(() => ms);
  const timed = latency.timed(evaluator);
  for (evaluated = 1; evaluated <= 48; evaluated += 1) expect(timed.evaluate({} as EvaluatedEvent)).toBe(found);
  const { counts, sumMs } = latency.report();
  expect(counts).toEqual([1, 0, 1, 0, 0, 0, 0, 0, 0, 1]);
  expect(counts).toHaveLength(LATENCY_BOUNDS_MS.length + 1);
  expect(sumMs).toBeCloseTo(300.035, 6);
});
