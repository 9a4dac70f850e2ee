import { allTexts, valuesOf } from "./field-values.ts";
import type { Line } from "./witness-index.ts";
import type { EventSource } from "./event-view.ts";
import type { Token } from "./line-tokens.ts";

const utf8 = new TextDecoder();

/** Reads the fields that rules ask for from a line that was taken apart; parses the whole line only where it must. */
export class LineFields implements EventSource {
  readonly #line: Line;
  readonly #isFlat: boolean;
  #parsed: Readonly<Record<string, unknown>> | undefined;

  constructor(line: Line) {
    this.#line = line;
    this.#isFlat = isFlat(line);
  }

  valuesOf(name: string): readonly unknown[] | undefined {
    if (!this.#isFlat) return valuesOf(this.#whole(), name);
    const token = this.#last(name);
    if (token === undefined) return undefined;
    const value = valueOf(this.#line, token);
    return Array.isArray(value) ? valuesOf({ value }, "value") : [value];
  }

  texts(): readonly string[] {
    return allTexts(this.#whole(), undefined);
  }

  /** Of fields with one name the last one counts, as `JSON.parse` has it. */
  #last(name: string): Token | undefined {
    const { tokens } = this.#line;
    for (let index = tokens.count - 1; index >= 0; index -= 1) {
      const token = tokens.at(index);
      if (token?.name === name) return token;
    }
    return undefined;
  }

  #whole(): Readonly<Record<string, unknown>> {
    return (this.#parsed ??= parseObject(this.#line.bytes));
  }
}

/**
 * @throws {SyntaxError} for what is no JSON object
 */
export function parseObject(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(utf8.decode(bytes));
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new SyntaxError("a line must be one JSON object");
}

/** Dotted names lead into objects, and names with blanks answer to others: such lines are read as a whole. */
function isFlat({ text, tokens }: Line): boolean {
  for (let index = 0; index < tokens.count; index += 1) {
    const token = tokens.at(index);
    if (token === undefined) break;
    if (token.name.includes(" ")) return false;
    if (token.kind === "nested" && text.slice(token.from, token.to).includes("{")) return false;
  }
  return true;
}

function valueOf({ bytes, text }: Line, { kind, from, to }: Token): unknown {
  const written = text.slice(from, to);
  if (kind === "bare") return JSON.parse(written) as unknown;
  const isAscii = !/[^\0-\x7f]/.test(written);
  if (kind === "text" && isAscii) return written;
  const quotes = kind === "nested" ? 0 : 1;
  return JSON.parse(
    isAscii ? text.slice(from - quotes, to + quotes) : utf8.decode(bytes.subarray(from - quotes, to + quotes)),
  );
}
