import { RecordPool } from "./record-pool.ts";
import { TextArena } from "./text-arena.ts";

/** Words of a text's record. */
const [next, at, hash, references] = [0, 1, 2, 3] as const;

/** Every text once, by number from 1, for as long as somebody holds it. */
export class StringPool {
  readonly #records = new RecordPool(4);
  readonly #texts = new TextArena((move) => {
    for (let id = 1; id < this.#records.end; id += 1) {
      if (this.#records.word(id, references) > 0) this.#records.setWord(id, at, move(this.#records.word(id, at)));
    }
  });
  #buckets = new Int32Array(16);
  /** The high bits of a hash are the good ones: they choose the bucket. */
  #shift = 28;

  get size(): number {
    return this.#records.live;
  }

  /** Bytes of the texts held. */
  get bytes(): number {
    return this.#texts.live;
  }

  /** The number of a text, or 0. */
  find(text: string): number {
    return this.#find(text, hashOf(text));
  }

  /** The number of a text, held once more than before. */
  hold(text: string): number {
    const hashed = hashOf(text);
    const known = this.#find(text, hashed);
    if (known !== 0) {
      this.#records.setWord(known, references, this.#records.word(known, references) + 1);
      return known;
    }
    if (this.#records.live >= this.#buckets.length) this.#spread();
    // The text first: making room for it moves the texts of all records there are.
    const place = this.#texts.append(text);
    const id = this.#records.allocate();
    this.#records.setWord(id, at, place);
    this.#records.setWord(id, hash, hashed);
    this.#records.setWord(id, references, 1);
    this.#link(id, hashed);
    return id;
  }

  release(id: number): void {
    const left = this.#records.word(id, references) - 1;
    if (left > 0) {
      this.#records.setWord(id, references, left);
      return;
    }
    this.#unlink(id);
    this.#texts.release(this.#records.word(id, at));
    this.#records.release(id);
  }

  text(id: number): string {
    return this.#texts.read(this.#records.word(id, at));
  }

  #find(text: string, hashed: number): number {
    let id = this.#buckets[hashed >>> this.#shift] ?? 0;
    while (id !== 0) {
      if (this.#records.word(id, hash) === hashed && this.#texts.holds(this.#records.word(id, at), text)) return id;
      id = this.#records.word(id, next);
    }
    return 0;
  }

  #link(id: number, hashed: number): void {
    const bucket = hashed >>> this.#shift;
    this.#records.setWord(id, next, this.#buckets[bucket] ?? 0);
    this.#buckets[bucket] = id;
  }

  #unlink(id: number): void {
    const bucket = this.#records.word(id, hash) >>> this.#shift;
    const after = this.#records.word(id, next);
    let before = this.#buckets[bucket] ?? 0;
    if (before === id) {
      this.#buckets[bucket] = after;
      return;
    }
    while (before !== 0 && this.#records.word(before, next) !== id) before = this.#records.word(before, next);
    this.#records.setWord(before, next, after);
  }

  #spread(): void {
    this.#buckets = new Int32Array(2 * this.#buckets.length);
    this.#shift -= 1;
    for (let id = 1; id < this.#records.end; id += 1) {
      if (this.#records.word(id, references) > 0) this.#link(id, this.#records.word(id, hash));
    }
  }
}

/**
 * Multilinear hashing (Carter and Wegman, 1979): a secret number for every place of a text, so that whoever chooses the
 * texts cannot choose collisions, which would turn every look-up into a walk. No result depends on the secret.
 */
function hashOf(text: string): number {
  const { length } = text;
  while (secrets.length <= length) addSecrets();
  let sum = secrets[0] ?? 0;
  for (let index = 0; index < length; index += 1) {
    sum = (sum + Math.imul(secrets[index + 1] ?? 0, text.charCodeAt(index) + 1)) | 0;
  }
  return sum;
}

/** Web Crypto gives 65,536 bytes in one call. */
const RANDOM_AT_ONCE = 16_384;
let secrets = new Int32Array(0);

function addSecrets(): void {
  const more = new Int32Array(Math.max(256, 2 * secrets.length));
  for (let at = 0; at < more.length; at += RANDOM_AT_ONCE) {
    crypto.getRandomValues(more.subarray(at, at + RANDOM_AT_ONCE));
  }
  more.set(secrets);
  secrets = more;
}
