import { isLiveMessage, LIVE_MESSAGES } from "@tyr/contract";
import { describe, expect, test } from "vitest";
import { conforms, type Schema } from "./conforms.ts";

const ID = "0190a3b4-1111-7222-8333-444455556666";
const ODD: readonly unknown[] = [null, true, -1, 0, 1.5, 7, "", "x", "2026-02-01T14:17:31.000Z", [], {}, Number.NaN];

const schemas = LIVE_MESSAGES as readonly Schema[];
const isMessage = (frame: unknown): boolean => schemas.some((schema) => conforms(schema, frame));

/** Something a schema of the feed takes, made from what it says. */
function sample(schema: Schema): unknown {
  if ("const" in schema) return schema["const"];
  if ("enum" in schema) return (schema["enum"] as readonly unknown[])[0];
  if ("anyOf" in schema) return sample((schema["anyOf"] as readonly [Schema])[0]);
  if (schema["format"] === "date-time") return "2026-02-01T14:17:31.000Z";
  if (typeof schema["pattern"] === "string") return (/[a-z]{3}_/.exec(schema["pattern"])?.[0] ?? "") + ID;
  if (schema["type"] === "object")
    return Object.fromEntries(
      Object.entries(schema["properties"] as Readonly<Record<string, Schema>>).map(([name, part]) => [
        name,
        sample(part),
      ]),
    );
  return { string: "text", integer: schema["minimum"] ?? 3, number: 3, boolean: true, array: [] }[
    String(schema["type"])
  ];
}

/** A message once per place in it and per odd thing that could stand there, and once without the place. */
function* spoiled(value: unknown): Generator {
  yield* ODD;
  if (typeof value !== "object" || value === null) return;
  for (const [name, part] of Object.entries(value)) {
    yield Object.fromEntries(Object.entries(value).filter(([other]) => other !== name));
    for (const odd of spoiled(part)) yield { ...value, [name]: odd };
  }
}

describe("what the page takes for a message of the feed", () => {
  test("is every kind of message the contract has", () => {
    for (const schema of schemas) expect([sample(schema), isMessage(sample(schema))]).toEqual([sample(schema), true]);
  });

  test("is what the contract takes, whatever is missing from a message or stands in place of a part", () => {
    const said = schemas.flatMap((schema) => [...spoiled(sample(schema))]);
    const differing = said.filter((frame) => isMessage(frame) !== isLiveMessage(frame));
    expect(differing).toEqual([]);
    expect(said.some(isMessage) && said.some((frame) => !isMessage(frame))).toBe(true);
  });

  test("is not what a keyword asks that this page does not know", () => {
    expect(conforms({ type: "string", contentEncoding: "base64" }, "text")).toBe(false);
    expect(conforms({ type: "object", properties: {}, required: ["toString"] }, {})).toBe(false);
  });
});
