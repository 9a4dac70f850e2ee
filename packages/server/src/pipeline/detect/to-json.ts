/** What text columns refuse, NUL and lone surrogates, becomes U+FFFD: an attacker chooses user names. */
export function storable(text: string): string {
  return text.toWellFormed().replaceAll("\0", "\uFFFD");
}

/** Rows for jsonb, whose texts are storable. */
export function toJson(rows: readonly object[]): string {
  return JSON.stringify(rows, (_, value: unknown) => (typeof value === "string" ? storable(value) : value));
}
