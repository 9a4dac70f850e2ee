import { createHash } from "node:crypto";
import type { ReviewItem } from "@tyr/contract";

/** JSON with the members of every object in one order (RFC 8785, for what reviews hold: no fractions): the same items, the same text. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(",")}}`;
}

/** Names what a report says, without who reads it. */
export function digestOfReport(items: readonly ReviewItem[]): string {
  const said = items.map(({ own: _reader, ...item }) => item);
  return createHash("sha256").update(canonical(said)).digest("hex");
}
