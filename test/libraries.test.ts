import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ADVISORY_DAYS, IDLE_DAYS, judgeLibraries, RELEASE_DAYS } from "./judge-libraries.ts";

const today = "2026-11-22T00:00:00.000Z";
const ago = (days: number): string => new Date(Date.parse(today) - days * 86_400_000).toISOString();
type Asked = Parameters<typeof judgeLibraries>[0];
const said = (asked: Partial<Asked>): readonly string[] =>
  judgeLibraries({ advisories: [], libraries: [], known: [], today, ...asked }).map(({ text }) => text);

describe("the time frames for libraries", () => {
  test("are those that SECURITY.md promises", () => {
    const promises = readFileSync(new URL("../SECURITY.md", import.meta.url), "utf8");
    const { critical, high, moderate, low } = ADVISORY_DAYS;
    expect(promises).toContain(`critical ${critical} days, high ${high}, moderate ${moderate}, low ${low}`);
    expect(promises).toContain(`${RELEASE_DAYS} days`);
    expect(promises).toContain(`${IDLE_DAYS / 365} years`);
  });

  test("are broken by a weakness nobody noted, and by one that was noted too long ago", () => {
    const advisories = [{ name: "left", severity: "high", title: "reads too far" }] as const;
    const noted = (since: string) => [{ name: "left", what: "advisory", since, why: "not reachable" }] as const;
    expect(said({ advisories })).toEqual(['left: high, "reads too far"; nobody has noted it yet']);
    expect(said({ advisories, known: noted(ago(7)) })).toEqual([]);
    expect(said({ advisories, known: noted(ago(8)) })).toEqual([expect.stringContaining("known since")]);
  });

  test("are broken by a release of the same major version that nobody took up, not by a fresh one or another major", () => {
    const library = (releases: Record<string, string>) => [{ name: "left", version: "2.3.1", releases }];
    const ours = { "2.3.1": ago(400), created: ago(900), modified: ago(1) };
    expect(said({ libraries: library({ ...ours, "2.4.0": ago(181) }) })).toEqual([expect.stringContaining("2.4.0")]);
    expect(said({ libraries: library({ ...ours, "2.4.0": ago(179) }) })).toEqual([]);
    expect(said({ libraries: library({ ...ours, "3.0.0": ago(300), "2.10.0-rc.1": ago(300) }) })).toEqual([]);
    expect(said({ libraries: library({ ...ours, "2.3.0": ago(300), "2.10.0": ago(200) }) })).toEqual([
      expect.stringContaining("2.10.0"),
    ]);
    const early = [{ name: "left", version: "0.3.1", releases: { "0.3.1": ago(400), "0.4.0": ago(300) } }];
    expect(said({ libraries: early })).toEqual([]);
  });

  test("are broken by a library nobody keeps any more, unless a reason is written down", () => {
    const libraries = [{ name: "left", version: "1.0.0", releases: { "1.0.0": ago(IDLE_DAYS + 1) } }];
    expect(said({ libraries })).toEqual([expect.stringContaining("no release since")]);
    const known = [{ name: "left", what: "idle", since: ago(1), why: "finished: a table of constants" }] as const;
    expect(said({ libraries, known })).toEqual([]);
    expect(said({ libraries, known: [{ ...known[0], why: "" }] })).toHaveLength(1);
  });
});
