import { ok, refuse, type Refused, type Result } from "@tyr/contract";

/** A name in a filter or path: `emails.value`, perhaps behind the URN of its schema. All in lower case. */
export type AttributePath = Readonly<{ schema: string | undefined; name: string; sub: string | undefined }>;
type Operator = "eq" | "ne" | "co" | "sw" | "ew" | "gt" | "ge" | "lt" | "le";
export type Literal = string | number | boolean | null;
export type Filter =
  | Readonly<{ kind: "and" | "or"; of: readonly Filter[] }>
  | Readonly<{ kind: "not"; of: Filter }>
  | Readonly<{ kind: "compare"; path: AttributePath; operator: Operator; value: Literal }>
  | Readonly<{ kind: "present"; path: AttributePath }>
  | Readonly<{ kind: "where"; path: AttributePath; of: Filter }>;

const CHARS_MAX = 2_000;
/** Parentheses, brackets and `not` within each other. */
const DEPTH_MAX = 10;
const COMPARISONS_MAX = 50;
const OPERATORS: ReadonlySet<string> = new Set(["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"]);

type Token = Readonly<{ kind: "text" | "number" | "word" | "sub" | "mark"; text: string }>;

/** Sticky, without a choice between ways to match the same text: each takes time in proportion to it. */
const TOKENS = [
  ["mark", /[()[\]]/y],
  ["text", /"(?:[^"\\]|\\.)*"/y],
  ["number", /-?\d{1,15}(?:\.\d{1,15})?(?![\w.])/y],
  ["sub", /\.[A-Za-z$][\w$-]*/y],
  ["word", /[A-Za-z$][\w$:.-]*/y],
] as const;

export function invalidFilter(detail: string, scimType: "invalidFilter" | "invalidPath" = "invalidFilter"): Refused {
  return refuse("VALIDATION_FAILED", detail, { scimType });
}

class Malformed extends Error {}

function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < text.length;) {
    if (text[at] === " ") {
      at += 1;
      continue;
    }
    const found = TOKENS.find(([, pattern]) => {
      pattern.lastIndex = at;
      return pattern.test(text);
    });
    if (found === undefined) throw new Malformed(`position ${at + 1} is not understood`);
    const [kind, pattern] = found;
    tokens.push({ kind, text: text.slice(at, pattern.lastIndex) });
    at = pattern.lastIndex;
  }
  return tokens;
}

/** The URN of a schema ends at its last colon; versions before it hold dots. */
export function attributePath(word: string): AttributePath | undefined {
  const lower = word.toLowerCase();
  const colon = lower.startsWith("urn:") ? lower.lastIndexOf(":") : -1;
  const schema = colon < 0 ? undefined : lower.slice(0, colon);
  const parts = lower.slice(colon + 1).split(".");
  const [name = "", sub] = parts;
  if (parts.length > 2 || name === "" || sub === "" || name.includes(":")) return undefined;
  return { schema, name, sub };
}

