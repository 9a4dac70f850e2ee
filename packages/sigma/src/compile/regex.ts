import { RE2JS } from "re2js";
import { fold } from "./fold.ts";
import { requiredLiterals } from "./required-literals.ts";

/** A regular expression whose running time grows linearly with the text, whatever the rule's author wrote. */
export type LinearRegex = Readonly<{
  source: string;
  flags: string;
  /** Folded literals every matching text contains, longest first. */
  required: readonly string[];
  test: (text: string) => boolean;
}>;

const flagValues: Readonly<Record<string, number>> = {
  i: RE2JS.CASE_INSENSITIVE,
  m: RE2JS.MULTILINE,
  s: RE2JS.DOTALL,
};

/**
 * Compiles with RE2's syntax: no look-around and no back-references, which Sigma leaves out too. What it would come to is to
 * be looked at before (`estimateStates`).
 *
 * @param flags any of `i`, `m`, `s`
 * @returns the expression, or a message saying why it is not one
 */
export function compileRegex(source: string, flags: string): LinearRegex | string {
  let bits = 0;
  for (const flag of flags) bits |= flagValues[flag] ?? 0;
  try {
    const program = RE2JS.compile(source, bits);
    const required = requiredLiterals(source, flags.includes("i"), fold);
    return { source, flags, required, test: (text) => program.test(text) };
  } catch (cause) {
    return cause instanceof Error ? cause.message : String(cause);
  }
}
