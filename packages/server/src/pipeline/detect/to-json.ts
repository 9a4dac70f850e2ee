/** jsonb and text refuse NUL and lone surrogates, and an attacker chooses user names: they become U+FFFD. */
export function toJson(rows: readonly object[]): string {
  return JSON.stringify(rows, (_, value: unknown) =>
    typeof value === "string" ? value.toWellFormed().replaceAll("\0", "\uFFFD") : value,
  );
}