/** Recursive descent over RFC 7644 section 3.4.2.2 (figure 1): `not` before `and` before `or`. */
class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;
  #comparisons = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  get done(): boolean {
    return this.#at >= this.#tokens.length;
  }

  next(): Token {
    const token = this.#tokens[this.#at];
    if (token === undefined) throw new Malformed("something is missing at its end");
    this.#at += 1;
    return token;
  }

  #word(word: string): boolean {
    const token = this.#tokens[this.#at];
    const is = token?.kind === "word" && token.text.toLowerCase() === word;
    if (is) this.#at += 1;
    return is;
  }

  mark(mark: string): boolean {
    const token = this.#tokens[this.#at];
    const is = token?.kind === "mark" && token.text === mark;
    if (is) this.#at += 1;
    return is;
  }

  sub(): string | undefined {
    const token = this.#tokens[this.#at];
    if (token?.kind !== "sub") return undefined;
    this.#at += 1;
    return token.text.slice(1).toLowerCase();
  }

  close(mark: string): void {
    if (!this.mark(mark)) throw new Malformed(`a ${mark} is missing`);
  }

  filter(depth: number): Filter {
    if (depth > DEPTH_MAX) throw new Malformed(`it is nested deeper than ${DEPTH_MAX} levels`);
    const of = [this.#and(depth)];
    while (this.#word("or")) of.push(this.#and(depth));
    const [only] = of;
    return of.length === 1 && only !== undefined ? only : { kind: "or", of };
  }

  #and(depth: number): Filter {
    const of = [this.#term(depth)];
    while (this.#word("and")) of.push(this.#term(depth));
    const [only] = of;
    return of.length === 1 && only !== undefined ? only : { kind: "and", of };
  }

  #term(depth: number): Filter {
    if (this.mark("(")) return this.#grouped(depth);
    if (this.#word("not")) {
      if (!this.mark("(")) throw new Malformed("not is followed by parentheses");
      return { kind: "not", of: this.#grouped(depth) };
    }
    const path = this.path();
    if (this.mark("[")) {
      const of = this.filter(depth + 1);
      this.close("]");
      return { kind: "where", path, of };
    }
    return this.#comparison(path);
  }

  #grouped(depth: number): Filter {
    const of = this.filter(depth + 1);
    this.close(")");
    return of;
  }

  path(): AttributePath {
    const { kind, text } = this.next();
    const path = kind === "word" ? attributePath(text) : undefined;
    if (path === undefined) throw new Malformed(`an attribute is expected where ${text.slice(0, 40)} stands`);
    return path;
  }

  #comparison(path: AttributePath): Filter {
    if ((this.#comparisons += 1) > COMPARISONS_MAX)
      throw new Malformed(`it compares more than ${COMPARISONS_MAX} times`);
    const operator = this.next().text.toLowerCase();
    if (operator === "pr") return { kind: "present", path };
    if (!OPERATORS.has(operator)) throw new Malformed(`${operator.slice(0, 40)} is no operator`);
    return { kind: "compare", path, operator: operator as Operator, value: this.#literal() };
  }

  #literal(): Literal {
    const { kind, text } = this.next();
    if (kind === "number") return Number(text);
    if (kind === "text") return textOf(text);
    const value = new Map<string, Literal>([
      ["true", true],
      ["false", false],
      ["null", null],
    ]).get(text.toLowerCase());
    if (kind !== "word" || value === undefined)
      throw new Malformed(`a value is expected where ${text.slice(0, 40)} stands`);
    return value;
  }
}

function textOf(quoted: string): string {
  try {
    return JSON.parse(quoted) as string;
  } catch (cause) {
    throw new Malformed("a text in it is not written as in JSON", { cause });
  }
}

function attempt<T>(what: "filter" | "path", text: string, read: (parser: Parser) => T): Result<T> {
  const scimType = what === "filter" ? "invalidFilter" : "invalidPath";
  if (text.length > CHARS_MAX) return invalidFilter(`the ${what} is longer than ${CHARS_MAX} characters`, scimType);
  try {
    const parser = new Parser(tokensOf(text));
    const value = read(parser);
    if (!parser.done) throw new Malformed("there is more after its end");
    return ok(value);
  } catch (error) {
    if (error instanceof Malformed) return invalidFilter(`the ${what} cannot be read: ${error.message}`, scimType);
    throw error;
  }
}

/** Refusal `VALIDATION_FAILED` with `scimType` invalidFilter. */
export function parseFilter(text: string): Result<Filter> {
  return attempt("filter", text, (parser) => parser.filter(0));
}

/** What a PATCH operation aims at: an attribute, some of its values, perhaps a part of them. */
export type PatchPath = Readonly<{ path: AttributePath; where: Filter | undefined; sub: string | undefined }>;

/** RFC 7644 section 3.5.2, figure 7. Refusal `VALIDATION_FAILED` with `scimType` invalidPath. */
export function parsePath(text: string): Result<PatchPath> {
  return attempt("path", text.trim(), (parser) => {
    const { sub: own, ...rest } = parser.path();
    const path = { ...rest, sub: undefined };
    if (own !== undefined || !parser.mark("[")) return { path, where: undefined, sub: own };
    const where = parser.filter(1);
    parser.close("]");
    return { path, where, sub: parser.sub() };
  });
}
