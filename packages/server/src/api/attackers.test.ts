import { describe, expect, test } from "vitest";
import { attackerHandlers, placeOf, writePlace } from "./attackers.ts";
import type { Call } from "./handler.ts";

const ID = "atk_5f0c1d3e-1111-5222-8333-444455556666";
/** Whoever asks the database here has not refused what it should have. */
const nobody = new Proxy({}, { get: () => expect.unreachable("the database was asked") }) as never;
const handlers = attackerHandlers({ database: { read: nobody } });

describe("where a list of attackers goes on", () => {
  test("is read as it was written", () => {
    const place = { value: 1_767_225_600_000, id: ID };
    expect(placeOf(writePlace(place))).toEqual({ ok: true, value: place });
    expect(placeOf(undefined)).toEqual({ ok: true, value: undefined });
  });

  test.each(["", "1", `-1 ${ID}`, `1e3 ${ID}`, `999999999999999 ${ID}`, "1 evt_5f0c", `1 ${ID}' or 1=1`, "1 atk_…"])(
    "%s is refused: it is no place",
    (after) => {
      expect(placeOf(after)).toMatchObject({ ok: false, refusal: { code: "VALIDATION_FAILED" } });
    },
  );
});

test.each(["nothing", "203.0.113.7/24", "1.2.3", "idn_5f0c1d3e-1111-5222-8333-444455556666", "' or 1=1 --"])(
  "%s is no attacker's name, and is said so before anything is looked up",
  async (id) => {
    const asked = { params: { id }, query: undefined, body: undefined };
    for (const name of ["attacker.get", "attacker.sessions"] as const)
      expect(await handlers[name](asked, {} as Call)).toMatchObject({
        ok: false,
        refusal: { code: "VALIDATION_FAILED" },
      });
  },
);
