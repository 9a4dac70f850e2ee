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
  rhythms: new Set(),
  ...more,
});
const giver = operator("giver", { phases: [at("credential_access", 1), at("persistence", 2)] });
const taker = operator("taker", {
  phases: [at("delivery", 9), at("discovery", 10)],
  firstMs: 9 * HOUR,
  lastMs: 10 * HOUR,
});
const handoffs = (...all: Operator[]) => ({ handoffs: byWhom(handoffsOf(all.flatMap(staysOf))), near: new Map() });
const nothing = handoffs();

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
    expect(linkOperators(operator("a", files("p")), operator("b", files("p")), nothing)?.weight).toBeGreaterThanOrEqual(
      1,
    );
    expect(linkOperators(operator("a", files("p", "q", "r")), operator("b", files("p")), nothing)).toBeUndefined();
    const kin = { tools: new Set(["t"]), asns: new Set(["AS1"]) };
    const [a, b] = [operator("a", { ...files("p", "q"), ...kin }), operator("b", { ...files("p"), ...kin })];
    expect(linkOperators(a, b, nothing)?.weight).toBe(1);
  });

  test("the same sensors and the same hours alone say nothing: everybody meets at few decoys", () => {
    const there = { sensors: new Set(["s"]), asns: new Set(["AS1"]), tools: new Set(["t"]), lastMs: 9 * HOUR };
    expect(linkOperators(operator("a", there), operator("b", there), nothing)).toBeUndefined();
  });

  describe("type alike", () => {
    const [rhythm, like, other] = ["00000000000000ff", "000000000000007f", "ffffffff00000000"];
    const typing = (id: string, hash: string, more: Partial<Operator> = {}) =>
      operator(id, { rhythms: new Set([hash]), lastMs: 9 * HOUR, asns: new Set(["AS1"]), ...more });
    const among = (addresses: number) => ({
      handoffs: byWhom([]),
      near: new Map(
        [rhythm, like].map((one) => [one, new Set(Array.from({ length: addresses }, (_none, at) => `${at}`))]),
      ),
    });
    const atOnce = { sensors: new Set(["s"]) };
    const [a, b] = [typing("a", rhythm, atOnce), typing("b", like, atOnce)];

    test("for ten minutes each, not quite at once, with one tool among many: that says too little as well", () => {
      const MINUTE = HOUR / 60;
      const short = (from: number, tool: string) => ({
        firstMs: from,
        lastMs: from + 10 * MINUTE,
        asns: new Set<string>(),
        tools: new Set(["t", tool]),
      });
      const first = typing("a", rhythm, short(0, "u"));
      const second = typing("b", like, short(2 * MINUTE, "v"));
      expect(linkOperators(first, second, among(2))).toBeUndefined();
    });

    test("and work at the same time with the same means: they act together", () => {
      const link = linkOperators(a, b, among(2));
      expect(link?.reasons.map(({ kind, weight }) => [kind, weight])).toEqual([
        ["keystrokes", 0.6],
        ["overlap", 0.4],
        ["cohort", 0.1],
      ]);
    });

    test.each([
      ["but at other times", typing("b", like, { firstMs: 20 * HOUR, lastMs: 29 * HOUR }), 2],
      ["but with nothing else in common", typing("b", like, { asns: new Set(["AS2"]) }), 2],
      ["and meet at a decoy for ten minutes", typing("b", like, { ...atOnce, asns: new Set(["AS2"]) }), 2],
      ["as nine addresses do", b, 9],
      ["as a crowd does", b, 33],
      ["hardly: eight bits differ", typing("b", "0000000000000000"), 2],
      ["not at all", typing("b", other), 2],
    ])("%s: that says too little", (_, second, addresses) => {
      expect(linkOperators(a, second, among(addresses))).toBeUndefined();
    });
  });
});
