import { type Bytes, utf8 } from "./bytes.ts";
import { LedgerError } from "./errors.ts";

export type CanonicalOptions = Readonly<{
  /** `rfc8785` writes any finite number; `safe-integer` refuses fractions and anything beyond 2^53 - 1. */
  numbers?: "rfc8785" | "safe-integer";
}>;

/** Deeper values are refused: they are hostile or contain themselves, and recursion must not exhaust the stack. */
const depthMax = 200;

type Writer = { readonly integersOnly: boolean; readonly path: (string | number)[] };

/**
 * Canonical JSON: member names sorted by UTF-16 code unit, no white space, ECMAScript numbers (RFC 8785).
 * Only plain objects, arrays, strings, finite numbers, booleans and null are written; nothing is converted or dropped.
 *
 * @throws {LedgerError} `LEDGER_JSON_NOT_PLAIN`, `LEDGER_JSON_NUMBER`, `LEDGER_JSON_SURROGATE`, `LEDGER_JSON_TOO_DEEP`
 */
export function canonicalize(value: unknown, options: CanonicalOptions = {}): string {
  return write(value, { integersOnly: options.numbers === "safe-integer", path: [] });
}

/** The bytes to hash or to sign: `canonicalize` as UTF-8. */
export function canonicalBytes(value: unknown, options: CanonicalOptions = {}): Bytes {
  return utf8(canonicalize(value, options));
}

function write(value: unknown, writer: Writer): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "string") return writeString(value, writer);
  if (typeof value === "number") return writeNumber(value, writer);
  if (typeof value !== "object") throw problem("LEDGER_JSON_NOT_PLAIN", `a ${typeof value} is not JSON`, writer);
  if (writer.path.length >= depthMax) throw problem("LEDGER_JSON_TOO_DEEP", `deeper than ${depthMax} levels`, writer);
  if (Array.isArray(value)) return writeArray(value, writer);
  return writeObject(value, writer);
}

function writeArray(values: readonly unknown[], writer: Writer): string {
  let text = "[";
  for (let at = 0; at < values.length; at++) {
    writer.path.push(at);
    text += (at === 0 ? "" : ",") + write(values[at], writer);
    writer.path.pop();
  }
  return `${text}]`;
}

function writeObject(object: object, writer: Writer): string {
  const prototype: unknown = Object.getPrototypeOf(object);
  if (prototype !== Object.prototype && prototype !== null) {
    throw problem("LEDGER_JSON_NOT_PLAIN", "only plain objects have a canonical form", writer);
  }
  if (Object.getOwnPropertySymbols(object).length > 0) {
    throw problem("LEDGER_JSON_NOT_PLAIN", "a symbol cannot be a member name", writer);
  }
  let text = "{";
  for (const [name, value] of Object.entries(object).sort(byName)) {
    writer.path.push(name);
    text += `${text === "{" ? "" : ","}${writeString(name, writer)}:${write(value, writer)}`;
    writer.path.pop();
  }
  return `${text}}`;
}

/** JavaScript compares strings by UTF-16 code unit, which is what RFC 8785 section 3.2.3 asks for. */
function byName([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : 1;
}

function writeString(text: string, writer: Writer): string {
  if (text.isWellFormed()) return JSON.stringify(text);
  throw problem("LEDGER_JSON_SURROGATE", "the string has a lone surrogate", writer);
}

function writeNumber(value: number, writer: Writer): string {
  const allowed = writer.integersOnly ? Number.isSafeInteger(value) : Number.isFinite(value);
  if (allowed) return JSON.stringify(value);
  throw problem("LEDGER_JSON_NUMBER", `${value} is not ${writer.integersOnly ? "a safe integer" : "finite"}`, writer);
}

function problem(
  code: "LEDGER_JSON_NOT_PLAIN" | "LEDGER_JSON_NUMBER" | "LEDGER_JSON_SURROGATE" | "LEDGER_JSON_TOO_DEEP",
  what: string,
  writer: Writer,
): LedgerError {
  const shown = writer.path
    .slice(0, 8)
    .map((step) => `[${JSON.stringify(step)}]`)
    .join("");
  return new LedgerError(code, `${what}, at $${shown}${writer.path.length > 8 ? "…" : ""}`);
}
