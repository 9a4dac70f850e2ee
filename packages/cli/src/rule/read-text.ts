import { open } from "node:fs/promises";

/**
 * The beginning of a file as UTF-8, at most so many bytes and one: whoever reads it sees that it is too long, and a
 * device or a log given by mistake does not fill memory.
 */
export async function readText(file: string, bytesMax: number): Promise<string> {
  await using handle = await open(file, "r");
  const parts: Buffer[] = [];
  for (let left = bytesMax + 1; left > 0;) {
    const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(Math.min(left, 65_536)));
    if (bytesRead === 0) break;
    parts.push(buffer.subarray(0, bytesRead));
    left -= bytesRead;
  }
  return Buffer.concat(parts).toString("utf8");
}
