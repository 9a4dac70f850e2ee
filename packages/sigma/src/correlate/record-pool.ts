/**
 * Fixed-size records in one growing array, named by their position from 1; 0 is no record. A record costs its words and
 * nothing else, and the garbage collector never looks inside: the state of hundreds of thousands of groups must neither
 * cost an object each nor be walked over at every collection.
 */
export class RecordPool {
  #words: Int32Array;
  #doubles: Float64Array;
  readonly #size: number;
  /** Records handed out at least once, with the empty one. */
  #used = 1;
  #free = 0;
  #live = 0;

  /** @param size 32-bit words of a record, an even number; a double takes two of them */
  constructor(size: number) {
    this.#size = size;
    this.#words = new Int32Array(size * firstRecords);
    this.#doubles = new Float64Array(this.#words.buffer);
  }

  get live(): number {
    return this.#live;
  }

  /** One beyond the highest record ever handed out. */
  get end(): number {
    return this.#used;
  }

  /** A record of zeros. */
  allocate(): number {
    this.#live += 1;
    const reused = this.#free;
    if (reused !== 0) {
      const from = reused * this.#size;
      this.#free = this.#words[from] ?? 0;
      this.#words[from] = 0;
      return reused;
    }
    const fresh = this.#used;
    if ((fresh + 1) * this.#size > this.#words.length) this.#grow();
    this.#used += 1;
    return fresh;
  }

  /** Makes a record with a number given elsewhere; the pool's own numbers must then not be asked for. */
  claim(record: number): void {
    while ((record + 1) * this.#size > this.#words.length) this.#grow();
  }

  clear(record: number): void {
    this.#words.fill(0, record * this.#size, (record + 1) * this.#size);
  }

  release(record: number): void {
    this.clear(record);
    this.#words[record * this.#size] = this.#free;
    this.#free = record;
    this.#live -= 1;
  }

  word(record: number, at: number): number {
    return this.#words[record * this.#size + at] ?? 0;
  }

  setWord(record: number, at: number, value: number): void {
    this.#words[record * this.#size + at] = value;
  }

  /** @param at which double of the record; it shares its bytes with the words `2 × at` and the one after */
  double(record: number, at: number): number {
    return this.#doubles[record * (this.#size / 2) + at] ?? 0;
  }

  setDouble(record: number, at: number, value: number): void {
    this.#doubles[record * (this.#size / 2) + at] = value;
  }

  /** By half: what lies idle is at most a third. */
  #grow(): void {
    const records = Math.ceil((this.#words.length / this.#size) * 1.5);
    const words = new Int32Array(records * this.#size);
    words.set(this.#words);
    this.#words = words;
    this.#doubles = new Float64Array(words.buffer);
  }
}

const firstRecords = 16;
