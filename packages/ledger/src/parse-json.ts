import { LedgerError } from "./errors.ts";

/** What `parseJson` gives: objects without a prototype, so a member named `__proto__` is an ordinary member. */
export type ParsedJson = null | boolean | number | string | ParsedJson[] | { [name: string]: ParsedJson };

const depthMax = 200;
const tokenPattern = /[ \t\n\r]*(?:([{}[\],:])|("(?:[^"\\]|\\.)*")|(-?[0-9][-+.0-9eE]*|true|false|null))/suy;
const spacePattern = /[ \t\n\r]*/y;

type Reader = { readonly text: string; at: number };

/**
 * Parses JSON like `JSON.parse`, but refuses what a signed statement must not contain: a repeated member name
 * (two readers would see two statements), a lone surrogate, and a number that overflows to infinity.
 *
 * @throws {LedgerError} `LEDGER_JSON_INVALID`, `LEDGER_JSON_DUPLICATE_NAME`, `LEDGER_JSON_SURROGATE`,
 * `LEDGER_JSON_NUMBER`, `LEDGER_JSON_TOO_DEEP`, each naming the position in UTF-16 units
 */
export function parseJson(text: string): ParsedJson {
  const reader: Reader = { text, at: 0 };
  const value = readValue(reader, nextToken(reader), 0);
  spacePattern.lastIndex = reader.at;
  spacePattern.test(text);
  if (spacePattern.lastIndex !== text.length) throw invalid(reader, "text after the value");
  return value;
}

function nextToken(reader: Reader): string {
  tokenPattern.lastIndex = reader.at;
  const match = tokenPattern.exec(reader.text);
  const token = match?.[1] ?? match?.[2] ?? match?.[3];
  if (token === undefined) throw invalid(reader, "expected a JSON value");
  reader.at = tokenPattern.lastIndex;
  return token;
}

function readValue(reader: Reader, token: string, depth: number): ParsedJson {
  if (depth > depthMax) throw fail("LEDGER_JSON_TOO_DEEP", reader, `deeper than ${depthMax} levels`);
  if (token === "{") return readObject(reader, depth + 1);
  if (token === "[") return readArray(reader, depth + 1);
  if (token.startsWith('"')) return readString(reader, token);
  return readScalar(reader, token);
}

function readObject(reader: Reader, depth: number): ParsedJson {
  const object: { [name: string]: ParsedJson } = Object.create(null);
  let token = nextToken(reader);
  if (token === "}") return object;
  for (;;) {
    if (!token.startsWith('"')) throw invalid(reader, "expected a member name");
    const name = readString(reader, token);
    if (Object.hasOwn(object, name)) throw fail("LEDGER_JSON_DUPLICATE_NAME", reader, "a member name is repeated");
    if (nextToken(reader) !== ":") throw invalid(reader, "expected a colon");
    object[name] = readValue(reader, nextToken(reader), depth);
    const end = nextToken(reader);
    if (end === "}") return object;
    if (end !== ",") throw invalid(reader, "expected a comma or a closing brace");
    token = nextToken(reader);
  }
}

function readArray(reader: Reader, depth: number): ParsedJson {
  const values: ParsedJson[] = [];
  let token = nextToken(reader);
  if (token === "]") return values;
  for (;;) {
    values.push(readValue(reader, token, depth));
    const end = nextToken(reader);
    if (end === "]") return values;
    if (end !== ",") throw invalid(reader, "expected a comma or a closing bracket");
    token = nextToken(reader);
  }
}

function readString(reader: Reader, token: string): string {
  const value = readScalar(reader, token);
  if (typeof value !== "string") throw invalid(reader, "expected a string");
  if (!value.isWellFormed()) throw fail("LEDGER_JSON_SURROGATE", reader, "the string has a lone surrogate");
  return value;
}

/** `JSON.parse` knows the escapes and the number grammar; the token holds no structure any more. */
function readScalar(reader: Reader, token: string): ParsedJson {
  let value: ParsedJson;
  try {
    value = JSON.parse(token) as ParsedJson;
  } catch (cause) {
    throw invalid(reader, "malformed string or number", { cause });
  }
  if (typeof value !== "number" || Number.isFinite(value)) return value;
  throw fail("LEDGER_JSON_NUMBER", reader, "the number is too large");
}

function invalid(reader: Reader, what: string, options?: ErrorOptions): LedgerError {
  return new LedgerError("LEDGER_JSON_INVALID", `${what}, near position ${reader.at}`, options);
}

function fail(
  code: "LEDGER_JSON_DUPLICATE_NAME" | "LEDGER_JSON_SURROGATE" | "LEDGER_JSON_NUMBER" | "LEDGER_JSON_TOO_DEEP",
  reader: Reader,
  what: string,
): LedgerError {
  return new LedgerError(code, `${what}, near position ${reader.at}`);
}
