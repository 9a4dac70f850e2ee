/** Lines of NDJSON that travel together. The pool copies them before it goes on: their memory may be used again then. */
export type LineBatch = Readonly<{
  /** Without line feeds. */
  lines: readonly Uint8Array[];
  /** With `routing.by` `"index"`: for each line, its log source's index in `routing.logsources`. */
  logsources?: ArrayLike<number>;
}>;

/** A batch in one piece of memory: for each line the end of its bytes and its log source (two words), then the bytes. */
export type PackedBatch = Readonly<{ buffer: ArrayBufferLike; count: number; byteLength: number }>;

const WORDS_PER_LINE = 2;
const BYTES_PER_WORD = 4;

/** Bytes `pack` asks for. */
function packedSize({ lines }: LineBatch): number {
  let size = lines.length * WORDS_PER_LINE * BYTES_PER_WORD;
  for (const line of lines) size += line.length;
  return size;
}

/** @param allocate gives at least so many bytes; what it gives may be shared between threads */
function pack(batch: LineBatch, allocate: (size: number) => ArrayBufferLike): PackedBatch {
  const { lines, logsources } = batch;
  const byteLength = packedSize(batch);
  const buffer = allocate(byteLength);
  const table = new Uint32Array(buffer, 0, lines.length * WORDS_PER_LINE);
  const bytes = new Uint8Array(buffer);
  let end = table.byteLength;
  for (const [position, line] of lines.entries()) {
    bytes.set(line, end);
    end += line.length;
    table[position * WORDS_PER_LINE] = end;
    table[position * WORDS_PER_LINE + 1] = logsources?.[position] ?? 0;
  }
  return { buffer, count: lines.length, byteLength };
}

/** A view of one line of a packed batch, by its position. */
export type LineReader = Readonly<{
  count: number;
  line(position: number): Uint8Array;
  logsource(position: number): number;
}>;

/**
 * Copies a batch out of shared memory and reads from the copy: decoders of browsers refuse shared bytes.
 *
 * @param scratch at least `packed.byteLength` long
 */
export function unpack({ buffer, count, byteLength }: PackedBatch, scratch: Uint8Array): LineReader {
  scratch.set(new Uint8Array(buffer, 0, byteLength));
  const table = new Uint32Array(buffer.slice(0, count * WORDS_PER_LINE * BYTES_PER_WORD));
  const endOf = (position: number): number =>
    position < 0 ? table.byteLength : (table[position * WORDS_PER_LINE] ?? table.byteLength);
  return {
    count,
    line: (position) => scratch.subarray(endOf(position - 1), endOf(position)),
    logsource: (position) => table[position * WORDS_PER_LINE + 1] ?? 0,
  };
}

/** Memory for batches on their way, used again: at most as many pieces as are on their way at once. */
export class PackingSpace {
  readonly #free: ArrayBufferLike[] = [];
  readonly #isShared: boolean;

  /** Without shared memory (a page that is not isolated from others) each batch is copied once more on its way. */
  constructor() {
    this.#isShared = typeof SharedArrayBuffer !== "undefined";
  }

  pack(batch: LineBatch): PackedBatch {
    return pack(batch, (size) => this.#take(size));
  }

  release({ buffer }: PackedBatch): void {
    // A piece far larger than usual is not worth keeping.
    if (buffer.byteLength <= KEPT_BYTES_MAX) this.#free.push(buffer);
  }

  #take(size: number): ArrayBufferLike {
    const fits = this.#free.findIndex(({ byteLength }) => byteLength >= size);
    const [found] = fits < 0 ? [] : this.#free.splice(fits, 1);
    if (found !== undefined) return found;
    // One that is too small makes room for one that is not.
    this.#free.pop();
    const rounded = Math.ceil(Math.max(size, 1) / GRAIN_BYTES) * GRAIN_BYTES;
    return this.#isShared ? new SharedArrayBuffer(rounded) : new ArrayBuffer(rounded);
  }
}

const KEPT_BYTES_MAX = 4 * 1024 * 1024;
const GRAIN_BYTES = 64 * 1024;
