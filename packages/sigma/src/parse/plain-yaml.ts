import type { Mapping } from "./shape.ts";

/** A rule file with one document, read without building a tree of tokens. */
export type PlainDocument = Readonly<{
  value: Mapping;
  /** Of the first key, from 1; it stands in column 1. */
  line: number;
}>;

/**
 * Reads the part of YAML that nearly every rule keeps to: one document, maps and lists in block style, scalars on one
 * line, folded plain ones, and block scalars. Five times faster than the full reader, whose answer it never differs from:
 * whatever it is not sure of (anchors, tags, flow style, tabs, doubles, any error) it leaves to it.
 *
 * @param depthMax nesting above which the full reader is to complain
 * @returns undefined when the text needs the full reader
 */
export function readPlainYaml(text: string, depthMax: number): PlainDocument | undefined {
  if (unusual.test(text)) return undefined;
  try {
    return new PlainReader(text, Math.min(depthMax, recursionMax)).document();
  } catch (cause) {
    if (cause instanceof NotPlain) return undefined;
    throw cause;
  }
}

/** Control characters, other ends of lines and byte order marks anywhere; document marks and directives. */
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const unusual = /[\0-\t\u000B-\u001F\u007F\u0085\u2028\u2029\uFEFF]|^(?:---|\.\.\.|%)/m;
/** Rules nest five deep. */
const recursionMax = 16;
const keyCharsMax = 256;

class NotPlain extends Error {}

function giveUp(): never {
  throw notPlain;
}

// One for all: its stack is of no interest, and taking it costs.
const notPlain = new NotPlain("needs the full reader");

