import type { SensorId } from "@tyr/contract";
import { describe, expect, test } from "vitest";
import { byWhom, handoffsOf, linkOperators, staysOf, type Operator } from "./campaign-link.ts";

const HOUR = 3_600_000;
const at = (phase: string, hour: number, sensor = "one") => ({
  phase,
  sensorId: `snr_${sensor}` as SensorId,
  firstMs: hour * HOUR,
  lastMs: hour * HOUR,
});
const operator = (id: string, more: Partial<Operator> = {}): Operator => ({
  id,
  payloads: new Set(),
  c2: new Set(),
  firstMs: 0,
  lastMs: 0,
  phases: [],
  asns: new Set(),
  tools: new Set(),
  sensors: new Set(),
  ...more,
});
const giver = operator("giver", { phases: [at("credential_access", 1), at("persistence", 2)] });
const taker = operator("taker", {
  phases: [at("delivery", 9), at("discovery", 10)],
  firstMs: 9 * HOUR,
  lastMs: 10 * HOUR,
});
const handoffs = (...all: Operator[]) => byWhom(handoffsOf(all.flatMap(staysOf)));

describe("whether two identities act together", () => {
  test("one leaves a sensor under control, the other takes it up: clears the threshold", () => {
    expect(linkOperators(giver, taker, handoffs(giver, taker))?.weight).toBe(1);
  });

  test.each([
    ["a day and an hour later", { ...taker, phases: [at("discovery", 27)] }],
    ["before", { ...taker, phases: [at("discovery", 1)] }],
    ["at another sensor", { ...taker, phases: [at("discovery", 10, "two")] }],
    ["after guessing passwords there itself", { ...taker, phases: [at("credential_access", 9), at("discovery", 10)] }],
  ])("not where it is taken up %s", (_, other) => {
    expect(linkOperators(giver, other, handoffs(giver, other))).toBeUndefined();
  });

  test("where several may have handed over, nobody is said to have", () => {
    const stranger = operator("stranger", { phases: [at("command_and_control", 3)] });
    expect(linkOperators(giver, taker, handoffs(giver, taker, stranger))).toBeUndefined();
  });

  test("all files and hosts in common say so, some only beside time and tools", () => {
    const files = (...names: string[]) => ({ payloads: new Set(names), firstMs: 0, lastMs: 10 * HOUR });
    expect(
      linkOperators(operator("a", files("p")), operator("b", files("p")), byWhom([]))?.weight,
    ).toBeGreaterThanOrEqual(1);
    expect(linkOperators(operator("a", files("p", "q", "r")), operator("b", files("p")), byWhom([]))).toBeUndefined();
    const kin = { tools: new Set(["t"]), asns: new Set(["AS1"]) };
    const [a, b] = [operator("a", { ...files("p", "q"), ...kin }), operator("b", { ...files("p"), ...kin })];
    expect(linkOperators(a, b, byWhom([]))?.weight).toBe(1);
  });

  test("the same sensors and the same hours alone say nothing: everybody meets at few decoys", () => {
    const there = { sensors: new Set(["s"]), asns: new Set(["AS1"]), tools: new Set(["t"]), lastMs: 9 * HOUR };
    expect(linkOperators(operator("a", there), operator("b", there), byWhom([]))).toBeUndefined();
  });
});
