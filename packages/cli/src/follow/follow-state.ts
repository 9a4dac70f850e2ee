import { createHash } from "node:crypto";
import { mkdir, open, readFile, rename } from "node:fs/promises";
import path from "node:path";
import { systemCode } from "../failure.ts";

/** How far one followed file has been acknowledged. Written before each batch travels, so that a restart sends the same batch again. */
export type FollowState = Readonly<{
  file: string;
  /** Device and inode as decimal text: they can exceed what a double holds. */
  dev: string;
  ino: string;
  /** Bytes acknowledged, up to the end of a line. */
  offset: number;
  nextLine: number;
  /** End of the batch that was on its way, or null. */
  pendingEnd: number | null;
  /** The first bytes of the file and their SHA-256: tells a new file from an old one whose inode it got. */
  headBytes: number;
  headDigest: string;
}>;

const TEXTS = ["file", "dev", "ino", "headDigest"] as const;
const NUMBERS = ["offset", "nextLine", "headBytes"] as const;

function isState(value: unknown): value is FollowState {
  if (typeof value !== "object" || value === null) return false;
  const fields = value as Readonly<Record<string, unknown>>;
  return (
    TEXTS.every((name) => typeof fields[name] === "string") &&
    NUMBERS.every((name) => Number.isSafeInteger(fields[name]) && Number(fields[name]) >= 0) &&
    (fields["pendingEnd"] === null || Number.isSafeInteger(fields["pendingEnd"]))
  );
}

export type FollowStore = Readonly<{
  read: () => Promise<FollowState | undefined>;
  write: (state: FollowState) => Promise<void>;
}>;

/** One small file per (server, sensor, file) under the state directory, replaced as a whole. */
export function followStore(directory: string, identity: readonly string[]): FollowStore {
  const name = createHash("sha256").update(JSON.stringify(identity)).digest("hex").slice(0, 32);
  const file = path.join(directory, "follow", `${name}.json`);
  return {
    async read() {
      let text: string;
      try {
        text = await readFile(file, "utf8");
      } catch (error) {
        if (systemCode(error) === "ENOENT") return undefined;
        throw error;
      }
      try {
        const value: unknown = JSON.parse(text);
        return isState(value) ? value : undefined;
      } catch {
        return undefined;
      }
    },
    async write(state) {
      await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
      const temporary = `${file}.${process.pid}.new`;
      {
        await using handle = await open(temporary, "w", 0o600);
        await handle.writeFile(JSON.stringify(state));
        await handle.sync();
      }
      await rename(temporary, file);
    },
  };
}
