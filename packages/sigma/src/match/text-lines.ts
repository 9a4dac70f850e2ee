import type { LineBytes } from "./byte-index.ts";
import type { EventSource } from "./event-view.ts";
import { LineFields } from "./line-fields.ts";
import { LineTokens } from "./line-tokens.ts";
import type { Line, WitnessIndex } from "./witness-index.ts";

/** Searches lines where there is no WebAssembly. */
export class TextLines {
  readonly #tokens = new LineTokens();
  readonly #viewed = viewer();
  #line: Line | undefined;

  find(index: WitnessIndex, bytes: Uint8Array): readonly number[] | undefined {
    const text = oneCharacterPerByte(bytes);
    if (foldsIntoAscii(text) || !this.#tokens.read(text)) return undefined;
    this.#line = { ...this.#viewed(bytes), text, tokens: this.#tokens };
    return index.findInLine(this.#line);
  }

  /** @throws {Error} before a line was searched */
  source(): EventSource {
    if (this.#line === undefined) throw new Error("no line was searched yet");
    return new LineFields(this.#line);
  }

  /** Keeps nothing of what lines are like. */
  observe(): void {}

  /** Keeps nothing for an index. */
  forget(): void {}
}

const latin1 = new TextDecoder("latin1");

/** U+0130 and U+212A, the only characters beyond ASCII that fold into it, as the bytes of UTF-8. */
function foldsIntoAscii(text: string): boolean {
  // The decoder of platforms without `latin1Slice` takes 0x84 for a quotation mark (windows-1252).
  return ["\u00C4\u00B0", "\u00E2\u0084\u00AA", "\u00E2\u201E\u00AA"].some((bytes) => text.includes(bytes));
}

/** Lines mostly lie in one large buffer: one view of it serves them all. */
function viewer(): (bytes: Uint8Array) => LineBytes {
  let view: DataView = new DataView(new ArrayBuffer(0));
  return (bytes) => {
    if (view.buffer !== bytes.buffer) view = new DataView(bytes.buffer);
    return { bytes, view, base: bytes.byteOffset };
  };
}

/** ASCII as it is; other bytes as some character beyond ASCII (which one does not matter here). */
function oneCharacterPerByte(bytes: Uint8Array): string {
  // Node's own buffers do this without the decoder's detours.
  return "latin1Slice" in bytes ? (bytes as Latin1Bytes).latin1Slice() : latin1.decode(bytes);
}

type Latin1Bytes = Uint8Array & Readonly<{ latin1Slice: () => string }>;
