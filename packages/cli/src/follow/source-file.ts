import { createHash } from "node:crypto";
import { open, readdir, stat, type FileHandle } from "node:fs/promises";
import path from "node:path";
import { systemCode } from "../failure.ts";

/** Bytes at the beginning of a file that are remembered to recognise it. */
const HEAD_BYTES = 1024;
const READ_BYTES = 256 * 1024;

export type FileIdentity = Readonly<{ dev: string; ino: string }>;
export type Head = Readonly<{ headBytes: number; headDigest: string }>;

async function identityOf(file: string): Promise<FileIdentity | undefined> {
  try {
    const { dev, ino } = await stat(file, { bigint: true });
    return { dev: String(dev), ino: String(ino) };
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** An open log file, held by its handle: renaming or removing its name does not take it away. */
export class SourceFile implements AsyncDisposable {
  readonly name: string;
  readonly identity: FileIdentity;
  readonly #handle: FileHandle;

  private constructor(name: string, identity: FileIdentity, handle: FileHandle) {
    this.name = name;
    this.identity = identity;
    this.#handle = handle;
  }

  /** Undefined while there is no such file. */
  static async open(name: string): Promise<SourceFile | undefined> {
    let handle: FileHandle;
    try {
      handle = await open(name, "r");
    } catch (error) {
      if (systemCode(error) === "ENOENT") return undefined;
      throw error;
    }
    const { dev, ino } = await handle.stat({ bigint: true });
    return new SourceFile(name, { dev: String(dev), ino: String(ino) }, handle);
  }

  is(identity: FileIdentity): boolean {
    return this.identity.dev === identity.dev && this.identity.ino === identity.ino;
  }

  async size(): Promise<number> {
    return (await this.#handle.stat()).size;
  }

  /** Up to `bytes` bytes from an offset; empty at the end. A new buffer each time: batches keep parts of it. */
  async read(offset: number, bytes: number = READ_BYTES): Promise<Uint8Array> {
    const { buffer, bytesRead } = await this.#handle.read(Buffer.allocUnsafe(Math.min(bytes, READ_BYTES)), {
      position: offset,
    });
    return buffer.subarray(0, bytesRead);
  }

  async head(bytes: number = HEAD_BYTES): Promise<Head> {
    const start = await this.read(0, bytes);
    return { headBytes: start.length, headDigest: createHash("sha256").update(start).digest("hex") };
  }

  /** False when the beginning is no longer what it was: the content was replaced in place, or the inode reused. */
  async beginsWith({ headBytes, headDigest }: Head): Promise<boolean> {
    const now = await this.head(headBytes);
    return now.headBytes === headBytes && now.headDigest === headDigest;
  }

  /** True once another file carries the name. While nothing carries it, this one is still the one to follow. */
  async isReplaced(): Promise<boolean> {
    const current = await identityOf(this.name);
    return current !== undefined && !this.is(current);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }
}

export type Rotated = Readonly<{
  source: SourceFile;
  /** Names beside it that were written later: rotations nobody followed at all. */
  newer: readonly string[];
}>;

/** The file that was rotated away under another name of the same directory (`auth.log` → `auth.log.1`). */
export async function findRotated(file: string, identity: FileIdentity): Promise<Rotated | undefined> {
  const directory = path.dirname(file);
  const base = path.basename(file);
  const siblings: { name: string; modifiedAt: bigint }[] = [];
  let found: { source: SourceFile; modifiedAt: bigint } | undefined;
  for (const entry of await readdir(directory)) {
    if (!entry.startsWith(`${base}.`) && !entry.startsWith(`${base}-`)) continue;
    const name = path.join(directory, entry);
    const { dev, ino, mtimeNs, mode } = await stat(name, { bigint: true });
    if ((mode & 0o170000n) !== 0o100000n) continue;
    if (String(dev) !== identity.dev || String(ino) !== identity.ino) siblings.push({ name, modifiedAt: mtimeNs });
    else {
      const source = await SourceFile.open(name);
      if (source !== undefined) found = { source, modifiedAt: mtimeNs };
    }
  }
  if (found === undefined) return undefined;
  const { source, modifiedAt } = found;
  return { source, newer: siblings.filter((one) => one.modifiedAt > modifiedAt).map((one) => one.name) };
}
