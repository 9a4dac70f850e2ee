import { mkdir, open, readdir, rename, rm } from "node:fs/promises";
import path from "node:path";
import { usage, systemCode } from "../failure.ts";
import { visible } from "../output/visible-text.ts";
import type { LogFile } from "./download-log.ts";

/** An export never mixes with what is there: the directory must not exist, or be empty. */
export async function refuseUsedDirectory(directory: string): Promise<void> {
  try {
    if ((await readdir(directory)).length > 0)
      throw usage(`${visible(directory)} is not empty`, "Name a directory that does not exist yet.");
  } catch (error) {
    if (systemCode(error) !== "ENOENT") throw error;
  }
}

async function writeFile(file: string, bytes: Uint8Array): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  await using handle = await open(file, "wx", 0o644);
  await handle.writeFile(bytes);
  await handle.sync();
}

/** Writes beside the directory and renames at the end: a whole export or none. */
export async function writeExport(
  directory: string,
  files: AsyncIterable<LogFile>,
): Promise<{ files: number; bytes: number }> {
  const target = path.resolve(directory);
  const temporary = path.join(path.dirname(target), `.${path.basename(target)}.${process.pid}.partial`);
  let count = 0;
  let bytes = 0;
  await mkdir(temporary, { recursive: true });
  try {
    for await (const file of files) {
      await writeFile(path.join(temporary, ...file.path.split("/")), file.bytes);
      count += 1;
      bytes += file.bytes.length;
    }
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw error;
  }
  return { files: count, bytes };
}
