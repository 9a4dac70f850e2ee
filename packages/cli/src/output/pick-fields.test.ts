import { expect, test } from "vitest";
import { pickFields } from "./pick-fields.ts";

const incident = { id: "inc_1", risk: { score: 80 }, actorIp: null };

test("named fields are taken, dots reach inwards, what is not there is null", () => {
  expect(pickFields(incident, ["id", "risk.score", "risk.other", "actorIp.x"])).toEqual({
    id: "inc_1",
    "risk.score": 80,
    "risk.other": null,
    "actorIp.x": null,
  });
});

test("an unknown field is refused with the names there are, and prototypes are no fields", () => {
  expect(() => pickFields(incident, ["severity"])).toThrow("there is no field severity");
  expect(() => pickFields(incident, ["constructor"])).toThrow("there is no field constructor");
});
