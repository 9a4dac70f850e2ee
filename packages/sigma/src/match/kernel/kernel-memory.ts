/** What the kernel laid out at compile time lies below. */
const FIRST_FREE = 4_096;
const PAGE = 65_536;
/** All that is taken begins at a multiple of this: a line of the processor's cache. */
const UNIT = 64;

/** What is used of `WebAssembly.Memory`. */
export type LinearMemory = Readonly<{ buffer: ArrayBuffer; grow: (pages: number) => number }>;

type Block = { at: number; bytes: number };

/** The platform has no more memory for the kernel. */
export class NoKernelMemory extends Error {}

/** Shares the linear memory of a module among blocks: first fit, neighbours that are free become one. */
export class KernelMemory {
  /** The memory as numbers and as bytes. Both are others once it grew: not to be kept. */
  words: Uint32Array;
  bytes: Uint8Array;
  readonly #memory: LinearMemory;
  /** In the order of their places. */
  #free: Block[];

  constructor(memory: LinearMemory) {
    this.#memory = memory;
    this.words = new Uint32Array(memory.buffer);
    this.bytes = new Uint8Array(memory.buffer);
    this.#free = [{ at: FIRST_FREE, bytes: this.bytes.length - FIRST_FREE }];
  }

  /**
   * @returns the place of so many bytes, whatever stood there before
   * @throws {NoKernelMemory}
   */
  take(bytes: number): number {
    const wanted = unitsOf(bytes);
    const block = this.#free.find((one) => one.bytes >= wanted) ?? this.#grow(wanted);
    const { at } = block;
    block.at += wanted;
    block.bytes -= wanted;
    if (block.bytes === 0) this.#free = this.#free.filter((one) => one !== block);
    return at;
  }

  /** Gives back what was taken: the same place, the same number of bytes. */
  give(at: number, bytes: number): void {
    const after = this.#free.findIndex((one) => one.at > at);
    const index = after === -1 ? this.#free.length : after;
    this.#free.splice(index, 0, { at, bytes: unitsOf(bytes) });
    this.#join(index);
    this.#join(index - 1);
  }

  /** Makes a free block and the one behind it one, where they touch. */
  #join(index: number): void {
    const block = this.#free[index];
    const next = this.#free[index + 1];
    if (block === undefined || next === undefined || block.at + block.bytes !== next.at) return;
    block.bytes += next.bytes;
    this.#free.splice(index + 1, 1);
  }

  /** At least by half, so that many small blocks do not grow it again and again. */
  #grow(wanted: number): Block {
    const before = this.bytes.length;
    const pages = Math.ceil(Math.max(wanted, before / 2) / PAGE);
    try {
      this.#memory.grow(pages);
    } catch (cause) {
      throw new NoKernelMemory(`no ${pages} more pages of memory`, { cause });
    }
    this.words = new Uint32Array(this.#memory.buffer);
    this.bytes = new Uint8Array(this.#memory.buffer);
    this.give(before, pages * PAGE);
    const block = this.#free.at(-1);
    if (block === undefined) throw new NoKernelMemory("memory grew and is not there");
    return block;
  }
}

function unitsOf(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / UNIT)) * UNIT;
}
