import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { Coverage } from "./coverage.ts";
import { type Finding, fuzz } from "./fuzz.ts";
import { adversarialTexts, regexesOf } from "./redos.ts";
import { bytesOf, insist, type Target } from "./target.ts";
import { targets } from "./targets.ts";
import { ownRules } from "./targets/texts.ts";

const regressions = new URL("regressions/", import.meta.url);

describe.each(targets.map((target) => [target.name, target] as const))("the %s reader", (name, target) => {
  test("keeps its promises for some thousand inputs nobody wrote", () => {
    const findings: Finding[] = [];
    const report = fuzz(target, { executions: 1500, seed: 42, onFinding: (finding) => void findings.push(finding) });
    expect(findings.map(({ why }) => why).filter((why) => !why.startsWith("took "))).toEqual([]);
    // Inputs that are all refused at the door would test nothing behind it.
    expect(report.accepted).toBeGreaterThan(20);
  });

  const files = readdirSync(regressions).filter((file) => targetOf(file) === name);
  for (const file of files)
    test(`keeps them for what once broke them: ${file}`, () => {
      expect(() => target.run(readFileSync(new URL(file, regressions)))).not.toThrow();
    });
});

/** The longest name that fits: `regex-sample-x` is not one of `regex`. */
function targetOf(file: string): string | undefined {
  const fitting = targets.map(({ name }) => name).filter((name) => file.startsWith(`${name}-`));
  return fitting.sort((a, b) => b.length - a.length)[0];
}

describe("the fuzzer", () => {
  const lock: Target = {
    name: "lock",
    seeds: [bytesOf("F---")],
    words: [],
    sizeMax: 8,
    run: (input) => {
      insist(!(input[0] === 0x46 && input[1] === 0x55), "nobody finds the word");
      return true;
    },
  };

  test("finds what is to be found, and the same for the same seed", () => {
    const run = (): readonly string[] => {
      const found: string[] = [];
      const onFinding = ({ input }: Finding): void => void found.push(Buffer.from(input).toString("latin1"));
      fuzz(lock, { executions: 20_000, seed: 3, onFinding });
      return found;
    };
    const found = run();
    expect(found.length).toBeGreaterThan(0);
    expect(found.every((input) => input.startsWith("FU"))).toBe(true);
    expect(run()).toEqual(found);
  });

  test("keeps inputs that run new code", () => {
    const target = targets.find(({ name }) => name === "condition");
    if (target === undefined) throw new Error("there is no target condition");
    const onFinding = ({ why }: Finding): void => expect.fail(why);
    using coverage = new Coverage();
    const report = fuzz({ ...target, seeds: [bytesOf("a")] }, { executions: 4000, seed: 1, onFinding, coverage });
    expect(report.corpus).toBeGreaterThan(2);
  });
});

test("our own rules' expressions come to an end on 64 KB made to hold them up", () => {
  const regexes = regexesOf(ownRules());
  expect(regexes.length).toBeGreaterThan(0);
  for (const regex of regexes) for (const text of adversarialTexts(regex.source, 65_536)) regex.test(text);
});
