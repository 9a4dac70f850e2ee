import { randomUUID } from "node:crypto";
import { link, open, rename, rm } from "node:fs/promises";
import path from "node:path";

async function sync(directory: string): Promise<void> {
  await using handle = await open(directory, "r");
  await handle.sync();
}

/**
 * Writes a file whole or not at all: on disk before it is seen under its name, and its name on disk before this returns.
 * Only its owner may read it.
 *
 * @param existing `replace` a file of that name, or `keep` it
 * @returns whether it was written: false only where a file was kept
 */
export async function placeFile(file: string, text: string, existing: "replace" | "keep"): Promise<boolean> {
  const beside = `${file}.${randomUUID()}.new`;
  try {
    {
      await using handle = await open(beside, "wx", 0o600);
      await handle.writeFile(text);
      await handle.sync();
    }
    if (existing === "replace") await rename(beside, file);
    else await link(beside, file);
  } catch (error) {
    if (existing === "keep" && error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  } finally {
    await rm(beside, { force: true });
  }
  await sync(path.dirname(file));
  return true;
}
