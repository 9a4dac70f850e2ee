import { readFileSync, statSync } from "node:fs";
import { ConfigInvalid } from "./config-invalid.ts";

/** Whoever reads the secret can do what it is for. Windows has no such bits. */
function refuseReadable(path: string, setting: string): void {
  const mode = statSync(path).mode & 0o777;
  if (process.platform === "win32" || (mode & 0o077) === 0) return;
  const shown = mode.toString(8).padStart(4, "0");
  throw new ConfigInvalid(setting, `others than its owner may read ${path} (mode ${shown}): chmod 600 it`);
}

/**
 * The text of a file that its owner alone may read, without the white space around it.
 *
 * @throws {ConfigInvalid} `CONFIG_INVALID`: it cannot be read, or others can read it
 */
export function readSecretFile(path: string, setting: string): string {
  let text: string;
  try {
    text = readFileSync(path, "utf8").trim();
  } catch (cause) {
    throw new ConfigInvalid(
      setting,
      `${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
    );
  }
  refuseReadable(path, setting);
  return text;
}
