import { RE2JS } from "re2js";
import { fold } from "./fold.ts";
import { requiredLiterals } from "./required-literals.ts";

/** A regular expression whose running time grows linearly with the text, whatever the rule's author wrote. */
export type LinearRegex = Readonly<{
  source: string;
  flags: string;
  /** Folded literals every matching text contains, longest first. */
  required: readonly string[];
  /** Instructions of the compiled expression, each about 80 bytes of memory. */
  size: number;
  test: (text: string) => boolean;
}>;

/** Instructions of one compiled expression; nested repetitions beyond it only burn memory. */
const programSizeMax = 20_000;
const flagValues: Readonly<Record<string, number>> = {
  i: RE2JS.CASE_INSENSITIVE,
  m: RE2JS.MULTILINE,
  s: RE2JS.DOTALL,
};

/**
 * Compiles with RE2's syntax: no look-around and no back-references, which Sigma leaves out too.
 *
 * @param flags any of `i`, `m`, `s`
 * @returns the expression, or a message saying why it is not one
 */
export function compileRegex(source: string, flags: string): LinearRegex | string {
  let bits = 0;
  for (const flag of flags) bits |= flagValues[flag] ?? 0;
  try {
    const program = RE2JS.compile(source, bits);
    const size = program.programSize();
    if (size > programSizeMax) return "expands to too many states; shorten its repetitions";
    const required = requiredLiterals(source, flags.includes("i"), fold);
    return { source, flags, required, size, test: (text) => program.test(text) };
  } catch (cause) {
    return cause instanceof Error ? cause.message : String(cause);
  }
}
