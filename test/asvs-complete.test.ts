import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { LEVEL_3, LEVELS_1_AND_2 } from "./asvs-numbers.ts";
import { root } from "./house.ts";

/** What Tyr promised to show by tests rather than by arguments, without what it does not have (tenants, an authorization endpoint). */
const SHOWN_BY_TESTS = `2.3.1 2.3.3 2.3.4 2.3.5 2.4.1 3.3.1-4 3.4.1-6 3.5.1-3 6.1.1 6.2.1-12 6.3.1-4 6.3.8 6.4.1 6.4.3-4 6.5.1-5 6.8.1-2 6.8.4
  7.2.1-4 7.3.1-2 7.4.1-5 7.5.1-2 7.6.1-2 8.1.1 8.2.1-3 8.3.1 9.1.1-3 9.2.1-4 10.1.1-2 10.2.1-2 10.4.4-5 10.4.8-11 10.5.1-5 11.1.1-2
  11.2.2-3 11.3.1-3 11.4.1-2 11.5.1 11.6.1 13.2.1-5 13.3.1-2 14.2.1 14.3.2 16.1.1 16.2.1-5 16.3.1-4 16.4.1-3 16.5.1-3`;

type Row = Readonly<{ numbers: readonly string[]; shown: string; applies: boolean }>;

/** `3.3.1–3.3.4` and `3.3.1-4` are four numbers. */
function spread(text: string): readonly string[] {
  const [from = "", to = from] = text.split(/[–-]/);
  const place = from.lastIndexOf(".") + 1;
  const last = Number(to.slice(to.lastIndexOf(".") + 1));
  const first = Number(from.slice(place));
  return Array.from({ length: last - first + 1 }, (_, at) => `${from.slice(0, place)}${first + at}`);
}

function numbersOf(sections: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(sections).flatMap(([section, ranges]) =>
    ranges.split(" ").flatMap((range) => spread(`${section}.${range}`)),
  );
}

function rowsOf(page: string): readonly Row[] {
  let applies = true;
  return page.split("\n").flatMap((line) => {
    if (line.startsWith("## ")) applies = !line.includes("does not apply");
    const [, first = "", , ...rest] = line.split("|");
    const ids = first.match(/\d+\.\d+\.\d+(?:–\d+\.\d+\.\d+)?/g);
    return ids === null ? [] : [{ numbers: ids.flatMap(spread), shown: rest.join("|"), applies }];
  });
}

const SHOWN = /`[\w./-]+\.test\.tsx?`:|argument:|\*\*Open\*\*/;
const rows = rowsOf(readFileSync(join(root, "docs/asvs.md"), "utf8"));
const wanted = numbersOf(LEVELS_1_AND_2);
const named = new Set(rows.flatMap(({ numbers }) => numbers));

describe("the page about ASVS", () => {
  test("answers for every requirement of levels 1 and 2, and for none that is not in the standard", () => {
    expect(wanted.length).toBe(253);
    const known = new Set([...wanted, ...numbersOf(LEVEL_3)]);
    expect(wanted.filter((one) => !named.has(one))).toEqual([]);
    expect([...named].filter((one) => !known.has(one))).toEqual([]);
  });

  test("gives each a test, an argument or the word that it is open; what does not apply stands apart", () => {
    expect(rows.filter(({ applies, shown }) => applies && !SHOWN.test(shown)).map(({ numbers }) => numbers)).toEqual(
      [],
    );
    const apart = new Set(rows.filter(({ applies }) => !applies).flatMap(({ numbers }) => numbers));
    const both = rows
      .filter(({ applies }) => applies)
      .flatMap(({ numbers }) => numbers.filter((one) => apart.has(one)));
    expect(both).toEqual([]);
  });

  test("shows by a test what was to be shown by one, or says that it is open", () => {
    const missing = SHOWN_BY_TESTS.split(/\s+/)
      .flatMap(spread)
      .filter(
        (one) => !rows.some(({ numbers, shown }) => numbers.includes(one) && /\.test\.tsx?`:|\*\*Open/.test(shown)),
      );
    expect(missing).toEqual([]);
  });

  test("is not satisfied by a page that leaves something out", () => {
    const [row] = rowsOf("| 3.3.1–3.3.4, 3.4.2 | cookies | because |");
    expect(row).toEqual({ numbers: ["3.3.1", "3.3.2", "3.3.3", "3.3.4", "3.4.2"], shown: " because |", applies: true });
    expect(SHOWN.test(row?.shown ?? "argument:")).toBe(false);
  });
});
