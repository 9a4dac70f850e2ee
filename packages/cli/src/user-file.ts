import { chmod, mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { badConfiguration, systemCode } from "./failure.ts";
import { visible } from "./output/visible-text.ts";
import type { World } from "./world.ts";

/** What `tyr login` keeps between calls. The token belongs to exactly this url and is never sent to another. */
export type UserFile = Readonly<{ url?: string; token?: string; name?: string; expiresAt?: string }>;
const FIELDS = ["url", "token", "name", "expiresAt"] as const;

/** `$XDG_CONFIG_HOME/tyr/config.json`; a relative XDG path is ignored, as its specification asks. */
export function userFilePath(world: World): string {
  return path.join(xdg(world, "XDG_CONFIG_HOME", ".config"), "tyr", "config.json");
}

/** `$XDG_STATE_HOME/tyr` for what must survive a restart. */
export function stateDirectory(world: World): string {
  return path.join(xdg(world, "XDG_STATE_HOME", path.join(".local", "state")), "tyr");
}

function xdg(world: World, variable: string, otherwise: string): string {
  const set = world.env[variable];
  return set !== undefined && path.isAbsolute(set) ? set : path.join(world.homeDirectory, otherwise);
}

function parse(text: string, file: string): UserFile {
  const fix = `Correct or remove ${visible(file)}, then run tyr login.`;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw badConfiguration(`${visible(file)} is not JSON`, fix);
  }
  if (typeof value !== "object" || value === null) throw badConfiguration(`${visible(file)} is not an object`, fix);
  const known: Record<string, string> = {};
  for (const field of FIELDS) {
    const one = (value as Readonly<Record<string, unknown>>)[field];
    if (one === undefined) continue;
    if (typeof one !== "string") throw badConfiguration(`${field} in ${visible(file)} is not text`, fix);
    known[field] = one;
  }
  return known;
}

/**
 * The user file, or nothing when there is none.
 *
 * @throws {CliFailure} exit 78 when it is unreadable, malformed, or holds a token other people of the machine can read
 */
export async function readUserFile(world: World): Promise<UserFile> {
  const file = userFilePath(world);
  try {
    const [text, { mode }] = [await readFile(file, "utf8"), await stat(file)];
    const read = parse(text, file);
    if (read.token !== undefined && process.platform !== "win32" && (mode & 0o077) !== 0)
      throw badConfiguration(
        `${visible(file)} holds a token and others can read it`,
        `Run chmod 600 ${visible(file)}, and sign in again if somebody may have seen it.`,
      );
    return read;
  } catch (cause) {
    if (systemCode(cause) === "ENOENT" || systemCode(cause) === "ENOTDIR") return {};
    throw systemCode(cause) === "CLI_FAILURE"
      ? cause
      : badConfiguration(`${visible(file)} is not readable`, "Check its owner and mode.");
  }
}

/** Replaces the file as a whole, readable by its owner alone from the first byte on. */
export async function writeUserFile(world: World, content: UserFile): Promise<string> {
  const file = userFilePath(world);
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  const temporary = `${file}.${process.pid}.new`;
  try {
    await writeFile(temporary, `${JSON.stringify(content, undefined, 2)}\n`, { mode: 0o600, flag: "wx", flush: true });
    await chmod(temporary, 0o600);
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  return file;
}
