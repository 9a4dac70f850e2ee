import { createHash } from "node:crypto";

/** What one request holds at most; the server's limit is larger. */
export const BATCH_LINES_MAX = 1000;
export const BATCH_BYTES_MAX = 1024 * 1024;

export type Batch = Readonly<{
  /** Whole lines, each ended by a line feed, as they were read. */
  bytes: Uint8Array;
  lines: number;
  /** Number of the first line in its source, from 1. */
  firstLine: number;
  /** Bytes of the source up to the end of this batch, from where the batcher began. */
  endOffset: number;
  /** SHA-256, in hex, of everything sent up to the end of this batch: two sources share it only while they are equal. */
  prefixDigest: string;
}>;

const LINE_FEED = 0x0a;
const END_OF_LINE = Uint8Array.of(LINE_FEED);

/**
 * Cuts a stream of bytes into batches of whole lines. Memory is bounded: a line longer than a batch may be is cut
 * there, sent as it is (the server puts it into quarantine), and counted in `cutLines`.
 */
export class LineBatcher {
  cutLines = 0;
  readonly #digest = createHash("sha256");
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  #heldLines = 0;
  /** Bytes held of the line that has not ended yet. */
  #openBytes = 0;
  #skipping = false;
  #nextLine: number;
  #readBytes = 0;
  #endedBytes = 0;

  constructor(firstLine = 1) {
    this.#nextLine = firstLine;
  }

  /** The batches that became full with this chunk. The chunk is kept, not copied: the caller must not reuse it. */
  push(chunk: Uint8Array): Batch[] {
    const full: Batch[] = [];
    for (let at = 0; at < chunk.length;) {
      const feed = chunk.indexOf(LINE_FEED, at);
      const end = feed < 0 ? chunk.length : feed + 1;
      this.#add(chunk.subarray(at, end), feed >= 0, full);
      at = end;
    }
    return full;
  }

  /** The whole lines held so far; with `atEnd` also a last line without its line feed. */
  flush(atEnd: boolean): Batch | undefined {
    if (atEnd && this.#openBytes > 0) {
      if (!this.#skipping) this.#hold(END_OF_LINE);
      this.#endLine();
    }
    return this.#take();
  }

  #add(part: Uint8Array, ends: boolean, full: Batch[]): void {
    this.#readBytes += part.length;
    if (!this.#skipping) {
      const fits = this.#openBytes + part.length + (ends ? 0 : 1) <= BATCH_BYTES_MAX;
      const kept = fits ? part : part.subarray(0, BATCH_BYTES_MAX - this.#openBytes - 1);
      if (this.#heldBytes + kept.length + 1 > BATCH_BYTES_MAX) this.#pushTaken(full);
      this.#hold(kept);
      if (!fits) this.#cut();
    }
    if (!ends) return;
    this.#endLine();
    if (this.#heldLines >= BATCH_LINES_MAX) this.#pushTaken(full);
  }

  /** Ends what is kept of a line that is too long; the rest of it is read over. */
  #cut(): void {
    this.#hold(END_OF_LINE);
    this.#skipping = true;
    this.cutLines += 1;
  }

  #hold(part: Uint8Array): void {
    this.#held.push(part);
    this.#heldBytes += part.length;
    this.#openBytes += part.length;
  }

  #endLine(): void {
    this.#heldLines += 1;
    this.#openBytes = 0;
    this.#skipping = false;
    this.#endedBytes = this.#readBytes;
  }

  #pushTaken(full: Batch[]): void {
    const batch = this.#take();
    if (batch !== undefined) full.push(batch);
  }

  #take(): Batch | undefined {
    if (this.#heldLines === 0) return undefined;
    const all = Buffer.concat(this.#held);
    const bytes = all.subarray(0, all.length - this.#openBytes);
    const open = all.subarray(bytes.length);
    this.#digest.update(bytes);
    const batch: Batch = {
      bytes,
      lines: this.#heldLines,
      firstLine: this.#nextLine,
      endOffset: this.#endedBytes,
      prefixDigest: this.#digest.copy().digest("hex"),
    };
    this.#nextLine += this.#heldLines;
    this.#held = open.length === 0 ? [] : [Buffer.from(open)];
    this.#heldBytes = open.length;
    this.#heldLines = 0;
    return batch;
  }
}
