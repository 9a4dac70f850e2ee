/** Besides their capitals, `s` and `k` match U+017F and U+212A; beyond ASCII there are many such (`μ` and U+00B5). */
const otherCases = /[sSkK]|[^\p{ASCII}]/u;
/** In `ab(?i)?`, what is optional is the `b`. */
const repeatedFlags = /\(\?[a-zA-Z-]*\)[*+?{]/;

/**
 * Folded literals that every text a regular expression matches contains, longest first; empty when none can be told.
 * Reads only what it is sure of (RE2 syntax): groups, classes, alternatives and what a quantifier makes optional end a
 * run. Errs by saying less.
 *
 * @param ignoresCase what may then match a character that does not fold to it ends a run
 */
export function requiredLiterals(
  source: string,
  ignoresCase: boolean,
  fold: (text: string) => string,
): readonly string[] {
  const anyCase = ignoresCase || /\(\?[a-zA-Z-]*i/.test(source);
  if (source.includes("\\Q") || repeatedFlags.test(source) || hasTopLevelAlternative(source)) return [];
  const runs = runsOf(source).flatMap((run) => (anyCase ? run.split(otherCases) : [run]));
  const literals = runs.map(fold).filter((run) => run !== "");
  return [...new Set(literals)].sort((a, b) => b.length - a.length);
}

function hasTopLevelAlternative(source: string): boolean {
  let depth = 0;
  for (let at = 0; at < source.length; at = afterElement(source, at)) {
    const character = source.charAt(at);
    if (character === "(") depth += 1;
    else if (character === ")") depth -= 1;
    else if (character === "|" && depth === 0) return true;
  }
  return false;
}

/** The position after one element: an escaped character, one beyond U+FFFF and a whole class are one. */
export function afterElement(source: string, at: number): number {
  const character = source.charAt(at);
  if (character === "\\") return at + (escapes.exec(source.slice(at))?.[0].length ?? 2);
  if (character !== "[") return at + ((source.codePointAt(at) ?? 0) > 0xffff ? 2 : 1);
  // A `]` right after the opening (or its `^`) stands for itself.
  let end = at + (source.charAt(at + 1) === "^" ? 2 : 1);
  if (source.charAt(end) === "]") end += 1;
  while (end < source.length && source.charAt(end) !== "]") end = afterMember(source, end);
  return end + 1;
}

/** Escapes of more than one character: `\pL`, `\p{Greek}`, `\x41`, `\x{1F600}`, `\101`. */
const escapes = /^\\(?:[pPx]\{[^}]{0,64}\}|[pP].|x[0-9A-Fa-f]{2}|[0-7]{1,3})/su;

/** In a class, `[:alpha:]` is one member; its bracket ends nothing. */
function afterMember(source: string, at: number): number {
  if (source.charAt(at) === "\\") return at + 2;
  const end = source.startsWith("[:", at) ? source.indexOf(":]", at + 2) : -1;
  return end === -1 ? at + 1 : end + 2;
}

function runsOf(source: string): readonly string[] {
  const runs = [""];
  const append = (character: string): void => void (runs[runs.length - 1] += character);
  for (let at = 0; at < source.length;) {
    const character = source.charAt(at);
    const after = character === "(" ? afterGroup(source, at) : afterElement(source, at);
    const literal = literalAt(source, at);
    const quantifier = quantifierAt(source, after);
    if (literal !== undefined && quantifier === "") append(literal);
    else if (literal !== undefined && quantifier === "+") {
      append(literal);
      runs.push(literal);
    } else runs.push("");
    at = after + quantifierLength(source, after);
  }
  return runs;
}

/** The character an element stands for by itself, if it does. */
function literalAt(source: string, at: number): string | undefined {
  const character = String.fromCodePoint(source.codePointAt(at) ?? 0);
  if (character !== "\\") return "()[]{}.*+?^$|".includes(character) ? undefined : character;
  const escaped = source.charAt(at + 1);
  return /[\p{L}\p{N}]/u.test(escaped) || escaped === "" ? undefined : escaped;
}

function quantifierAt(source: string, at: number): "" | "+" | "other" {
  if (quantifierLength(source, at) === 0) return "";
  return source.charAt(at) === "+" ? "+" : "other";
}

/** `+`, `*?`, `{2,3}` … with the mark that makes it lazy; other things in braces, `{,3}` too, are texts. */
function quantifierLength(source: string, at: number): number {
  return /^(?:[*+?]|\{\d+(?:,\d*)?\})\??/.exec(source.slice(at))?.[0].length ?? 0;
}

function afterGroup(source: string, at: number): number {
  let depth = 0;
  for (let position = at; position < source.length; position = afterElement(source, position)) {
    const character = source.charAt(position);
    if (character === "(") depth += 1;
    else if (character === ")" && (depth -= 1) === 0) return position + 1;
  }
  return source.length;
}
