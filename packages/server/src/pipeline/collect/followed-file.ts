import { createHash } from "node:crypto";
import { open, readdir, stat, type FileHandle } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Bookmark } from "./intake-store.ts";

/** Bytes at the beginning of a file that, with its inode, tell it from its successor. */
const HEAD_BYTES = 256;
const CHUNK_BYTES = 256 * 1024;
const LINE_FEED = 0x0a;

/** Whole lines of a file and the place after them. */
export type Chunk = Readonly<{ bytes: Uint8Array; firstLine: number; next: Omit<Bookmark, "source" | "finished"> }>;
export type Place = Readonly<{ fingerprint: string; position: number; lines: number }>;

function missing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, "r");
  } catch (error) {
    if (missing(error)) return undefined;
    throw error;
  }
}

async function inodeOf(path: string): Promise<string | undefined> {
  try {
    const { dev, ino } = await stat(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch (error) {
    if (missing(error)) return undefined;
    throw error;
  }
}

async function readAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), { position });
  return buffer.subarray(0, bytesRead);
}

function headDigest(head: Uint8Array): string {
  return createHash("sha256").update(head).digest("hex").slice(0, 32);
}

/**
 * `device:inode:n:digest of the first n bytes`. An inode alone is reused by the next log; a head alone is shared by two
 * logs that begin alike.
 */
async function fingerprintOf(handle: FileHandle): Promise<string> {
  const { dev, ino } = await handle.stat({ bigint: true });
  const head = await readAt(handle, 0, HEAD_BYTES);
  return `${dev}:${ino}:${head.length}:${headDigest(head)}`;
}

async function isTheFileOf(handle: FileHandle, fingerprint: string): Promise<boolean> {
  const [device, inode, length, digest] = fingerprint.split(":");
  const { dev, ino } = await handle.stat({ bigint: true });
  if (String(dev) !== device || String(ino) !== inode) return false;
  const head = await readAt(handle, 0, Math.min(Number(length), HEAD_BYTES));
  return head.length === Number(length) && headDigest(head) === digest;
}

/** The last whole line's end; a line longer than a chunk is cut there, so that it cannot stop everything behind it. */
function wholeLines(bytes: Uint8Array, toEnd: boolean): Uint8Array {
  if (toEnd) return bytes;
  const end = bytes.lastIndexOf(LINE_FEED) + 1;
  return end === 0 && bytes.length === CHUNK_BYTES ? bytes : bytes.subarray(0, end);
}

function countLines(bytes: Uint8Array): number {
  let lines = 0;
  for (let at = bytes.indexOf(LINE_FEED); at >= 0; at = bytes.indexOf(LINE_FEED, at + 1)) lines += 1;
  return lines;
}

/**
 * A log file that is written, rotated and truncated by somebody else. It is held by its handle, so a rename takes
 * nothing away: the old file is read to its end before the new one is begun.
 */
export class FollowedFile implements AsyncDisposable {
  readonly #path: string;
  readonly #onLoss: (text: string) => void;
  #place: Place | undefined;
  #handle: FileHandle | undefined;

  /** @param place how far it was read before; undefined: from its beginning */
  constructor(path: string, place: Place | undefined, onLoss: (text: string) => void) {
    this.#path = path;
    this.#place = place;
    this.#onLoss = onLoss;
  }

  /** The next whole lines; undefined when there are none now. The same again until `moveTo` was called. */
  async next(): Promise<Chunk | undefined> {
    const handle = await this.#current();
    if (handle === undefined) return undefined;
    const place = this.#place ?? { fingerprint: await fingerprintOf(handle), position: 0, lines: 0 };
    const rotated = await this.#isRotated(handle);
    const read = await readAt(handle, place.position, CHUNK_BYTES);
    const bytes = wholeLines(read, rotated && read.length < CHUNK_BYTES);
    if (bytes.length > 0) return await this.#chunk(handle, place, bytes);
    if (!rotated) return undefined;
    await this.#letGo();
    this.#place = undefined;
    return await this.next();
  }

  moveTo(place: Place): void {
    this.#place = place;
  }

  async #chunk(handle: FileHandle, place: Place, bytes: Uint8Array): Promise<Chunk> {
    const next = {
      fingerprint: await fingerprintOf(handle),
      position: place.position + bytes.length,
      lines: place.lines + countLines(bytes),
    };
    return { bytes, firstLine: place.lines + 1, next };
  }

  /** The file to read, at the right place in it. */
  async #current(): Promise<FileHandle | undefined> {
    this.#handle ??= await this.#find();
    const handle = this.#handle;
    if (handle === undefined || this.#place === undefined) return handle;
    const { size } = await handle.stat();
    const isSame = size >= this.#place.position && (await isTheFileOf(handle, this.#place.fingerprint));
    if (isSame) return handle;
    this.#onLoss("the file was truncated or replaced in place: it is read from its beginning");
    this.#place = undefined;
    return handle;
  }

  /** After a restart the file may have been renamed meanwhile: its rest comes before its successor. */
  async #find(): Promise<FileHandle | undefined> {
    const place = this.#place;
    if (place === undefined) return await openIfThere(this.#path);
    const inode = place.fingerprint.split(":").slice(0, 2).join(":");
    if ((await inodeOf(this.#path)) === inode) return await openIfThere(this.#path);
    const folder = dirname(this.#path);
    const siblings = (await readdir(folder).catch(() => [])).filter((name) => name.startsWith(basename(this.#path)));
    for (const name of siblings) {
      const handle = (await inodeOf(join(folder, name))) === inode ? await openIfThere(join(folder, name)) : undefined;
      if (handle === undefined) continue;
      if (await isTheFileOf(handle, place.fingerprint)) return handle;
      await handle.close();
    }
    const fresh = await openIfThere(this.#path);
    if (fresh !== undefined) {
      this.#onLoss("the file read before is gone: lines written to it since then could not be read");
      this.#place = undefined;
    }
    return fresh;
  }

  async #isRotated(handle: FileHandle): Promise<boolean> {
    const { dev, ino } = await handle.stat({ bigint: true });
    const now = await inodeOf(this.#path);
    // Nothing at the path yet: the successor comes soon, and the writer may still write into the old file.
    return now !== undefined && now !== `${dev}:${ino}`;
  }

  async #letGo(): Promise<void> {
    await this.#handle?.close();
    this.#handle = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#letGo();
  }
}
