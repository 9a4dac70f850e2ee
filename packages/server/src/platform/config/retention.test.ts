import { describe, expect, test } from "vitest";
import { parseRetention } from "./retention.ts";

describe("the setting of retention", () => {
  test("names days by class; what is not named is kept for ever", () => {
    expect(parseRetention(undefined)).toEqual({});
    expect(parseRetention(" event=90, quarantine=1 ")).toEqual({ event: 90, quarantine: 1 });
  });

  test.each([
    "event",
    "event=",
    "event=0",
    "event=-1",
    "event=1.5",
    "event=99999",
    "event=1=2",
    "events=90",
    "event=1,event=2",
  ])("that would remove something nobody meant is refused: %s", (text) => {
    expect(parseRetention(text)).toEqual(expect.any(String));
  });
});
