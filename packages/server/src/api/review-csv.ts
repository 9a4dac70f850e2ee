import type { ReviewReport } from "@tyr/contract";
import { visibleText } from "#detect";

type Item = ReviewReport["items"][number];
type Cell = string | number | null;

/** Spreadsheets run cells that begin like this; an apostrophe before them makes them text (OWASP, CSV injection). */
const FORMULA = /^\s*[=+\-@|%]/;
const CHARS_MAX = 4_000;

function cell(value: Cell): string {
  if (value === null) return "";
  if (typeof value === "number") return String(value);
  const shown = visibleText(value, CHARS_MAX);
  const safe = FORMULA.test(shown) || FORMULA.test(value) ? `'${shown}` : shown;
  return /[",;]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const COLUMNS: readonly (readonly [string, (item: Item) => Cell])[] = [
  ["item", ({ id }) => id],
  ["kind", ({ kind }) => kind],
  ["id", ({ target }) => target.id],
  ["name", ({ target }) => target.name],
  ["owner", ({ held }) => held.owner?.name ?? null],
  ["roles at start", ({ held }) => held.roles.join(" ")],
  ["permissions at start", ({ held }) => held.permissions.join(" ")],
  ["last used", ({ lastUsedAt }) => lastUsedAt],
  ["roles found", ({ now }) => now?.roles.join(" ") ?? null],
  ["changed", ({ changed }) => (changed ? "yes" : "no")],
  ["decision", ({ decision }) => decision?.decision ?? null],
  ["roles that stay", ({ decision }) => decision?.roles.join(" ") ?? null],
  ["reason", ({ decision }) => decision?.reason ?? null],
  ["decided by", ({ decision }) => decision?.by.name ?? null],
  ["decided at", ({ decision }) => decision?.at ?? null],
  ["outcome", ({ outcome }) => outcome],
  ["note", ({ note }) => note],
  ["entry of the decision", ({ entries }) => entries.decided],
  ["entry of the execution", ({ entries }) => entries.executed],
];

/** RFC 4180 with a header. What somebody wrote is made visible and never a formula, so no cell holds a line break. */
export function reportCsv({ items }: Pick<ReviewReport, "items">): string {
  const head = COLUMNS.map(([name]) => cell(name)).join(",");
  const rows = items.map((item) => COLUMNS.map(([, of]) => cell(of(item))).join(","));
  return `${[head, ...rows].join("\r\n")}\r\n`;
}
