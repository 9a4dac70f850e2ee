import { usage } from "../failure.ts";
import { visible } from "../output/visible-text.ts";
import type { World } from "../world.ts";
import { openInput } from "./open-input.ts";

/** One part of a list, whole lines of it; a list in JSON is one part. */
export type ListPart = Readonly<{ body: Uint8Array; last: boolean }>;

const PART_BYTES = 1024 * 1024;
/** What the server takes in one request. */
const JSON_BYTES_MAX = 8 * 1024 * 1024;
const LINE_FEED = 0x0a;
const OPENS_JSON = new Set([0x5b, 0x7b]);
const BLANK = new Set([0x20, 0x09, 0x0a, 0x0d]);

function isJson(bytes: Uint8Array): boolean {
  const first = bytes.find((byte) => !BLANK.has(byte));
  return first !== undefined && OPENS_JSON.has(first);
}

/** Cuts behind the last line feed; the rest waits for what comes. */
function cutAtLine(bytes: Buffer): readonly [part: Buffer, rest: Buffer] {
  const at = bytes.lastIndexOf(LINE_FEED);
  return at < 0 ? [Buffer.alloc(0), bytes] : [bytes.subarray(0, at + 1), bytes.subarray(at + 1)];
}

function refuseLong(waiting: Buffer, file: string): void {
  if (waiting.length <= JSON_BYTES_MAX) return;
  const why = isJson(waiting) ? "is JSON of more than 8 MiB" : "has a line of more than 8 MiB";
  throw usage(`${visible(file)} ${why}`, "Load the CSV its makers publish instead.");
}

/** The parts of a file, gzipped or not, or of stdin (`-`), never more than two of them in memory. */
export async function* readParts(file: string, world: World): AsyncGenerator<ListPart> {
  const { chunks } = await openInput(file, world);
  let waiting: Buffer = Buffer.alloc(0);
  let ready: Buffer | undefined;
  for await (const chunk of chunks) {
    waiting = Buffer.concat([waiting, chunk]);
    refuseLong(waiting, file);
    if (waiting.length < PART_BYTES || isJson(waiting)) continue;
    const [part, rest] = cutAtLine(waiting);
    if (part.length === 0) continue;
    if (ready !== undefined) yield { body: ready, last: false };
    [ready, waiting] = [part, rest];
  }
  if (ready !== undefined) yield { body: ready, last: waiting.length === 0 };
  if (ready === undefined || waiting.length > 0) yield { body: waiting, last: true };
}
