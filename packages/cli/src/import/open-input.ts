import { createReadStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { systemCode, usage } from "../failure.ts";
import { visible } from "../output/visible-text.ts";
import type { World } from "../world.ts";
import { isTtyLog, ttyLogLines } from "./tty-log.ts";

export type OpenedInput = Readonly<{
  name: string;
  chunks: AsyncIterable<Uint8Array>;
  /** Size on disk; undefined for stdin. */
  bytesTotal: number | undefined;
  /** Bytes read from disk so far: for gzip these are the packed ones, so that progress is true. */
  bytesRead: () => number;
}>;

const PACKED: readonly (readonly [name: string, magic: readonly number[], unpack: string])[] = [
  ["bzip2", [0x42, 0x5a, 0x68], "bzcat"],
  ["xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a], "xzcat"],
  ["zstd", [0x28, 0xb5, 0x2f, 0xfd], "zstdcat"],
  ["zip", [0x50, 0x4b, 0x03, 0x04], "unzip -p"],
];

function startsWith(head: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, at) => head[at] === byte);
}

/** True for gzip; a packing we do not open is refused with the command that does. */
function isGzip(head: Uint8Array, name: string): boolean {
  for (const [packing, magic, unpack] of PACKED)
    if (startsWith(head, magic))
      throw usage(`${visible(name)} is ${packing}`, `Unpack it first: ${unpack} ${visible(name)} | tyr import - …`);
  return startsWith(head, [0x1f, 0x8b]);
}

function unpacked(source: Readable, signal: AbortSignal): Readable {
  const gunzip = createGunzip();
  // The failure reaches whoever reads: pipeline destroys the gunzip stream with it.
  pipeline(source, gunzip, { signal }).catch((error: unknown) =>
    gunzip.destroy(error instanceof Error ? error : undefined),
  );
  return gunzip;
}

async function headOf(file: string): Promise<Uint8Array> {
  await using handle = await open(file, "r");
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(8), 0, 8, 0);
  return buffer.subarray(0, bytesRead);
}

async function openStdin(world: World): Promise<OpenedInput> {
  let read = 0;
  const iterator = world.stdin[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const first = await iterator.next();
  const head = first.done === true ? Buffer.alloc(0) : Buffer.from(first.value);
  const rest = async function* (): AsyncGenerator<Uint8Array> {
    for (let part: Uint8Array = head; ;) {
      read += part.length;
      if (part.length > 0) yield part;
      const next = await iterator.next();
      if (next.done === true) return;
      part = Buffer.from(next.value);
    }
  };
  if (isTtyLog(head))
    throw usage("stdin is a recording of Cowrie", "Give the file: by its name the log says whose it is.");
  const gzip = isGzip(head, "stdin");
  const chunks = gzip ? unpacked(Readable.from(rest()), world.signal) : rest();
  return { name: "-", chunks, bytesTotal: undefined, bytesRead: () => read };
}

/** Following sends what a file holds as it is, and a recording holds what was typed. A file may come later. */
export async function refuseTtyLog(file: string): Promise<void> {
  const head = await headOf(file).catch((error: unknown) => {
    if (systemCode(error) === "ENOENT") return Buffer.alloc(0);
    throw error;
  });
  if (isTtyLog(head))
    throw usage(`${visible(file)} is a recording of Cowrie`, "Leave --follow out, and import it once it is closed.");
}

/** A file, gzipped or not, or stdin (`-`), as a stream of plain bytes; a recording of Cowrie as lines about its keys. */
export async function openInput(file: string, world: World): Promise<OpenedInput> {
  if (file === "-") return await openStdin(world);
  const { size } = await stat(file);
  const head = await headOf(file);
  const gzip = isGzip(head, file);
  const source = createReadStream(file, { highWaterMark: 256 * 1024 });
  const plain = isTtyLog(head) ? ttyLogLines(source, file) : source;
  const chunks = gzip ? unpacked(source, world.signal) : plain;
  return { name: file, chunks, bytesTotal: size, bytesRead: () => source.bytesRead };
}
