import { Buffer } from "node:buffer";

/** Recordings of terminals nobody here reads line by line. They hold what was typed: they are known to be kept out. */

const NUL = "\u0000";
/** Opening, closing and writing, each at terminal 0: how a header of Cowrie's recordings begins (core/ttylog.py, `<iLiiLL`). */
const TTY_HEADERS: readonly string[] = [1, 2, 3].map((operation) => String.fromCharCode(operation) + NUL.repeat(7));
const TTY_HEADER_CHARS = 8;

/** An event of asciinema's casts (asciicast v2 and v3): seconds, what it is in one letter, and what was typed or shown. */
const CAST_EVENT = /^\s{0,99}\[\s{0,99}\d{1,12}(?:\.\d{1,18})?\s{0,99},\s{0,99}"[a-z]"\s{0,99},/;
/** How a cast begins: version 1 is one document, 2 and 3 a header and a line per event. */
const CAST_HEADER = /^\s{0,99}\{\s{0,99}"version"\s{0,99}:\s{0,99}[123]\s{0,99},/;
const CAST_MEMBERS = /"(?:height|cols)"\s{0,99}:\s{0,99}\d/;
const HEAD_BYTES = 1024;

/** Whether this line is one of a cast. */
export function isCastLine(line: string): boolean {
  if (CAST_EVENT.test(line)) return true;
  const head = line.slice(0, HEAD_BYTES);
  return CAST_HEADER.test(head) && CAST_MEMBERS.test(head);
}

/** Whether a piece of Cowrie's recording is in it. Asked of what nobody could read: an attacker's NULs hide no event. */
export function holdsTtyHeader(text: string): boolean {
  return text.includes(NUL) && TTY_HEADERS.some((header) => text.includes(header));
}

/**
 * What a body is, where it begins as a recording does: it is refused whole, as between its headers stands what was typed.
 *
 * @returns what to tell its sender
 */
export function unreadRecording(body: Uint8Array): string | undefined {
  const head = Buffer.from(body.buffer, body.byteOffset, Math.min(body.byteLength, HEAD_BYTES));
  if (TTY_HEADERS.includes(head.toString("latin1", 0, TTY_HEADER_CHARS)))
    return (
      "this is a recording of a terminal by Cowrie, which holds what was typed; nothing of it was kept. " +
      "Bring it in by `tyr import FILE --sensor NAME`, which sends the times of keys alone"
    );
  if (isCastLine(head.toString("utf8").replace(/^\uFEFF/, "")))
    return (
      "this is a recording of a terminal by asciinema, which holds what was typed; nothing of it was kept. " +
      "Its format is not read: recordings of tlog and Cowrie are"
    );
  return undefined;
}
