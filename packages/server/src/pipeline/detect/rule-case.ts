import { LogFormat, SensorKind } from "@tyr/contract";
import { Type, type Static } from "typebox";
import { Compile } from "typebox/compile";
import { parseDocument } from "yaml";

/** One case of a `NAME.test.yml`: raw lines, and the ids of all rules they must lead to. */
const RuleCase = Type.Object(
  {
    name: Type.String({ minLength: 1 }),
    /** As in an import; `auto` looks at each line. */
    format: Type.Optional(LogFormat),
    /** Kind of the sensor that sends the lines; `custom` without it. */
    sensor: Type.Optional(SensorKind),
    /** Of lines whose times have none. */
    year: Type.Optional(Type.Integer({ minimum: 1970, maximum: 9999 })),
    lines: Type.Array(Type.String(), { minItems: 1 }),
    expect: Type.Union([Type.Literal("none"), Type.Array(Type.String(), { minItems: 1 })]),
  },
  { additionalProperties: false },
);
export type RuleCase = Static<typeof RuleCase>;

const cases = Compile(Type.Array(RuleCase, { minItems: 1 }));

export type CasesRead = Readonly<{ ok: true; cases: readonly RuleCase[] }> | Readonly<{ ok: false; message: string }>;

/** Reads a file of rule tests. A misspelt key is refused: a test that tests nothing would pass. */
export function readCases(text: string): CasesRead {
  const document = parseDocument(text);
  const [broken] = document.errors;
  if (broken !== undefined) return { ok: false, message: broken.message };
  const value: unknown = document.toJS();
  if (cases.Check(value)) return { ok: true, cases: value };
  const [first] = cases.Errors(value);
  return { ok: false, message: `${first?.instancePath ?? ""} ${first?.message ?? "is not a list of tests"}`.trim() };
}
