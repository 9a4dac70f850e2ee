import { reject, type ValuePath } from "./rejection.ts";

/** A condition before its names are resolved. */
export type Condition =
  | Readonly<{ kind: "and" | "or"; parts: readonly Condition[] }>
  | Readonly<{ kind: "not"; part: Condition }>
  | Readonly<{ kind: "name"; name: string }>
  | Readonly<{ kind: "quantified"; quantifier: "any" | "all"; pattern: string }>;

/** Characters of one condition and nesting inside it: bounds for the recursive parser. */
const charsMax = 16_384;
const depthMax = 64;
const quantifiers: Readonly<Record<string, "any" | "all">> = { "1": "any", any: "any", all: "all" };

/**
 * Parses `a and (1 of b_* or not c)`. Binding, weakest first: or, and, not, `x of`, brackets (Sigma rules
 * specification, "Condition"). Operators may be in upper case. Names that merely begin with an operator are names.
 *
 * @throws {RuleRejected} `condition-invalid`
 */
export function parseCondition(text: string, at: ValuePath): Condition {
  if (text.length > charsMax) reject("condition-invalid", `the condition is longer than ${charsMax} characters`, at);
  if (text.includes("|")) {
    reject("condition-invalid", "the aggregation syntax with | was removed from Sigma; write a correlation rule", at);
  }
  const reader = new Reader(text.match(/[()]|[^\s()]+/g) ?? [], at);
  if (reader.peek() === undefined) reject("condition-invalid", "the condition is empty", at);
  const condition = parseOr(reader, 0);
  const rest = reader.peek();
  if (rest !== undefined) reject("condition-invalid", `unexpected ${JSON.stringify(rest)} in the condition`, at);
  return condition;
}

class Reader {
  readonly #tokens: readonly string[];
  readonly at: ValuePath;
  #next = 0;
  constructor(tokens: readonly string[], at: ValuePath) {
    this.#tokens = tokens;
    this.at = at;
  }
  peek(ahead = 0): string | undefined {
    return this.#tokens[this.#next + ahead];
  }
  skip(count: number): void {
    this.#next += count;
  }
  /** Takes the next token if it is this word, whatever its case. */
  takes(word: string): boolean {
    if (this.peek()?.toLowerCase() !== word) return false;
    this.skip(1);
    return true;
  }
}

function parseOr(reader: Reader, depth: number): Condition {
  if (depth > depthMax)
    reject("condition-invalid", `the condition is nested deeper than ${depthMax} levels`, reader.at);
  const parts = [parseAnd(reader, depth)];
  while (reader.takes("or")) parts.push(parseAnd(reader, depth));
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : { kind: "or", parts };
}

function parseAnd(reader: Reader, depth: number): Condition {
  const parts = [parseNot(reader, depth)];
  while (reader.takes("and")) parts.push(parseNot(reader, depth));
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : { kind: "and", parts };
}

function parseNot(reader: Reader, depth: number): Condition {
  let isNegated = false;
  while (reader.takes("not")) isNegated = !isNegated;
  const part = parseOperand(reader, depth);
  return isNegated ? { kind: "not", part } : part;
}

function parseOperand(reader: Reader, depth: number): Condition {
  const token = reader.peek();
  if (token === undefined) return reject("condition-invalid", "the condition ends where a name is expected", reader.at);
  if (token === "(") return parseBrackets(reader, depth);
  if (token === ")" || ["and", "or"].includes(token.toLowerCase())) {
    return reject("condition-invalid", `unexpected ${JSON.stringify(token)} where a name is expected`, reader.at);
  }
  if (reader.peek(1)?.toLowerCase() === "of") return parseQuantified(reader, token);
  reader.skip(1);
  return { kind: "name", name: token };
}

function parseBrackets(reader: Reader, depth: number): Condition {
  reader.skip(1);
  const inner = parseOr(reader, depth + 1);
  if (!reader.takes(")")) reject("condition-invalid", "a bracket is not closed", reader.at);
  return inner;
}

function parseQuantified(reader: Reader, word: string): Condition {
  const quantifier = Object.hasOwn(quantifiers, word.toLowerCase()) ? quantifiers[word.toLowerCase()] : undefined;
  const pattern = reader.peek(2);
  if (quantifier === undefined)
    return reject("condition-invalid", `${JSON.stringify(word)} of: write 1, any or all`, reader.at);
  if (pattern === undefined || pattern === "(" || pattern === ")") {
    return reject("condition-invalid", `"${word} of" needs "them" or a name pattern`, reader.at);
  }
  reader.skip(3);
  return { kind: "quantified", quantifier, pattern };
}
