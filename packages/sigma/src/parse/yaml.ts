import { Composer, type Document, isMap, isScalar, isSeq, LineCounter, type Node } from "yaml";
import { boundedTokens, offsetOf, withoutStacks } from "./bounded-tokens.ts";
import { faultOf } from "./yaml-fault.ts";
import { readPlainYaml } from "./plain-yaml.ts";
import type { RejectionCode, ValuePath } from "./rejection.ts";
import { keepLeadingZeros, rewrittenNumbers } from "./rewritten-numbers.ts";

/** Bounds on one rule file. A rule is written by people; anything near these limits is not one. */
export type YamlLimits = Readonly<{
  /** Characters of one file, default 524 288. */
  fileCharsMax: number;
  /** Nesting of lists and maps, default 32. */
  depthMax: number;
  /** Alias expansions of one document, default 64 (the "billion laughs" attack). */
  aliasMax: number;
  /** Documents in one file, default 1 024. */
  documentsMax: number;
}>;

export const defaultYamlLimits: YamlLimits = { fileCharsMax: 524_288, depthMax: 32, aliasMax: 64, documentsMax: 1024 };

/** One place in a file, both counted from 1. */
export type Position = Readonly<{ line: number; column: number }>;

/** One YAML document: its plain value and what its author should know of how it was read, or why it could not be read. */
export type YamlDocument =
  | Readonly<{ ok: true; value: unknown; locate: (at: ValuePath) => Position; remarks: readonly string[] }>
  | Readonly<{ ok: false; code: RejectionCode; message: string; position: Position }>;

type Lines = Readonly<{ counter: LineCounter }>;

const start: Position = { line: 1, column: 1 };
const composerOptions = {
  schema: "core",
  version: "1.2",
  intAsBigInt: true,
  prettyErrors: false,
  logLevel: "error",
  // Looked for by ourselves: the library compares every key with every other.
  uniqueKeys: false,
} as const;

/** What is left of UTF-16, or of no text at all, by whoever reads it as UTF-8. */
const notUtf8 = /^(?:\uFFFD\uFFFD|[^\n]{0,3}\0)/;

/**
 * Splits a file into documents. Documents without content (a trailing `---`) are left out. Plain files are read the fast
 * way, and the full way only once somebody asks where one of their values stands.
 */
export function readYaml(text: string, limits: YamlLimits): readonly YamlDocument[] {
  if (text.length > limits.fileCharsMax) {
    const message = `the file has ${text.length} characters, the limit is ${limits.fileCharsMax}`;
    return [{ ok: false, code: "yaml-limit", message, position: start }];
  }
  if (notUtf8.test(text)) {
    const message = "the file is not UTF-8 text; save it as UTF-8";
    return [{ ok: false, code: "yaml-invalid", message, position: start }];
  }
  const plainDocument = limits.documentsMax < 1 ? undefined : readPlainYaml(text, limits.depthMax);
  if (plainDocument === undefined) return readFullYaml(text, limits);
  const { value, line } = plainDocument;
  let full: YamlDocument | undefined;
  const find = (at: ValuePath): Position => {
    full ??= readFullYaml(text, limits)[0];
    return full?.ok === true ? full.locate(at) : { line, column: 1 };
  };
  return [{ ok: true, value, remarks: [], locate: (at) => (at.length === 0 ? { line, column: 1 } : find(at)) }];
}

/** Any YAML. Depth is measured while tokens are built and on their tree, before anything recursive runs over it. */
export function readFullYaml(text: string, limits: YamlLimits): readonly YamlDocument[] {
  return withoutStacks(() => readDocuments(text, limits));
}

function readDocuments(text: string, limits: YamlLimits): readonly YamlDocument[] {
  const counter = new LineCounter();
  const composer = new Composer({ ...composerOptions, lineCounter: counter });
  const documents: YamlDocument[] = [];
  const take = (composed: Iterable<Document.Parsed>): void => {
    for (const document of composed) {
      if (document.contents !== null && !isEmpty(document)) documents.push(toDocument(document, { counter }, limits));
    }
  };
  for (const token of boundedTokens(withLineFeeds(text), counter, limits.depthMax)) {
    if ("excess" in token || documents.length >= limits.documentsMax) {
      const message = "excess" in token ? token.excess : `more than ${limits.documentsMax} documents in one file`;
      documents.push({ ok: false, code: "yaml-limit", message, position: positionAt({ counter }, offsetOf(token)) });
      return documents;
    }
    take(composer.next(token));
  }
  take(composer.end());
  return documents;
}

/** A carriage return alone ends a line too (YAML 1.2.2, section 5.4); positions stay the same. */
function withLineFeeds(text: string): string {
  return text.includes("\r") ? text.replaceAll(/\r(?!\n)/g, "\n") : text;
}

function isEmpty(document: Document.Parsed): boolean {
  const content = document.contents;
  return document.errors.length === 0 && isScalar(content) && content.value === null;
}

function positionAt(lines: Lines, offset: number): Position {
  const { line, col } = lines.counter.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}

function toDocument(document: Document.Parsed, lines: Lines, limits: YamlLimits): YamlDocument {
  const fault = faultOf(document, limits.aliasMax);
  if (fault !== undefined) {
    const { code, message, offset } = fault;
    return { ok: false, code, message, position: positionAt(lines, offset) };
  }
  keepLeadingZeros(document);
  try {
    const value = plain(document.toJS({ maxAliasCount: limits.aliasMax }));
    return { ok: true, value, locate: (at) => locate(document, lines, at), remarks: remarksOn(document, lines) };
  } catch (cause) {
    // Aliases of what holds aliases are all that is left to fail.
    if (!(cause instanceof ReferenceError)) throw cause;
    const message = `aliases repeat what holds other aliases more than ${limits.aliasMax} times`;
    return { ok: false, code: "yaml-limit", message, position: positionAt(lines, document.range[0]) };
  }
}

function remarksOn(document: Document.Parsed, lines: Lines): readonly string[] {
  return rewrittenNumbers(document).map(({ source, value, offset }) => {
    const { line, column } = positionAt(lines, offset);
    return `${line}:${column}: ${source} is compared as ${value}; put it in quotes if the text is meant`;
  });
}

/** Integers come as bigint so that none loses digits: safe ones become numbers, larger ones their decimal text. */
function plain(value: unknown): unknown {
  if (typeof value === "bigint") {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value.toString();
  }
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

/** The deepest node that exists on the way: a missing key is shown at the map it is missing from. */
function locate(document: Document.Parsed, lines: Lines, at: ValuePath): Position {
  let node: unknown = document.contents;
  let offset = document.contents?.range[0] ?? document.range[0];
  for (const step of at) {
    const found: Node | null | undefined = childNode(node, step);
    if (found === null || found === undefined) break;
    offset = found.range?.[0] ?? offset;
    node = isMap(node) ? node.get(step, true) : found;
  }
  return positionAt(lines, offset);
}

function childNode(node: unknown, step: string | number): Node | null | undefined {
  if (isSeq(node)) return typeof step === "number" ? (node.items[step] as Node | undefined) : undefined;
  if (!isMap(node)) return undefined;
  const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
  return pair?.key as Node | undefined;
}
