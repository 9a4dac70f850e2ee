import { describe, expect, test } from "vitest";
import { Rests } from "./rests.ts";

/** At which of these rests it looks; a look takes in all that was counted. */
function looksAt(counts: readonly number[]): readonly number[] {
  const rests = new Rests();
  let looked = 0;
  return counts.flatMap((counted, index) => {
    if (!rests.isTimeToLook({ counted, looked })) return [];
    looked = counted;
    return [index];
  });
}
const still = (counted: number, rests: number): readonly number[] => Array.from({ length: rests }, () => counted);

describe("where fewer events come than make a look due, the ladder looks", () => {
  test("after five rests in which nothing came", () => {
    expect(looksAt([0, 7, ...still(9, 5)])).toEqual([]);
    expect(looksAt([0, 7, ...still(9, 6)])).toEqual([7]);
  });

  test("later after a start, until somebody is heard: senders may be on their way back", () => {
    expect(looksAt(still(9, 14))).toEqual([]);
    expect(looksAt(still(9, 15))).toEqual([14]);
    expect(looksAt([...still(9, 12), 10, ...still(10, 5)])).toEqual([17]);
  });

  test("at the latest after sixty, where events come all the time", () => {
    const trickle = Array.from({ length: 130 }, (_, index) => index + 1);
    expect(looksAt(trickle)).toEqual([59, 119]);
  });
});
