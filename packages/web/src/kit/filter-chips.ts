import type { Chip } from "./chips.tsx";

/** Chips of those filters that are set; taking one away is the page's business. */
export function chipsOf(
  filters: Readonly<Record<string, string | undefined>>,
  remove: (key: string) => void,
): readonly Chip[] {
  return Object.entries(filters).flatMap(([key, value]) =>
    value === undefined ? [] : [{ key, label: key, value, remove: () => remove(key) }],
  );
}
