/**
 * Case folding for Sigma's case-insensitive comparison. Works character by character, so that folding a piece of a text
 * gives the piece of the folded text: the final sigma and the dotted capital I, where `toLowerCase` depends on
 * neighbours or changes the length, are evened out.
 */
export function fold(text: string): string {
  const plain = text.includes("\u0130") ? text.replaceAll("\u0130", "i") : text;
  const lower = plain.toLowerCase();
  return lower.includes("\u03C2") ? lower.replaceAll("\u03C2", "\u03C3") : lower;
}
