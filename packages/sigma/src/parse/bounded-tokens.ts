import { type CST, Lexer, type LineCounter, Parser } from "yaml";

/** Why the rest of a text is not read, and where what is too much begins. */
export type Excess = Readonly<{ excess: string; offset: number }>;

type Token = Readonly<Record<string, unknown>>;

/**
 * The tokens of a text, one per document, up to the first that nests too deep. What is open is counted while it is read:
 * half a million brackets are one token, which takes seconds and hundreds of megabytes to be built.
 */
export function* boundedTokens(
  text: string,
  counter: LineCounter,
  depthMax: number,
): Generator<CST.Token | Excess, void> {
  const parser = new Parser(counter.addNewLine);
  const excess = `nested deeper than ${depthMax} levels`;
  counter.addNewLine(0);
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) yield bounded(token, depthMax) ?? { excess, offset: offsetOf(token) };
    if (isTooDeep(parser.stack, depthMax)) {
      yield { excess, offset: offsetOf(parser.stack[0]) };
      return;
    }
  }
  for (const token of parser.end()) yield bounded(token, depthMax) ?? { excess, offset: offsetOf(token) };
}

/**
 * The library makes an error with its stack for each character that is none of YAML, and one file may hold half a million:
 * nobody looks at these stacks, and taking them is most of the time and the memory.
 */
export function withoutStacks<T>(read: () => T): T {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return read();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

function bounded(token: CST.Token, depthMax: number): CST.Token | undefined {
  return depthOf(token as unknown as Token, depthMax) > depthMax ? undefined : token;
}

function isTooDeep(open: readonly CST.Token[], depthMax: number): boolean {
  if (open.length <= depthMax) return false;
  return open.filter((token) => isCollection(token as unknown as Token)).length > depthMax;
}

export function offsetOf(token: unknown): number {
  const offset = (token as Token | undefined)?.["offset"];
  return typeof offset === "number" ? offset : 0;
}

/** Depth of a token tree without recursion; stops counting just above `limit`. */
function depthOf(root: Token, limit: number): number {
  const open: { token: Token; depth: number }[] = [{ token: root, depth: 0 }];
  let deepest = 0;
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { token, depth } = next;
    deepest = Math.max(deepest, depth);
    if (deepest > limit) return deepest;
    for (const child of childTokens(token)) open.push({ token: child, depth: isCollection(child) ? depth + 1 : depth });
  }
  return deepest;
}

function isCollection(token: Token): boolean {
  return Array.isArray(token["items"]);
}

function childTokens(token: Token): readonly Token[] {
  const items = token["items"];
  const candidates: unknown[] = [token["value"]];
  if (Array.isArray(items)) {
    for (const item of items as readonly Token[]) candidates.push(item["key"], item["value"]);
  }
  return candidates.filter((child): child is Token => typeof child === "object" && child !== null);
}
