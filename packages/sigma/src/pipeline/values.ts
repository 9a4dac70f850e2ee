import { numberOf } from "../compile/item.ts";
import { mapLiterals, parsePattern, type Pattern } from "../compile/sigma-string.ts";
import { reject } from "../parse/rejection.ts";
import { asTextList } from "../parse/shape.ts";
import { compilePattern } from "./conditions.ts";
import { snakeCase } from "./field-names.ts";
import type { Parameters, Scalar } from "./parameters.ts";
import type { Transformation } from "./transformation.ts";

type TextChange = (text: string) => string;

function onTexts(change: TextChange): Transformation {
  return { kind: "value", change: (value) => (typeof value === "string" ? [change(value)] : undefined) };
}

/** `regex`, `replacement` with `\1` and `\g<name>`; `skip_special` keeps wildcards out of it. */
export function replaceString(parameters: Parameters): Transformation {
  const pattern = compilePattern(parameters.text("regex"), [...parameters.at, "regex"]);
  const replacement = readReplacement(parameters);
  const skip = parameters.flag("skip_special");
  const interpret = parameters.flag("interpret_special");
  const replace: TextChange = (text) => {
    const matcher = pattern.matcher(text);
    let result = "";
    let end = 0;
    while (matcher.find()) {
      result += text.slice(end, matcher.start());
      for (const piece of replacement)
        result += typeof piece === "string" ? piece : (groupOf(matcher, piece.group) ?? "");
      end = matcher.end();
    }
    return result + text.slice(end);
  };
  const inRule: TextChange = (text) => {
    const pattern = parsePattern(text);
    if (!skip) return changedBare(text, pattern, replace);
    const replaced = mapLiterals(pattern, replace);
    return replaced.every((part, index) => part === pattern[index]) ? text : written(replaced, interpret);
  };
  return { kind: "value", change: onTextsAndNumbers(inRule), changeInEvent: onTextsAndNumbers(replace) };
}

/** Numbers are changed as the texts they are compared as; one that stays the same stays a number. */
function onTextsAndNumbers(change: TextChange): (value: Scalar) => readonly Scalar[] | undefined {
  return (value) => {
    if (typeof value === "string") return [change(value)];
    const text = typeof value === "number" ? change(String(value)) : undefined;
    return text === undefined || text === String(value) ? undefined : [text];
  };
}

function changedBare(text: string, pattern: Pattern, change: TextChange): string {
  const shown = bare(pattern);
  const changed = change(shown);
  return changed === shown ? text : fromBare(changed);
}

/**
 * A value as pySigma shows it to expressions: wildcards as signs, each backslash once. Only before a sign backslashes are
 * doubled, and a sign that is meant literally has one more, so that the two can be told apart afterwards.
 */
function bare(pattern: Pattern): string {
  let text = "";
  for (const part of pattern) {
    if (typeof part === "string") text += part.replaceAll(/\\+[*?]?|[*?]/g, escapedSign);
    else text += "\\".repeat(backslashesAtEnd(text)) + (part.wildcard === "many" ? "*" : "?");
  }
  return text;
}

function escapedSign(run: string): string {
  if (run.endsWith("\\")) return run;
  return "\\".repeat(2 * (run.length - 1) + 1) + run.slice(-1);
}

function backslashesAtEnd(text: string): number {
  let count = 0;
  while (text.charAt(text.length - 1 - count) === "\\") count += 1;
  return count;
}

/** Back to rule notation; `\%` stays, which the modifier `expand` reads as a percent sign. */
function fromBare(text: string): string {
  return text.replaceAll(/\\+[*?%]?/g, (run) =>
    run.endsWith("*") || run.endsWith("?") || run === "\\%" ? run : doubled(run),
  );
}

function doubled(run: string): string {
  return run.replaceAll("\\", String.raw`\\`);
}

type Matcher = ReturnType<ReturnType<typeof compilePattern>["matcher"]>;
type Piece = string | Readonly<{ group: number | string }>;

function groupOf(matcher: Matcher, group: number | string): string | null {
  return matcher.group(group);
}

/** Python's notation, as the pipelines in circulation use it. */
function readReplacement(parameters: Parameters): readonly Piece[] {
  const text = parameters.textOrEmpty("replacement", "");
  if (!parameters.has("replacement")) reject("pipeline-invalid", "replacement is missing", parameters.at);
  const pieces: Piece[] = [];
  let end = 0;
  for (const found of text.matchAll(/\\(?:(\d{1,2})|g<(\w+)>|(\\))/g)) {
    pieces.push(text.slice(end, found.index));
    const [whole, number, name, backslash] = found;
    if (backslash !== undefined) pieces.push("\\");
    else if (name !== undefined && !/^\d+$/.test(name)) pieces.push({ group: name });
    else pieces.push({ group: Number(number ?? name) });
    end = found.index + whole.length;
  }
  checkGroups(pieces, parameters);
  return [...pieces, text.slice(end)];
}

