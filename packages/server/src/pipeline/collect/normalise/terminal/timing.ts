import { StrokeCounter, type Strokes } from "./strokes.ts";

/** About 30 years: what is later is no recording. */
const POSITION_MS_MAX = 1e12;
const CHARS_MAX = 1e9;

/**
 * One record of `timing` (tlog, doc/log_format.md): a delay `+ms`, input `<chars`, input that is no text
 * `[replaced/bytes`, output `>chars` or `]replaced/bytes`, or a window `=80x24`. Twelve digits hold whatever is allowed.
 */
const RECORD =
  /\+(?<delay>\d{1,12})|<(?<chars>\d{1,12})|\[(?<replaced>\d{1,12})\/(?<bytes>\d{1,12})|>\d{1,12}|\]\d{1,12}\/\d{1,12}|=\d{1,12}x\d{1,12}/y;

/**
 * Reads only how much was typed when; what it was stands elsewhere and is not looked at. Input at one and the same
 * millisecond is one read, whether all of it is text or not.
 *
 * @param timing at most as long as a line
 * @param position of the record in its recording, milliseconds
 * @returns undefined where it is not written as tlog writes it
 */
export function readTiming(timing: string, position: number): Strokes | undefined {
  const counter = new StrokeCounter();
  let at = position;
  let chars = 0;
  RECORD.lastIndex = 0;
  while (RECORD.lastIndex < timing.length) {
    const found = RECORD.exec(timing);
    if (found === null) return undefined;
    const { delay, chars: typed, bytes } = found.groups ?? {};
    const isLater = delay !== undefined && Number(delay) > 0;
    if (isLater) {
      counter.read(at, chars);
      chars = 0;
      at += Number(delay);
    }
    chars += Number(typed ?? bytes ?? 0);
    if (at > POSITION_MS_MAX || chars > CHARS_MAX) return undefined;
  }
  counter.read(at, chars);
  return counter.strokes();
}
