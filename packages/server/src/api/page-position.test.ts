import { describe, expect, test } from "vitest";
import { answerOf, beforeIdOf, beforeOf } from "./page-position.ts";

const ID = "act_019c1acd-40a8-76fc-8f02-3bacce1dae12";

describe("the place where a list goes on", () => {
  test("is the newest when no page was read yet", () => {
    expect([beforeOf(undefined), beforeIdOf("action", undefined)]).toEqual([
      { ok: true, value: undefined },
      { ok: true, value: undefined },
    ]);
  });

  test("is what the page before said", () => {
    const { next } = answerOf({ rows: [{ n: 8 }, { n: 7 }], next: 7 }, ({ n }) => n);
    expect(beforeOf(next ?? undefined)).toEqual({ ok: true, value: 7 });
    expect(beforeIdOf("action", ID)).toEqual({ ok: true, value: ID });
  });

  test.each(["", "-1", "1e3", "7 or 1=1", "99999999999999999", ID])("is refused when it is none: %j", (after) =>
    expect(beforeOf(after)).toMatchObject({ ok: false, refusal: { code: "VALIDATION_FAILED" } }),
  );

  test.each(["", "7", ID.replace("act_", "inc_"), `${ID}'`])("of another list is refused: %j", (after) =>
    expect(beforeIdOf("action", after)).toMatchObject({ ok: false, refusal: { code: "VALIDATION_FAILED" } }),
  );
});
