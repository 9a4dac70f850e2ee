const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
/** Names of fields remembered; a hostile sensor makes them up. */
const NAMES_MAX = 8_192;

/** What a value is: text as it stands, text with escapes in it, a number or word, or a list or object. */
type TokenKind = "text" | "escaped" | "bare" | "nested";

/** One name with its value: `from` and `to` enclose the value in the line, quotation marks left out. */
export type Token = { name: string; kind: TokenKind; from: number; to: number };

/**
 * Takes a line of JSON apart without building anything: positions of names and values, found by the platform's own search
 * for quotation marks. Lists and objects inside are passed over whole.
 */
export class LineTokens {
  readonly #tokens: Token[] = [];
  readonly #names = new Map<string, string>();
  /** The name that followed each name last time: sources write their fields in one order. */
  readonly #after = new Map<string, string>();
  #count = 0;
  /** The first backslash at or behind the place read, or −1. */
  #backslash = -1;

  get count(): number {
    return this.#count;
  }

  at(index: number): Token | undefined {
    return index < this.#count ? this.#tokens[index] : undefined;
  }

  /** @returns false when this is no object, or one whose names have escapes: the line has to be parsed */
  read(line: string): boolean {
    this.#count = 0;
    this.#backslash = line.indexOf("\\");
    let at = skipBlanks(line, 0);
    if (line.charCodeAt(at) !== OPEN) return false;
    at = skipBlanks(line, at + 1);
    if (line.charCodeAt(at) === CLOSE) return skipBlanks(line, at + 1) === line.length;
    let before = "";
    for (;;) {
      const name = line.charCodeAt(at) === QUOTE ? this.#nameAt(line, at + 1, before) : undefined;
      if (name === undefined) return false;
      at = skipBlanks(line, at + name.length + 2);
      if (line.charCodeAt(at) !== COLON) return false;
      at = this.#valueAt(line, skipBlanks(line, at + 1), name);
      if (at === -1) return false;
      at = skipBlanks(line, at);
      const separator = line.charCodeAt(at);
      at = skipBlanks(line, at + 1);
      if (separator !== COMMA) return separator === CLOSE && at === line.length;
      before = name;
    }
  }

  /** @returns the place behind the value, or −1 when there is none */
  #valueAt(line: string, at: number, name: string): number {
    const token = this.#next(name);
    const first = line.charCodeAt(at);
    if (first !== QUOTE) {
      const isNested = first === OPEN || first === OPEN_LIST;
      token.kind = isNested ? "nested" : "bare";
      token.from = at;
      token.to = isNested ? endOfNested(line, at) : endOfScalar(line, at);
      return token.to;
    }
    token.from = at + 1;
    if (this.#backslash !== -1 && this.#backslash < token.from) this.#backslash = line.indexOf("\\", token.from);
    token.to = endOfText(line, token.from, this.#backslash);
    token.kind = this.#backslash !== -1 && this.#backslash < token.to ? "escaped" : "text";
    return token.to === -1 ? -1 : token.to + 1;
  }

  #next(name: string): Token {
    const known = this.#tokens[this.#count];
    this.#count += 1;
    if (known !== undefined) {
      known.name = name;
      return known;
    }
    const token: Token = { name, kind: "text", from: 0, to: 0 };
    this.#tokens.push(token);
    return token;
  }

  /** The name that begins here, always as the same string object; undefined when it has escapes or beyond-ASCII bytes. */
  #nameAt(line: string, from: number, before: string): string | undefined {
    const guess = this.#after.get(before);
    if (guess !== undefined && line.startsWith(guess, from) && line.charCodeAt(from + guess.length) === QUOTE)
      return guess;
    const end = line.indexOf('"', from);
    if (end === -1) return undefined;
    const written = line.slice(from, end);
    const known = this.#names.get(written);
    if (known === undefined && !/^[ !#-[\]-~]*$/.test(written)) return undefined;
    if (this.#names.size >= NAMES_MAX) {
      this.#names.clear();
      this.#after.clear();
    }
    const name = known ?? written;
    if (known === undefined) this.#names.set(name, name);
    this.#after.set(before, name);
    return name;
  }
}

function skipBlanks(line: string, from: number): number {
  let at = from;
  while (isBlank(line.charCodeAt(at))) at += 1;
  return at;
}

/** RFC 8259, section 2. */
function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d;
}

/** @param backslash the first one at or after `from`, or −1 */
function endOfText(line: string, from: number, backslash: number): number {
  let end = line.indexOf('"', from);
  if (backslash === -1) return end;
  while (end > backslash && isEscaped(line, end)) end = line.indexOf('"', end + 1);
  return end;
}

function isEscaped(line: string, quote: number): boolean {
  let backslashes = 0;
  while (line.charCodeAt(quote - 1 - backslashes) === BACKSLASH) backslashes += 1;
  return backslashes % 2 === 1;
}

/** @returns the place behind the list or object that begins here, or −1 */
function endOfNested(line: string, from: number): number {
  let depth = 0;
  for (let at = from; at < line.length; at += 1) {
    const code = line.charCodeAt(at);
    if (code === OPEN || code === OPEN_LIST) depth += 1;
    else if (code === CLOSE || code === CLOSE_LIST) {
      depth -= 1;
      if (depth === 0) return at + 1;
    } else if (code === QUOTE) {
      at = endOfText(line, at + 1, line.indexOf("\\", at + 1));
      if (at === -1) return -1;
    }
  }
  return -1;
}

/** @returns the place behind the number or word that begins here, or −1 when JSON has none such */
function endOfScalar(line: string, from: number): number {
  let to = from;
  for (let code = line.charCodeAt(to); isBare(code); code = line.charCodeAt(to)) to += 1;
  return isScalar(line, { from, to }) ? to : -1;
}

/** The words and numbers of JSON (RFC 8259); short whole numbers, nearly all there are, without a closer look. */
function isScalar(line: string, { from, to }: Pick<Token, "from" | "to">): boolean {
  const first = line.charCodeAt(from);
  if (to - from === 1) return isDigit(first);
  return /^(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)$/.test(line.slice(from, to));
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function isBare(code: number): boolean {
  return (
    (code >= 0x30 && code <= 0x39) ||
    (code >= 0x61 && code <= 0x7a) ||
    code === 0x2d ||
    code === 0x2e ||
    code === 0x2b ||
    code === 0x45
  );
}
