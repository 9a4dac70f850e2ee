import { describe, expect, test } from "vitest";
import { generator } from "../testing/stored-log.ts";
import { partition, type LadderLink, type LadderNode } from "./partition.ts";

const nodes: readonly LadderNode[] = "abcdef".split("").map((id, age) => ({ id, age }));
const link = (a: string, b: string, weight = 1): LadderLink => ({ a, b, weight });
const together = (a: string, b: string) => ({ a, b, kind: "together" }) as const;
const apart = (a: string, b: string) => ({ a, b, kind: "apart" }) as const;
const winners = (...given: Parameters<typeof partition>): string => [...partition(...given).values()].join("");

describe("who belongs together", () => {
  test("the oldest of a component wins", () => {
    expect(winners(nodes, [link("e", "b"), link("b", "f")], [])).toBe("abcdbb");
  });

  test("does not depend on the order of nodes, links and ends", () => {
    const random = generator(3);
    const many = Array.from({ length: 60 }, (_, age) => ({ id: `n${age}`, age }));
    const links = Array.from({ length: 50 }, () =>
      link(`n${Math.floor(random() * 60)}`, `n${Math.floor(random() * 60)}`, 1 + Math.floor(random() * 3)),
    ).filter(({ a, b }) => a !== b);
    const rulings = [apart("n1", "n2"), together("n3", "n40"), apart("n5", "n9")];
    const sorted = (map: ReadonlyMap<string, string>) => [...map].toSorted(([a], [b]) => (a < b ? -1 : 1));
    const expected = sorted(partition(many, links, rulings));
    for (let round = 0; round < 20; round += 1) {
      const turned = links.map(({ a, b, weight }) => (random() < 0.5 ? link(a, b, weight) : link(b, a, weight)));
      const mixed = turned.toSorted(() => random() - 0.5);
      expect(
        sorted(
          partition(
            many.toSorted(() => random() - 0.5),
            mixed,
            rulings,
          ),
        ),
      ).toEqual(expected);
    }
  });

  test("whom people keep apart no third one brings together", () => {
    expect(winners(nodes, [link("a", "c"), link("c", "b")], [apart("a", "b")])).toBe("abadef");
    expect(winners(nodes, [link("a", "c"), link("c", "b", 2)], [apart("a", "b")])).toBe("abbdef");
  });

  test("what people put together stays so without any link", () => {
    expect(winners(nodes, [], [together("d", "b"), together("d", "f")])).toBe("abcbeb");
  });

  test("a link to what is not there joins nothing", () => {
    expect(winners(nodes, [link("a", "gone")], [])).toBe("abcdef");
  });

  test("ten thousand in one chain are put together at once", () => {
    const chain = Array.from({ length: 10_000 }, (_, age) => ({ id: `n${age}`, age }));
    const links = chain.slice(1).map(({ id }, index) => link(`n${index}`, id));
    const began = performance.now();
    expect(new Set(partition(chain, links, []).values())).toEqual(new Set(["n0"]));
    expect(performance.now() - began).toBeLessThan(2_000);
  });
});
