import { basename } from "node:path";

/**
 * Cowrie's recordings of terminals (src/cowrie/core/ttylog.py, `<iLiiLL`): after each header of six little-endian numbers
 * (operation, terminal, length, direction, seconds, microseconds) as many bytes as it says.
 */
const HEADER_BYTES = 24;
const OPEN = 1;
const WRITE = 3;
const INPUT = 1;
/** A recording begins with its opening, at terminal 0: no text file does. */
const MAGIC = [OPEN, 0, 0, 0, 0, 0, 0, 0] as const;
/** No packet of SSH is longer (RFC 4253: 35,000 bytes; programs take 256 KiB); a header that says so is none. */
const LENGTH_MAX = 1024 * 1024;
/** Of one record's timing: well below the 64 Ki characters a line may have. */
const TIMING_CHARS_MAX = 32_000;

export function isTtyLog(head: Uint8Array): boolean {
  return head.length >= MAGIC.length && MAGIC.every((byte, at) => head[at] === byte);
}

type Header = Readonly<{ operation: number; length: number; direction: number; atUs: number }>;

function headerOf(bytes: Buffer): Header {
  return {
    operation: bytes.readInt32LE(0),
    length: bytes.readInt32LE(8),
    direction: bytes.readInt32LE(12),
    atUs: bytes.readUInt32LE(16) * 1_000_000 + bytes.readUInt32LE(20),
  };
}

/** Headers alone: what was typed and shown is skipped unread. A header that cannot be one ends the recording. */
async function* headersOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Header> {
  let held = Buffer.alloc(0);
  let skip = 0;
  for await (const chunk of chunks) {
    const passed = Math.min(skip, chunk.length);
    skip -= passed;
    held = Buffer.concat([held, chunk.subarray(passed)]);
    while (skip === 0 && held.length >= HEADER_BYTES) {
      const header = headerOf(held);
      if (header.length < 0 || header.length > LENGTH_MAX) return;
      yield header;
      const end = Math.min(HEADER_BYTES + header.length, held.length);
      skip = HEADER_BYTES + header.length - end;
      held = held.subarray(end);
    }
  }
}

type Record = Readonly<{ position: number; timing: string }>;

/** As tlog writes it (doc/log_format.md): how much was typed after which pause, in milliseconds. */
async function* recordsOf(headers: AsyncIterable<Header>): AsyncGenerator<Record & Readonly<{ beganUs: number }>> {
  let beganUs: number | undefined;
  let [position, atMs, timing] = [0, 0, ""];
  for await (const { operation, length, direction, atUs } of headers) {
    beganUs ??= atUs;
    if (operation !== WRITE || direction !== INPUT || length === 0) continue;
    // A clock that was set back makes no negative pause.
    const ms = Math.max(atMs, Math.floor((atUs - beganUs) / 1_000));
    if (timing === "") [position, atMs] = [ms, ms];
    timing += ms > atMs ? `+${ms - atMs}<${length}` : `<${length}`;
    atMs = ms;
    if (timing.length < TIMING_CHARS_MAX) continue;
    yield { position, timing, beganUs };
    timing = "";
  }
  if (timing !== "" && beganUs !== undefined) yield { position, timing, beganUs };
}

/**
 * A recording as lines the server reads: the rhythm of the keys and the name of the file, by which Cowrie's log says whose
 * it is. What was typed stays where it was recorded.
 */
export async function* ttyLogLines(chunks: AsyncIterable<Uint8Array>, file: string): AsyncGenerator<Uint8Array> {
  let id = 0;
  let before: string | undefined;
  for await (const { position, timing, beganUs } of recordsOf(headersOf(chunks))) {
    if (before !== undefined) yield Buffer.from(`${before}}\n`);
    id += 1;
    const time = (beganUs / 1_000 + position) / 1_000;
    before = JSON.stringify({ rec: basename(file), id, pos: position, time, timing }).slice(0, -1);
  }
  if (before !== undefined) yield Buffer.from(`${before},"closed":true}\n`);
}
