/**
 * Texts as bytes in one array: a text of the state keeps nothing else alive (in V8 a short piece of a long line keeps
 * the line), and costs its characters and one byte. What was released is squeezed out when room is needed.
 */
export class TextArena {
  #bytes = new Uint8Array(firstBytes);
  /** The next free place; 0 is never a place. */
  #end = 1;
  #live = 0;
  readonly #relocate: (move: (at: number) => number) => void;

  /** @param relocate replaces every place its owner holds by what `move` answers for it */
  constructor(relocate: (move: (at: number) => number) => void) {
    this.#relocate = relocate;
  }

  /** Bytes of the texts held. */
  get live(): number {
    return this.#live;
  }

  append(text: string): number {
    // Before it is written the text may take two bytes a character.
    if (this.#end + longHead + 2 * text.length > this.#bytes.length) this.#squeeze(longHead + 2 * text.length);
    const at = this.#end;
    this.#end = text.length < isLong ? this.#writeShort(text, at) : this.#writeLong(text, at);
    this.#live += this.#end - at;
    return at;
  }

  release(at: number): void {
    this.#live -= this.#sizeAt(at);
  }

  read(at: number): string {
    const { from, length, width } = this.#head(at);
    let text = "";
    for (let start = 0; start < length; start += chunk) {
      const units: number[] = [];
      for (let index = start; index < Math.min(length, start + chunk); index += 1) {
        units.push(this.#unit(from + index * width, width));
      }
      text += String.fromCharCode(...units);
    }
    return text;
  }

  holds(at: number, text: string): boolean {
    const first = this.#bytes[at] ?? 0;
    if (first < isLong) {
      if (first !== text.length) return false;
      for (let index = 0; index < first; index += 1) {
        if (this.#bytes[at + 1 + index] !== text.charCodeAt(index)) return false;
      }
      return true;
    }
    const { from, length, width } = this.#head(at);
    if (length !== text.length) return false;
    for (let index = 0; index < length; index += 1) {
      if (this.#unit(from + index * width, width) !== text.charCodeAt(index)) return false;
    }
    return true;
  }

  /** One byte for the length, one for each character. */
  #writeShort(text: string, at: number): number {
    const bytes = this.#bytes;
    bytes[at] = text.length;
    for (let index = 0; index < text.length; index += 1) {
      const unit = text.charCodeAt(index);
      if (unit > 255) return this.#writeLong(text, at);
      bytes[at + 1 + index] = unit;
    }
    return at + 1 + text.length;
  }

  /** A mark, the length in four bytes, two bytes for each character. */
  #writeLong(text: string, at: number): number {
    const bytes = this.#bytes;
    const { length } = text;
    const isNarrow = isLatin1(text);
    bytes[at] = isNarrow ? isLong : isWide;
    for (let byte = 0; byte < 4; byte += 1) bytes[at + 1 + byte] = length >>> (8 * byte);
    const from = at + longHead;
    for (let index = 0; index < length; index += 1) {
      const unit = text.charCodeAt(index);
      if (isNarrow) bytes[from + index] = unit;
      else {
        bytes[from + 2 * index] = unit;
        bytes[from + 2 * index + 1] = unit >>> 8;
      }
    }
    return from + length * (isNarrow ? 1 : 2);
  }

  #head(at: number): { from: number; length: number; width: 1 | 2 } {
    const first = this.#bytes[at] ?? 0;
    if (first < isLong) return { from: at + 1, length: first, width: 1 };
    let length = 0;
    for (let byte = 3; byte >= 0; byte -= 1) length = length * 256 + (this.#bytes[at + 1 + byte] ?? 0);
    return { from: at + longHead, length, width: first === isWide ? 2 : 1 };
  }

  #unit(at: number, width: 1 | 2): number {
    const low = this.#bytes[at] ?? 0;
    return width === 1 ? low : low | ((this.#bytes[at + 1] ?? 0) << 8);
  }

  #sizeAt(at: number): number {
    const first = this.#bytes[at] ?? 0;
    if (first < isLong) return 1 + first;
    const { length, width } = this.#head(at);
    return longHead + length * width;
  }

  /** Copies what is held into an array half as large again, so that what lies idle is at most a third. */
  #squeeze(needed: number): void {
    const old = this.#bytes;
    const fresh = new Uint8Array(Math.max(firstBytes, Math.ceil(this.#live * 1.5) + needed + firstBytes));
    let end = 1;
    this.#relocate((at) => {
      const size = this.#sizeAt(at);
      const moved = end;
      if (size <= loopBytes) for (let index = 0; index < size; index += 1) fresh[moved + index] = old[at + index] ?? 0;
      else fresh.set(old.subarray(at, at + size), moved);
      end += size;
      return moved;
    });
    this.#bytes = fresh;
    this.#end = end;
  }
}

const firstBytes = 256;
/** First bytes that are no length: a long text of one byte a character, and of two. */
const isLong = 254;
const isWide = 255;
const longHead = 5;
/** Up to here a loop copies faster than a view made for the purpose. */
const loopBytes = 64;
/** Characters turned into text at once: they are arguments of a call. */
const chunk = 4096;

function isLatin1(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) if (text.charCodeAt(index) > 255) return false;
  return true;
}
