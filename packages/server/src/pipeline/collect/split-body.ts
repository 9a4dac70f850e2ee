import { isUtf8 } from "node:buffer";

/** One piece of a body that should be one event. */
export type Item = Readonly<{
  text: string;
  /** Its bytes, where they were not UTF-8 and `text` has U+FFFD in their place. */
  exact?: Uint8Array;
  /** Line number from 0, or place in the array: blank lines count. */
  place: number;
}>;

const LINE_FEED = 0x0a;

function trimmedEnd(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}

function* validLines(text: string): Generator<Item> {
  let place = 0;
  for (let at = 0; at < text.length; place += 1) {
    const feed = text.indexOf("\n", at);
    const end = feed < 0 ? text.length : feed;
    const line = trimmedEnd(text.slice(at, end));
    if (line.trim() !== "") yield { text: line, place };
    at = end + 1;
  }
}

/** Line by line, so that one broken line does not touch its neighbours. */
function* damagedLines(body: Buffer): Generator<Item> {
  let place = 0;
  for (let at = 0; at < body.length; place += 1) {
    const feed = body.indexOf(LINE_FEED, at);
    const end = feed < 0 ? body.length : feed;
    const bytes = body.subarray(at, end);
    const text = trimmedEnd(bytes.toString("utf8"));
    if (text.trim() !== "") yield isUtf8(bytes) ? { text, place } : { text, place, exact: bytes };
    at = end + 1;
  }
}

/** Just after the closing quote of the string that starts here, or the end of the text. */
function endOfString(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at += 1) {
    if (text[at] === "\\") at += 1;
    else if (text[at] === '"') return at + 1;
  }
  return text.length;
}

/** Where the value that starts here ends, at a comma or bracket of the array; undefined when the text ends first. */
function endOfValue(text: string, from: number): number | undefined {
  let depth = 0;
  for (let at = from; at < text.length; at += 1) {
    const sign = text[at];
    if (sign === '"') at = endOfString(text, at) - 1;
    else if (sign === "{" || sign === "[") depth += 1;
    else if (depth === 0 && (sign === "," || sign === "]")) return at;
    else if (sign === "}" || sign === "]") depth -= 1;
  }
  return undefined;
}

/** The elements of a JSON array as they were written. Whatever cannot be split is yielded whole: it will be rejected, not lost. */
function* arrayItems(text: string, damaged: boolean): Generator<Item> {
  const itemOf = (piece: string, place: number): Item =>
    damaged && piece.includes("\uFFFD") ? { text: piece, place, exact: Buffer.from(piece) } : { text: piece, place };
  let at = text.indexOf("[") + 1;
  for (let place = 0; ; place += 1) {
    const end = endOfValue(text, at);
    const piece = text.slice(at, end).trim();
    const isEmptyArray = place === 0 && piece === "" && end !== undefined && text[end] === "]";
    if (end === undefined) {
      yield itemOf(piece === "" ? "[" : piece, place);
      return;
    }
    if (!isEmptyArray) yield itemOf(piece, place);
    at = end + 1;
    if (text[end] === "]") break;
  }
  const rest = text.slice(at).trim();
  if (rest !== "") yield itemOf(rest, -1);
}

function isWholeJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** A log whose lines begin with a time or a level in brackets: nothing JSON can begin with. */
const BRACKETED = /^\[(?:\d{4}-\d\d|[A-Z][a-z]{2} |(?!(?:true|false|null)\])[A-Za-z]{2,16}\])/;

/** A value printed over several lines is one event; bodies longer than a line may be cannot be one. */
const WHOLE_CHARS_MAX = 65_536;

/**
 * Splits a body into what should be events: the elements of a JSON array, one JSON value, or lines (NDJSON, logs).
 * Lazy: nothing is held but the body's own text.
 *
 * @param lines true when the sender says that these are lines (`application/x-ndjson`, `text/plain`): never an array
 */
export function splitBody(body: Uint8Array, lines: boolean): Iterator<Item> {
  const buffer = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const valid = isUtf8(buffer);
  if (lines && !valid) return damagedLines(buffer);
  const text = buffer.toString("utf8").replace(/^\uFEFF/, "");
  const head = text.slice(0, 1024).trimStart();
  const start = head.slice(0, 1);
  if (!lines && start === "[" && !BRACKETED.test(head)) return arrayItems(text, !valid);
  if (!lines && start === "{" && text.length <= WHOLE_CHARS_MAX && text.trimEnd().includes("\n") && isWholeJson(text)) {
    return [{ text: text.trim(), place: 0 }].values();
  }
  return valid ? validLines(text) : damagedLines(buffer);
}
