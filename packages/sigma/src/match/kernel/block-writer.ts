const INITIAL_BYTES = 16_384;
/** The kernel reads sixteen bytes at a time, so up to so many beyond what is asked for. */
const SLACK = 16;

/** Lays out numbers (unsigned, 32 bits, little-endian, as WebAssembly reads them) and bytes one behind the other. */
export class BlockWriter {
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(INITIAL_BYTES);
  #view = new DataView(this.#bytes.buffer);
  #size = 0;

  /** @returns where so many bytes of zeros begin, a multiple of four */
  reserve(bytes: number): number {
    const at = this.#size;
    this.#size += Math.ceil(bytes / 4) * 4;
    if (this.#size + SLACK > this.#bytes.length) {
      const larger = new Uint8Array(2 ** Math.ceil(Math.log2(this.#size + SLACK)));
      larger.set(this.#bytes);
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    return at;
  }

  numbers(values: readonly number[]): number {
    const at = this.reserve(values.length * 4);
    for (const [index, value] of values.entries()) this.set(at + index * 4, value);
    return at;
  }

  bytes(values: Uint8Array): number {
    const at = this.reserve(values.length);
    this.#bytes.set(values, at);
    return at;
  }

  set(at: number, value: number): void {
    this.#view.setUint32(at, value, true);
  }

  get(at: number): number {
    return this.#view.getUint32(at, true);
  }

  setBit(at: number, bit: number): void {
    const byte = at + (bit >>> 3);
    this.#bytes[byte] = (this.#bytes[byte] ?? 0) | (1 << (bit & 7));
  }

  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#size + SLACK);
  }
}
