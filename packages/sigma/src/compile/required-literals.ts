/** A literal run must be this long to be worth looking for. */
const RUN_MIN = 3;

/**
 * Folded literals that every text a regular expression matches contains, longest first; empty when none can be told.
 * Reads only what it is sure of (RE2 syntax): groups, classes, alternatives and what a quantifier makes optional end a
 * run. Errs by saying less.
 *
 * @param ignoresCase `s` and `k` then also match characters that do not fold to them (U+017F, U+212A), and end a run
 */
export function requiredLiterals(
  source: string,
  ignoresCase: boolean,
  fold: (text: string) => string,
): readonly string[] {
  const anyCase = ignoresCase || /\(\?[a-z]*i/.test(source);
  if (source.includes("\\Q") || hasTopLevelAlternative(source)) return [];
  const runs = runsOf(source).flatMap((run) => (anyCase ? run.split(/[sSkK\u017F\u212A]/) : [run]));
  const literals = runs.map(fold).filter((run) => run.length >= RUN_MIN);
  return [...new Set(literals)].sort((a, b) => b.length - a.length);
}

function hasTopLevelAlternative(source: string): boolean {
  let depth = 0;
  for (let at = 0; at < source.length; at = next(source, at)) {
    const character = source.charAt(at);
    if (character === "(") depth += 1;
    else if (character === ")") depth -= 1;
    else if (character === "|" && depth === 0) return true;
  }
  return false;
}

/** The position after one element: an escaped character and a whole class are one. */
function next(source: string, at: number): number {
  const character = source.charAt(at);
  if (character === "\\") return at + 2;
  if (character !== "[") return at + 1;
  // A `]` right after the opening (or its `^`) stands for itself.
  let end = at + (source.charAt(at + 1) === "^" ? 2 : 1) + 1;
  while (end < source.length && source.charAt(end) !== "]") end += source.charAt(end) === "\\" ? 2 : 1;
  return end + 1;
}

function runsOf(source: string): readonly string[] {
  const runs = [""];
  const append = (character: string): void => void (runs[runs.length - 1] += character);
  for (let at = 0; at < source.length;) {
    const character = source.charAt(at);
    const after = character === "(" ? afterGroup(source, at) : next(source, at);
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
  const character = source.charAt(at);
  if (character !== "\\") return "()[]{}.*+?^$|".includes(character) ? undefined : character;
  const escaped = source.charAt(at + 1);
  return /[\p{L}\p{N}]/u.test(escaped) || escaped === "" ? undefined : escaped;
}

function quantifierAt(source: string, at: number): "" | "+" | "other" {
  const character = source.charAt(at);
  if (character === "+") return "+";
  return character === "*" || character === "?" || character === "{" ? "other" : "";
}

/** `+`, `*?`, `{2,3}` … with the mark that makes it lazy. */
function quantifierLength(source: string, at: number): number {
  return /^(?:[*+?]|\{[^}]*\}?)\??/.exec(source.slice(at))?.[0].length ?? 0;
}

function afterGroup(source: string, at: number): number {
  let depth = 0;
  for (let position = at; position < source.length; position = next(source, position)) {
    const character = source.charAt(position);
    if (character === "(") depth += 1;
    else if (character === ")" && (depth -= 1) === 0) return position + 1;
  }
  return source.length;
}
