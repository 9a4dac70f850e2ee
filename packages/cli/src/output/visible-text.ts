/**
 * Everything that could move a cursor, change a colour, reorder or hide text: control characters (C0, DEL, C1),
 * format characters (bidirectional overrides, zero-width, tags), unassigned and private ones, lone surrogates, and
 * white space that looks like an ordinary space. Attackers choose what stands in our tables.
 */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Cn}\p{Co}\p{Cs}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu;
const PLAIN = /^[\x20-\x7e]*$/;
const SHORT: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

function escape(character: string): string {
  const point = character.codePointAt(0) ?? 0;
  const hex = point.toString(16);
  return SHORT[character] ?? (point < 0x100 ? `\\x${hex.padStart(2, "0")}` : `\\u{${hex}}`);
}

/** The same text with nothing hidden in it, on one line. */
export function visible(text: string): string {
  return PLAIN.test(text) ? text : text.replace(HIDDEN, escape);
}

/** As `visible`, but line breaks stay: for text that is a paragraph of its own. */
export function visibleLines(text: string): string[] {
  return text.split(/\r?\n/).map(visible);
}

/** JSON with the same characters written as \uXXXX: still the same value, and nothing acts on a terminal. */
export function safeJson(value: unknown, indent?: number): string {
  const text = JSON.stringify(value, undefined, indent) ?? "null";
  // Line breaks here are ours: JSON.stringify has escaped those inside strings.
  return text.replace(/(?!\n)[\p{Cc}\p{Cf}\p{Cn}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/gu, (character) =>
    Array.from(
      { length: character.length },
      (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`,
    ).join(""),
  );
}

/** Code points drawn two cells wide (Unicode Standard Annex 11, the assigned wide blocks). */
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0xa4cf],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe4f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1f64f],
  [0x1f680, 0x1f6ff],
  [0x1f900, 0x1faff],
  [0x20000, 0x3fffd],
];

function cellsOf(character: string): number {
  if (/\p{M}/u.test(character)) return 0;
  const point = character.codePointAt(0) ?? 0;
  return WIDE.some(([from, to]) => point >= from && point <= to) ? 2 : 1;
}

/** Terminal cells taken by text that is already visible. */
export function width(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let cells = 0;
  for (const character of text) cells += cellsOf(character);
  return cells;
}

/** Cut to so many cells, the last one an ellipsis when something was cut. */
export function truncate(text: string, cells: number): string {
  if (width(text) <= cells) return text;
  let taken = "";
  let used = 0;
  for (const character of text) {
    const next = cellsOf(character);
    if (used + next > cells - 1) break;
    taken += character;
    used += next;
  }
  return `${taken}…`;
}
