/**
 * Attacker-controlled text as a reader may safely see it.
 *
 * Control characters, escape sequences, direction overrides and characters without a shape are the ones which
 * hide or reorder what a terminal or a browser shows ("Trojan Source", CVE-2021-42574). Each becomes a mark with a
 * name, everything else stays as it is. Nothing here produces HTML.
 */
export type TextPart =
  | Readonly<{ kind: "text"; text: string }>
  | Readonly<{ kind: "mark"; sign: string; name: string }>;

const NAMES: Readonly<Record<number, string>> = {
  0x00: "null",
  0x07: "bell",
  0x08: "backspace",
  0x09: "tab",
  0x0a: "line feed",
  0x0b: "vertical tab",
  0x0c: "form feed",
  0x0d: "carriage return",
  0x1b: "escape",
  0x7f: "delete",
  0x85: "next line",
  0x9b: "control sequence introducer",
  0x9d: "operating system command",
  0xad: "soft hyphen",
  0x34f: "combining grapheme joiner",
  0x61c: "Arabic letter mark",
  0x180e: "Mongolian vowel separator",
  0x200b: "zero width space",
  0x200c: "zero width non-joiner",
  0x200d: "zero width joiner",
  0x200e: "left-to-right mark",
  0x200f: "right-to-left mark",
  0x2028: "line separator",
  0x2029: "paragraph separator",
  0x202a: "left-to-right embedding",
  0x202b: "right-to-left embedding",
  0x202c: "pop directional formatting",
  0x202d: "left-to-right override",
  0x202e: "right-to-left override",
  0x2060: "word joiner",
  0x2066: "left-to-right isolate",
  0x2067: "right-to-left isolate",
  0x2068: "first strong isolate",
  0x2069: "pop directional isolate",
  0xfeff: "byte order mark",
  0xfffd: "replacement character: these bytes were not UTF-8",
};

/** The usual abbreviations of those met most often in logs. */
const SHORT: Readonly<Record<number, string>> = {
  0x00: "NUL",
  0x07: "BEL",
  0x08: "BS",
  0x09: "TAB",
  0x0a: "LF",
  0x0b: "VT",
  0x0c: "FF",
  0x0d: "CR",
  0x1b: "ESC",
  0x7f: "DEL",
};

/** Inclusive ranges of code points that are shown as a mark. */
const HIDDEN: readonly (readonly [from: number, to: number])[] = [
  [0x00, 0x1f],
  [0x7f, 0x9f],
  [0xad, 0xad],
  [0x34f, 0x34f],
  [0x61c, 0x61c],
  [0x115f, 0x1160],
  [0x17b4, 0x17b5],
  [0x180b, 0x180f],
  [0x200b, 0x200f],
  [0x2028, 0x202e],
  [0x2060, 0x206f],
  [0x3164, 0x3164],
  [0xd800, 0xdfff],
  [0xe000, 0xf8ff],
  [0xfe00, 0xfe0f],
  [0xfeff, 0xfeff],
  [0xffa0, 0xffa0],
  [0xfff0, 0xffff],
  [0x1d173, 0x1d17a],
  [0xe0000, 0xe0fff],
  [0xf0000, 0x10ffff],
];

export function isHidden(codePoint: number): boolean {
  return HIDDEN.some(([from, to]) => codePoint >= from && codePoint <= to);
}

const hex = (codePoint: number): string => codePoint.toString(16).toUpperCase().padStart(4, "0");

function signOf(codePoint: number): string {
  // Letters, not the pictures of U+2400 …: few fonts have those.
  return `‹${SHORT[codePoint] ?? hex(codePoint)}›`;
}

function markOf(codePoint: number): TextPart {
  const name = NAMES[codePoint];
  const point = `U+${hex(codePoint)}`;
  return { kind: "mark", sign: signOf(codePoint), name: name === undefined ? point : `${name} (${point})` };
}

/** Splits text into what may be shown as it is and marks for what may not. At most `limit` code points are read. */
export function visibleParts(text: string, limit: number = Number.POSITIVE_INFINITY): readonly TextPart[] {
  const parts: TextPart[] = [];
  let plain = "";
  let read = 0;
  for (const character of text) {
    if (read >= limit) break;
    read += 1;
    const codePoint = character.codePointAt(0) ?? 0;
    if (!isHidden(codePoint)) {
      plain += character;
      continue;
    }
    if (plain !== "") parts.push({ kind: "text", text: plain });
    plain = "";
    parts.push(markOf(codePoint));
  }
  if (plain !== "") parts.push({ kind: "text", text: plain });
  return parts;
}

/** The same as one string: for titles, labels and the clipboard, where an escape could act on a terminal. */
export function visibleText(text: string, limit?: number): string {
  return visibleParts(text, limit)
    .map((part) => (part.kind === "text" ? part.text : part.sign))
    .join("");
}