function checkGroups(pieces: readonly Piece[], parameters: Parameters): void {
  const pattern = compilePattern(parameters.text("regex"), parameters.at);
  const names: Readonly<Record<string, number>> = pattern.namedGroups();
  for (const piece of pieces) {
    if (typeof piece === "string") continue;
    const { group } = piece;
    const isThere = typeof group === "number" ? group <= pattern.groupCount() : Object.hasOwn(names, group);
    if (!isThere) reject("pipeline-invalid", `the expression has no group ${group}`, [...parameters.at, "replacement"]);
  }
}

/** Back to rule notation: literal text is escaped unless wildcards in it are wanted. */
function written(pattern: Pattern, interpret: boolean): string {
  const literal = (text: string): string => (interpret ? text : text.replaceAll(/[\\*?]/g, String.raw`\$&`));
  return pattern
    .map((part) => (typeof part === "string" ? literal(part) : part.wildcard === "many" ? "*" : "?"))
    .join("");
}

/** `mapping: { tcp: "6", web: ["80", "443"] }`; the whole value must be equal, case included. */
export function mapString(parameters: Parameters): Transformation {
  if (!parameters.has("mapping")) reject("pipeline-invalid", "mapping is missing", parameters.at);
  const mapping = new Map(
    Object.entries(parameters.map("mapping")).map(([from, to]) => [
      from,
      asTextList(to, `the mapping of ${from}`, { at: [...parameters.at, "mapping", from], code: "pipeline-invalid" }),
    ]),
  );
  return {
    kind: "value",
    change: (value) => (typeof value === "string" ? mapping.get(bare(parsePattern(value))) : undefined),
    changeInEvent: (value) => (typeof value === "string" ? mapping.get(value) : undefined),
  };
}

/** `value`, made a text or a number by `force_type`. */
export function setValue(parameters: Parameters): Transformation {
  if (!parameters.has("value")) reject("pipeline-invalid", "value is missing", parameters.at);
  const given = parameters.scalar("value");
  const type = parameters.oneOf("force_type", ["none", "str", "num"] as const, "none");
  const number = numberOf(given);
  if (type === "num" && number === undefined)
    reject("pipeline-invalid", "value is not a number", [...parameters.at, "value"]);
  const value = type === "str" ? String(given) : type === "num" ? (number ?? given) : given;
  return { kind: "value", change: () => [value], replaces: true };
}

/** `target_type: str` or `num`; texts that are no numbers stay. */
export function convertType(parameters: Parameters): Transformation {
  if (!parameters.has("target_type")) reject("pipeline-invalid", "target_type is missing", parameters.at);
  const target = parameters.oneOf("target_type", ["str", "num"] as const, "str");
  if (target === "str")
    return { kind: "value", change: (value) => (typeof value === "number" ? [String(value)] : undefined) };
  return {
    kind: "value",
    change: (value) => {
      const number = typeof value === "string" ? numberOf(value) : undefined;
      return number === undefined ? undefined : [number];
    },
  };
}

/** `method`: lower (the default), upper, snake_case. */
export function changeCase(parameters: Parameters): Transformation {
  const method = parameters.oneOf("method", ["lower", "upper", "snake_case"] as const, "lower");
  if (method === "snake_case") return onTexts(snakeCase);
  return onTexts((text) => (method === "lower" ? text.toLowerCase() : text.toUpperCase()));
}

/** Length in hexadecimal digits of the hashes Sysmon writes without a name. */
const algorithms: Readonly<Record<number, string>> = { 32: "MD5", 40: "SHA1", 64: "SHA256", 128: "SHA512" };

/** Splits `Hashes`: `MD5=…,SHA256=…` of an event, the values of an item. */
export function hashesFields(parameters: Parameters): Transformation {
  const names = parameters.texts("valid_hash_algos").map((name) => name.toUpperCase());
  const prefix = parameters.textOrEmpty("field_prefix", "");
  const drop = parameters.flag("drop_algo_prefix");
  const fields = parameters.has("field_to_parse") ? parameters.texts("field_to_parse") : ["Hashes", "Hash"];
  if (drop && prefix === "") reject("pipeline-invalid", "without field_prefix the algorithm must stay", parameters.at);
  return {
    kind: "hashes",
    fields,
    read: (text) => {
      const bare = text.replaceAll("*", "").trim();
      const cut = /[=:|]/.exec(bare)?.index;
      const hash = cut === undefined ? bare : bare.slice(cut + 1);
      const algorithm = cut === undefined ? algorithms[hash.length] : bare.slice(0, cut).toUpperCase();
      if (algorithm === undefined || hash === "" || !names.includes(algorithm)) return undefined;
      return { field: prefix + (drop ? "" : algorithm), hash };
    },
  };
}
