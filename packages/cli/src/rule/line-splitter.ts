/** One line of a source; `bytes` has neither line feed nor carriage return, and is undefined when it was too long to keep. */
export type Line = Readonly<{ number: number; bytes: Uint8Array | undefined }>;

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** Cuts a stream of bytes into lines. Memory is bounded: of a line that is too long only its number is kept. */
export class LineSplitter {
  readonly #lineBytesMax: number;
  #number = 0;
  #open: Uint8Array[] = [];
  #openBytes = 0;

  constructor(lineBytesMax: number) {
    this.#lineBytesMax = lineBytesMax;
  }

  /** The lines that end in this chunk, empty ones left out. They may share its memory: the caller must not reuse it. */
  push(chunk: Uint8Array): Line[] {
    const lines: Line[] = [];
    let start = 0;
    for (let feed = chunk.indexOf(LINE_FEED); feed >= 0; feed = chunk.indexOf(LINE_FEED, start)) {
      this.#end(chunk.subarray(start, feed), lines);
      start = feed + 1;
    }
    this.#hold(chunk.subarray(start));
    return lines;
  }

  /** The last line, when nothing ends it. */
  end(): Line[] {
    const lines: Line[] = [];
    if (this.#openBytes > 0) this.#end(new Uint8Array(), lines);
    return lines;
  }

  #hold(part: Uint8Array): void {
    this.#openBytes += part.length;
    if (this.#openBytes > this.#lineBytesMax) this.#open = [];
    else if (part.length > 0) this.#open.push(part);
  }

  #end(part: Uint8Array, lines: Line[]): void {
    this.#number += 1;
    if (this.#openBytes === 0 && part.length <= this.#lineBytesMax) this.#take(part, lines);
    else {
      this.#hold(part);
      if (this.#openBytes > this.#lineBytesMax) lines.push({ number: this.#number, bytes: undefined });
      else this.#take(Buffer.concat(this.#open), lines);
    }
    this.#open = [];
    this.#openBytes = 0;
  }

  #take(whole: Uint8Array, lines: Line[]): void {
    const bytes = whole.at(-1) === CARRIAGE_RETURN ? whole.subarray(0, -1) : whole;
    if (bytes.length > 0) lines.push({ number: this.#number, bytes });
  }
}

/** The lines of a stream, chunk by chunk. */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>, lineBytesMax: number): AsyncGenerator<Line[]> {
  const splitter = new LineSplitter(lineBytesMax);
  for await (const chunk of chunks) yield splitter.push(chunk);
  yield splitter.end();
}
