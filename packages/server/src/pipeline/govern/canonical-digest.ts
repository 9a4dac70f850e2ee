import { createHash } from "node:crypto";
import type { FactValue } from "#platform/database";

function write(value: FactValue): string {
  if (typeof value === "number" && !Number.isSafeInteger(value))
    throw new TypeError(`${value} has no canonical form here: whole numbers only`);
  if (typeof value === "string" && !value.isWellFormed()) throw new TypeError("a lone surrogate has no canonical form");
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((one: FactValue) => write(one)).join(",")}]`;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([name, one]) => `${JSON.stringify(name)}:${write(one)}`).join(",")}}`;
}

/**
 * Canonical JSON (RFC 8785) of a value without fractions: the bytes people sign.
 *
 * @throws {TypeError} a fraction, an unsafe integer or a lone surrogate: it would read differently elsewhere
 */
export function canonicalText(value: FactValue): string {
  return write(value);
}

/**
 * SHA-256 in hex over the canonical JSON (RFC 8785) of a value without fractions: what people approve is named by it.
 *
 * @throws {TypeError} a fraction, an unsafe integer or a lone surrogate: it would read differently elsewhere
 */
export function digestOf(value: FactValue): string {
  return createHash("sha256").update(write(value), "utf8").digest("hex");
}
