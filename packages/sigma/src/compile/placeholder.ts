import { reject, type ValuePath } from "../parse/rejection.ts";
import { variantsMax } from "./sigma-string.ts";

/** Values for `%name%` in items with the `expand` modifier; they are Sigma strings, wildcards included. */
export type Placeholders = Readonly<Record<string, readonly (string | number)[]>>;

const token = /\\%|%([\p{L}\p{N}_.-]+)%/gu;

/**
 * Replaces every placeholder by each of its values; `\%` is a literal percent sign.
 *
 * @throws {RuleRejected} `placeholder-unresolved`: Sigma demands that a rule with an unknown placeholder is refused
 */
export function expandPlaceholders(text: string, placeholders: Placeholders, at: ValuePath): readonly string[] {
  let texts = [""];
  let end = 0;
  for (const found of text.matchAll(token)) {
    const before = text.slice(end, found.index);
    end = found.index + found[0].length;
    const choices = found[1] === undefined ? ["%"] : valuesOf(found[1], placeholders, at);
    texts = texts.flatMap((start) => choices.map((choice) => start + before + choice));
    if (texts.length > variantsMax)
      reject("limit-exceeded", `placeholders expand to more than ${variantsMax} values`, at);
  }
  return texts.map((start) => start + text.slice(end));
}

function valuesOf(name: string, placeholders: Placeholders, at: ValuePath): readonly string[] {
  const values = Object.hasOwn(placeholders, name) ? placeholders[name] : undefined;
  if (values !== undefined && values.length > 0) return values.map(String);
  return reject("placeholder-unresolved", `placeholder %${name}% has no values; configure it or remove the rule`, at);
}