/** A key at the start of an entry, and what follows it. Keys with colons or marks of comments in them are not plain. */
const entryShape = /^([\p{L}_][^:#]*|'[^']*'|"[^"\\]*"):(?: +(.*))?$/u;
const singleQuoted = /^'([^']*(?:''[^']*)*)'(?: +#.*| *)$/;
const doubleQuoted = /^"([^"\\]*(?:\\.[^"\\]*)*)"(?: +#.*| *)$/;
const blockHeader = /^([|>])(-?)(?: +#.*| *)$/;
const escapes: Readonly<Record<string, string>> = { "\\": "\\", '"': '"', "/": "/", n: "\n", t: "\t", r: "\r" };
const words: ReadonlyMap<string, null | boolean> = new Map([
  ...["null", "Null", "NULL", "~"].map((word) => [word, null] as const),
  ...["true", "True", "TRUE"].map((word) => [word, true] as const),
  ...["false", "False", "FALSE"].map((word) => [word, false] as const),
]);
const shortInteger = /^(?:0|[1-9]\d{0,14})$/;
/** Everything else the core schema takes for a number (YAML 1.2.2, section 10.3.2). */
const otherNumber =
  /^(?:[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?|0o[0-7]+|0x[0-9a-fA-F]+|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;

class PlainReader {
  readonly #lines: string[];
  readonly #depthMax: number;
  #at = 0;

  constructor(text: string, depthMax: number) {
    this.#lines = text.split("\n");
    this.#depthMax = depthMax;
  }

  document(): PlainDocument {
    if (this.#next() !== 0) giveUp();
    const line = this.#at + 1;
    const value = this.#map(0, 1);
    if (this.#next() !== -1) giveUp();
    return { value, line };
  }

  #line(): string {
    return this.#lines[this.#at] ?? "";
  }

  /** Goes to the next line with content. Its indent, or -1 at the end. */
  #next(): number {
    for (; this.#at < this.#lines.length; this.#at += 1) {
      const line = this.#line();
      const indent = indentOf(line);
      if (indent < line.length && line.charAt(indent) !== "#") return indent;
    }
    return -1;
  }

  #map(indent: number, depth: number): Mapping {
    if (depth > this.#depthMax) giveUp();
    const map: Record<string, unknown> = {};
    for (let next = indent; next === indent; next = this.#next()) {
      const [key, rest] = entryOf(indent === 0 ? this.#line() : this.#line().slice(indent)) ?? giveUp();
      if (key === "__proto__" || Object.hasOwn(map, key)) giveUp();
      this.#at += 1;
      map[key] = isNothing(rest) ? this.#below(indent, depth) : this.#scalar(rest, indent);
    }
    return map;
  }

  /** What stands under a key without a value of its own. A list may stand as far left as its key. */
  #below(indent: number, depth: number): unknown {
    const next = this.#next();
    const isList = next >= indent && isListEntry(this.#line(), next);
    if (isList) return this.#list(next, depth + 1);
    return next > indent ? this.#map(next, depth + 1) : null;
  }

  #list(indent: number, depth: number): readonly unknown[] {
    if (depth > this.#depthMax) giveUp();
    const list: unknown[] = [];
    for (let next = indent; next === indent && isListEntry(this.#line(), indent); next = this.#next()) {
      list.push(this.#listEntry(indent, depth));
    }
    return list;
  }

  #listEntry(indent: number, depth: number): unknown {
    const line = this.#line();
    const from = indent + 1 + indentOf(line.slice(indent + 1));
    const rest = line.slice(from).trimEnd();
    if (isNothing(rest) || isListEntry(rest, 0)) giveUp();
    if (entryOf(rest) === undefined) {
      this.#at += 1;
      return this.#scalar(rest, indent);
    }
    // A map that begins behind the dash: as if it stood in a line of its own.
    this.#lines[this.#at] = " ".repeat(from) + rest;
    return this.#map(from, depth + 1);
  }

  /** @param indent of the key or dash it belongs to; what goes on further right belongs to the value */
  #scalar(written: string, indent: number): unknown {
    const first = written.charAt(0);
    if (first === "'") return (singleQuoted.exec(written)?.[1] ?? giveUp()).replaceAll("''", "'");
    if (first === '"') return unescaped(doubleQuoted.exec(written)?.[1] ?? giveUp());
    if (first === "|" || first === ">") return this.#block(written, indent);
    if (",[]{}#&*!%@`?:".includes(first) || isListEntry(written, 0)) giveUp();
    return this.#plain(written, indent);
  }

  #plain(written: string, indent: number): unknown {
    const comment = written.indexOf(" #");
    let text = (comment === -1 ? written : written.slice(0, comment)).trimEnd();
    let hasColon = looksLikeEntry(text);
    let isFolded = false;
    for (; this.#at < this.#lines.length; this.#at += 1) {
      const line = this.#line();
      const from = indentOf(line);
      if (from <= indent || from === line.length || line.charAt(from) === "#") break;
      const more = line.slice(from).trimEnd();
      if (comment !== -1 || more.includes(" #")) giveUp();
      hasColon ||= looksLikeEntry(more);
      text += ` ${more}`;
      isFolded = true;
    }
    if (hasColon) giveUp();
    return isFolded ? text : resolved(text);
  }

  #block(header: string, indent: number): string {
    const [, style, strip] = blockHeader.exec(header) ?? giveUp();
    const inner = indentOf(this.#line());
    if (inner <= indent) giveUp();
    const lines = this.#blockLines(inner, style === ">");
    if (this.#next() > indent) giveUp();
    const text = style === "|" ? lines.join("\n") : folded(lines);
    return strip === "-" ? text : `${text}\n`;
  }

  /** Without the empty lines at the end; those at the start and lines set in need the full reader. */
  #blockLines(indent: number, isFolded: boolean): readonly string[] {
    const lines: string[] = [];
    for (; this.#at < this.#lines.length; this.#at += 1) {
      const line = this.#line();
      const from = indentOf(line);
      const isBlank = from === line.length;
      if (!isBlank && from < indent) break;
      if ((isBlank || isFolded) && from > indent) giveUp();
      lines.push(isBlank ? "" : line.slice(indent));
    }
    if (lines[0] === "") giveUp();
    while (lines.at(-1) === "") lines.pop();
    return lines;
  }
}

function indentOf(line: string): number {
  let indent = 0;
  while (line.charCodeAt(indent) === 0x20) indent += 1;
  return indent;
}

function isListEntry(line: string, at: number): boolean {
  return line.charAt(at) === "-" && (line.length === at + 1 || line.charAt(at + 1) === " ");
}

function isNothing(rest: string): boolean {
  return rest === "" || rest.startsWith("#");
}

function looksLikeEntry(text: string): boolean {
  return text.includes(": ") || text.endsWith(":");
}

function entryOf(text: string): readonly [key: string, rest: string] | undefined {
  const [, written, rest = ""] = entryShape.exec(text.trimEnd()) ?? [];
  if (written === undefined) return undefined;
  const isQuoted = written.startsWith("'") || written.startsWith('"');
  if (written.length > keyCharsMax || written.endsWith(" ") || words.has(written)) return giveUp();
  return [isQuoted ? written.slice(1, -1) : written, rest];
}

function resolved(text: string): unknown {
  const word = words.get(text);
  if (word !== undefined) return word;
  if (shortInteger.test(text)) return Number(text);
  return otherNumber.test(text) ? giveUp() : text;
}

function unescaped(text: string): string {
  if (!text.includes("\\")) return text;
  return text.replaceAll(/\\(.)/g, (_, name: string) => escapes[name] ?? giveUp());
}

/** Single ends of lines become blanks, empty lines stay. */
function folded(lines: readonly string[]): string {
  let text = "";
  let separator = "";
  for (const line of lines) {
    if (line === "") {
      if (separator === "\n") text += "\n";
      else separator = "\n";
    } else {
      text += separator + line;
      separator = " ";
    }
  }
  return text;
}
