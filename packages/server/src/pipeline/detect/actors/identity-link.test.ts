import { describe, expect, test } from "vitest";
import { linkHands, type Commonness, type Hands } from "./identity-link.ts";
import { emptyTraces, type Traces } from "./observation.ts";

const hands = (id: string, traces: Partial<Traces>, asn: string | null = null): Hands => ({
  id,
  asn,
  traces: { ...emptyTraces(), ...traces },
});
const rare: Commonness = () => 2;
const seenAt =
  (addresses: number): Commonness =>
  () =>
    addresses;
const secrets = (...names: string[]) => names.map((secret) => ({ secret, accounts: [], services: [] }));
const SAME = ["aaaaaaaaaaaa.discovery", "bbbbbbbbbbbb.persistence"];

describe("whether two addresses are the same hands", () => {
  test("one rare fingerprint, file or host says so", () => {
    for (const trace of [{ hassh: ["h"] }, { ja3: ["j"] }, { payload: ["p"] }, { c2: ["evil.example"] }])
      expect(linkHands(hands("a", trace), hands("b", trace), rare)?.weight).toBe(1);
  });

  test("everything weak together does not: one password list and one network are not one person", () => {
    const weak = { commands: SAME, secrets: secrets("1", "2") };
    expect(linkHands(hands("a", weak, "AS1"), hands("b", weak, "AS1"), rare)).toBeUndefined();
  });

  test("a fingerprint of many addresses is a tool: it counts beside the same commands only", () => {
    const [a, b] = [hands("a", { hassh: ["h"] }), hands("b", { hassh: ["h"] })];
    expect(linkHands(a, b, seenAt(8))?.weight).toBe(1);
    expect(linkHands(a, b, seenAt(9))).toBeUndefined();
    const [c, d] = [hands("c", { hassh: ["h"], commands: SAME }), hands("d", { hassh: ["h"], commands: SAME })];
    expect(linkHands(c, d, seenAt(32))?.weight).toBe(1);
    expect(linkHands(c, d, seenAt(33))).toBeUndefined();
  });

  test("who speaks with other programs is somebody else, whatever file both drop", () => {
    const [a, b] = [hands("a", { hassh: ["h"], payload: ["p"] }), hands("b", { hassh: ["i"], payload: ["p"] })];
    expect(linkHands(a, b, rare)).toBeUndefined();
    const both = hands("b", { hassh: ["i"], ja3: ["j"], payload: ["p"] });
    expect(linkHands(hands("a", { hassh: ["h"], ja3: ["j"], payload: ["p"] }), both, rare)?.weight).toBe(2);
  });

  test("hosts where anybody puts files make nobody the same", () => {
    const trace = { c2: ["raw.githubusercontent.com"] };
    expect(linkHands(hands("a", trace), hands("b", trace), rare)).toBeUndefined();
  });

  test("says why, the same whichever comes first", () => {
    const [a, b] = [
      hands("a", { hassh: ["h"], commands: SAME }, "AS1"),
      hands("b", { hassh: ["h"], commands: SAME.slice(1) }, "AS1"),
    ];
    const link = linkHands(a, b, rare);
    expect(link).toEqual(linkHands(b, a, rare));
    expect(link?.reasons.map(({ kind, weight }) => [kind, weight])).toEqual([
      ["hassh", 1],
      ["commands", 0.3],
      ["asn", 0.05],
    ]);
  });
});
