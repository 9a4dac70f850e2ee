import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { ConfigInvalid } from "#platform/config";

/** Five bytes of SHA-256 for each of the commonest passwords; known-passwords/SOURCE.txt says whose list it is. */
const BUNDLED = new URL("./known-passwords/common.bin", import.meta.url);
const BYTES_EACH = 5;

/** Whether a password stands in a list of passwords that leaked. */
export type IsKnown = (password: string) => Promise<boolean>;

function openBundled(): (password: string) => boolean {
  const filter = readFileSync(BUNDLED);
  const count = filter.length / BYTES_EACH;
  return (password) => {
    const plain = password.normalize("NFKC").toLowerCase();
    const wanted = createHash("sha256").update(plain).digest().subarray(0, BYTES_EACH);
    let [low, high] = [0, count];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const at = middle * BYTES_EACH;
      if (filter.subarray(at, at + BYTES_EACH).compare(wanted) < 0) low = middle + 1;
      else high = middle;
    }
    return filter.subarray(low * BYTES_EACH, (low + 1) * BYTES_EACH).equals(wanted);
  };
}

const SETTING = "TYR_BREACHED_PASSWORDS";
const HASH_CHARS = 40;
/** Longer than any line: 40 characters of hash, a colon, a count, a line end. */
const LINE_BYTES_MAX = 80;

/** The first whole line at or after a place: its hash, or undefined behind the last line. */
async function hashAfter(file: FileHandle, place: number): Promise<string | undefined> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(2 * LINE_BYTES_MAX), 0, 2 * LINE_BYTES_MAX, place);
  const text = buffer.toString("latin1", 0, bytesRead);
  const start = place === 0 ? 0 : text.indexOf("\n") + 1;
  if (start === 0 && place !== 0) return undefined;
  const hash = text.slice(start, start + HASH_CHARS).toUpperCase();
  return hash.length === HASH_CHARS ? hash : undefined;
}

/** Halves the file until a line is found: about 35 reads in all of Have I Been Pwned's billion lines. */
async function standsIn(file: FileHandle, size: number, wanted: string): Promise<boolean> {
  let [low, high] = [0, size];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const hash = await hashAfter(file, middle);
    if (hash === wanted) return true;
    if (hash !== undefined && hash < wanted) low = middle + 1;
    else high = middle;
  }
  return (await hashAfter(file, low)) === wanted;
}

async function openFile(path: string): Promise<{ file: FileHandle; size: number }> {
  const file = await open(path, "r").catch((cause: unknown) => {
    const why = cause instanceof Error && "code" in cause ? ` (${String(cause.code)})` : "";
    throw new ConfigInvalid(SETTING, `${path} cannot be read${why}`);
  });
  const { size } = await file.stat();
  const first = await hashAfter(file, 0);
  if (first !== undefined && /^[0-9A-F]{40}$/.test(first)) return { file, size };
  await file.close();
  throw new ConfigInvalid(
    SETTING,
    `${path} does not begin with a SHA-1 in hexadecimal; the list is the one of Have I Been Pwned, ordered by hash`,
  );
}

export type KnownPasswords = Readonly<{ isKnown: IsKnown; close: () => Promise<void> }>;

/**
 * The commonest passwords, bundled, and where a file is named also its: lines of `SHA1:count` in upper case, ordered by
 * hash, as Have I Been Pwned publishes them. The file is read in place, not into memory.
 *
 * @throws {ConfigInvalid} `CONFIG_INVALID`
 */
export async function openKnownPasswords(path: string | undefined): Promise<KnownPasswords> {
  const isCommon = openBundled();
  if (path === undefined) return { isKnown: async (password) => isCommon(password), close: async () => undefined };
  const { file, size } = await openFile(path);
  return {
    async isKnown(password) {
      if (isCommon(password)) return true;
      const sha1 = createHash("sha1").update(password.normalize("NFC")).digest("hex").toUpperCase();
      return await standsIn(file, size, sha1);
    },
    close: async () => await file.close(),
  };
}
