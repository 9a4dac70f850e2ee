/**
 * A Sigma string taken apart: literal pieces and wildcards. `many` is any length including none, `one` exactly one
 * character, `dash` one of the characters Windows programs take as the start of an option.
 */
export type Pattern = readonly PatternPart[];
export type PatternPart = string | Wildcard;
export type Wildcard = Readonly<{ wildcard: "many" | "one" | "dash" }>;

export const many: Wildcard = { wildcard: "many" };
const one: Wildcard = { wildcard: "one" };
const dash: Wildcard = { wildcard: "dash" };

/** Hyphen, slash, en dash, em dash, horizontal bar (Sigma modifiers appendix, windash). */
export const dashes: readonly string[] = ["-", "/", "\u2013", "\u2014", "\u2015"];

/** Variants one value may be multiplied into by placeholders or encodings. */
export const variantsMax = 4096;

/**
 * Reads wildcards and escapes: `\*` and `\?` are literal, `\\` is one backslash, a backslash before anything else is
 * itself (Sigma rules specification, "Escape Character").
 */
export function parsePattern(text: string): Pattern {
  if (!/[*?\\]/.test(text)) return text === "" ? [] : [text];
  const parts: PatternPart[] = [];
  let literal = "";
  let from = 0;
  for (let index = 0; index < text.length; index += 1) {
    const character = text.charAt(index);
    const next = text.charAt(index + 1);
    if (character === "\\" && next !== "" && "*?\\".includes(next)) {
      literal += text.slice(from, index);
      index += 1;
      from = index;
    } else if (character === "*" || character === "?") {
      parts.push(literal + text.slice(from, index), character === "*" ? many : one);
      literal = "";
      from = index + 1;
    }
  }
  const last = literal + text.slice(from);
  return parts.length === 0 ? [last] : tidy([...parts, last]);
}

/** Joins neighbouring literals and wildcards of any length; drops empty pieces. */
export function tidy(parts: readonly PatternPart[]): Pattern {
  const result: PatternPart[] = [];
  for (const part of parts) {
    const last = result.at(-1);
    if (part === "") continue;
    if (typeof part === "string" && typeof last === "string") result[result.length - 1] = last + part;
    else if (!(isMany(part) && last !== undefined && isMany(last))) result.push(part);
  }
  return result;
}

export function isMany(part: PatternPart): boolean {
  return typeof part !== "string" && part.wildcard === "many";
}

/** The text itself when there is no wildcard in it. */
export function literalOf(pattern: Pattern): string | undefined {
  if (pattern.length === 0) return "";
  const [only] = pattern;
  return pattern.length === 1 && typeof only === "string" ? only : undefined;
}

export function mapLiterals(pattern: Pattern, change: (literal: string) => string): Pattern {
  return pattern.map((part) => (typeof part === "string" ? change(part) : part));
}

/** Back to rule notation, for messages. */
export function showPattern(pattern: Pattern): string {
  const shown = { many: "*", one: "?", dash: "[dash]" };
  return pattern.map((part) => (typeof part === "string" ? part : shown[part.wildcard])).join("");
}

/**
 * Replaces `-` and `/` where an option starts: before a letter, digit or underscore and not after one. The hyphen inside
 * `-param-name` stays (pySigma reads it the same way).
 */
export function expandDashes(pattern: Pattern): Pattern {
  const optionStart = /(?<![\p{L}\p{N}_])[-/](?=[\p{L}\p{N}_])/gu;
  return tidy(
    pattern.flatMap((part) => {
      if (typeof part !== "string") return [part];
      const pieces: PatternPart[] = [];
      let end = 0;
      for (const { index } of part.matchAll(optionStart)) {
        pieces.push(part.slice(end, index), dash);
        end = index + 1;
      }
      return [...pieces, part.slice(end)];
    }),
  );
}

/** Every literal spelling of a pattern whose only wildcards are dashes, or why they cannot be told. */
export function spellings(pattern: Pattern): readonly string[] | "wildcards" | "too-many" {
  let texts = [""];
  for (const part of pattern) {
    if (typeof part !== "string" && part.wildcard !== "dash") return "wildcards";
    const choices = typeof part === "string" ? [part] : dashes;
    texts = texts.flatMap((text) => choices.map((choice) => text + choice));
    if (texts.length > variantsMax) return "too-many";
  }
  return texts;
}
