import { LogFormat, SensorKind } from "@tyr/contract";
import { Type, type Static } from "typebox";
import { Compile } from "typebox/compile";
import { LineCounter, parseDocument } from "yaml";

const Ids = Type.Union([Type.Literal("none"), Type.Array(Type.String(), { minItems: 1 })]);
const Event = Type.Record(Type.String(), Type.Unknown());

/** One case of a `NAME.test.yml`: what comes in, and the ids of all rules it must lead to. */
const RuleCase = Type.Object(
  {
    name: Type.String({ minLength: 1 }),
    /** As in an import; `auto` looks at each line. */
    format: Type.Optional(LogFormat),
    /** Kind of the sensor that sends the lines; `custom` without it. */
    sensor: Type.Optional(SensorKind),
    /** Of lines whose times have none. */
    year: Type.Optional(Type.Integer({ minimum: 1970, maximum: 9999 })),
    /** Raw log lines, read as at intake. */
    lines: Type.Optional(Type.Array(Type.String(), { minItems: 1 })),
    /** Fields as rules see them, past every normaliser. */
    event: Type.Optional(Event),
    /** Several of them, one second apart. */
    events: Type.Optional(Type.Array(Event, { minItems: 1 })),
    /** Of the events, besides what Sigma's routing table makes of their fields. */
    logsource: Type.Optional(
      Type.Object(
        {
          product: Type.Optional(Type.String()),
          category: Type.Optional(Type.Union([Type.String(), Type.Array(Type.String())])),
          service: Type.Optional(Type.String()),
        },
        { additionalProperties: false },
      ),
    ),
    /** All rules that find something. */
    expect: Ids,
    /** All rules that hold and are no findings of their own; not looked at when left out. */
    matches: Type.Optional(Ids),
  },
  { additionalProperties: false },
);
export type RuleCase = Static<typeof RuleCase>;

const cases = Compile(Type.Array(RuleCase, { minItems: 1 }));
/** Characters of one file: tests are written by people. */
const CHARS_MAX = 1_048_576;

export type CasesRead = Readonly<{ ok: true; cases: readonly RuleCase[] }> | Readonly<{ ok: false; message: string }>;

/** Reads a file of rule tests. A misspelt key is refused: a test that tests nothing would pass. */
export function readCases(text: string): CasesRead {
  if (text.length > CHARS_MAX) return refused(`the file has ${text.length} characters, the limit is ${CHARS_MAX}`);
  const value = parseYaml(text);
  if (value instanceof Error) return refused(value.message);
  if (!cases.Check(value)) {
    const [first] = cases.Errors(value);
    // What the validator says of a key that no schema allows.
    const why = first?.message === "schema is false" ? "is not known" : first?.message;
    return refused(`${first?.instancePath ?? ""} ${why ?? "is not a list of tests"}`.trim());
  }
  for (const [index, one] of value.entries()) {
    const why = whyUnclear(one);
    if (why !== undefined) return refused(`/${index} ${why}`);
  }
  return { ok: true, cases: value };
}

function refused(message: string): CasesRead {
  return { ok: false, message };
}

/** Too deep a nesting or too many aliases end in a thrown error of the parser. */
function parseYaml(text: string): unknown {
  const lineCounter = new LineCounter();
  try {
    // Without `prettyErrors` a message is one line, which a table of failures needs.
    const document = parseDocument(text, { lineCounter, prettyErrors: false });
    const [fault] = document.errors;
    if (fault === undefined) return document.toJS();
    const { line, col } = lineCounter.linePos(fault.pos[0]);
    const isSplit = fault.code === "MULTIPLE_DOCS";
    return new Error(
      `${line}:${col}: ${isSplit ? "a file of tests is one list, without a line of ---" : fault.message}`,
    );
  } catch (error) {
    if (error instanceof RangeError) return new Error("the YAML is nested too deeply");
    return new Error(`the YAML cannot be read: ${firstLine(error instanceof Error ? error.message : String(error))}`);
  }
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}

function whyUnclear(one: RuleCase): string | undefined {
  const inputs = [one.lines, one.event, one.events].filter((input) => input !== undefined);
  if (inputs.length !== 1) return "required is exactly one of lines, event, events";
  if (one.lines !== undefined)
    return one.logsource === undefined ? undefined : "logsource: lines get theirs when they are read";
  const strange = (["format", "sensor", "year"] as const).find((key) => one[key] !== undefined);
  return strange === undefined ? undefined : `${strange}: it is about lines`;
}
