import { afterElement } from "./required-literals.ts";

/** More than any limit; sums stay far from where numbers lose digits. */
const endless = 1e9;
/** `(?i)`, `(?i:`, `(?P<name>` and `(?<name>`: what follows the bracket says what kind of group it is. */
const groupHead = /\(\?(?:P?<[^>]{0,64}>|[a-zA-Z-]{0,8}[:)])/y;
/** A class of Unicode is a table of hundreds of ranges, copied and sorted for each time it is written, however few states it is. */
const unicodeClass = /\\[pP]/g;
const unicodeClassStates = 8;
/** RE2 adds a first and a last state to every program. */
const ends = 2;
const repetition = /\{(\d{1,9})(?:(,)(\d{0,9}))?\}/y;

/** What is open: what it comes to so far, and the part a quantifier behind it would repeat. */
type Group = { states: number; last: number; captures: boolean };

/**
 * About how many states an expression would come to, from its text alone: compiling one to count them is what fills the
 * memory. Never far below what RE2 makes of it, and above it where that finds parts in common.
 */
export function estimateStates(source: string): number {
  const open: Group[] = [];
  let group: Group = { states: 0, last: 0, captures: false };
  const close = (): void => {
    const own = group.states + (group.captures ? 2 : 0);
    group = open.pop() ?? { states: 0, last: 0, captures: false };
    take(group, own);
  };
  for (let at = 0; at < source.length;) {
    const character = source.charAt(at);
    if (character === "(") {
      const head = matchAt(groupHead, source, at)?.[0] ?? "(";
      const isFlags = head.length > 1 && head.endsWith(")");
      if (!isFlags) {
        open.push(group);
        group = { states: 0, last: 0, captures: !head.endsWith(":") };
      }
      at += head.length;
    } else if (character === ")") {
      close();
      at += 1;
    } else at = takeElement(source, at, group);
  }
  while (open.length > 0) close();
  return group.states + ends + unicodeClassStates * (source.match(unicodeClass) ?? []).length;
}

/** One element that is no bracket. @returns where the next one stands */
function takeElement(source: string, at: number, group: Group): number {
  if (source.startsWith("\\Q", at)) return takeQuoted(source, at + 2, group);
  const character = source.charAt(at);
  if (character === "{") {
    const [written, least, comma, most] = matchAt(repetition, source, at) ?? [];
    if (written !== undefined) {
      repeat(group, Number(least), comma === undefined ? Number(least) : most === "" ? undefined : Number(most));
      return at + written.length;
    }
  }
  if ("*+?".includes(character)) {
    add(group, 1);
    group.last += 1;
    return at + 1;
  }
  take(group, 1);
  return afterElement(source, at);
}

/** Between `\Q` and `\E` every character stands for itself; a quantifier behind it repeats the last one. */
function takeQuoted(source: string, from: number, group: Group): number {
  const end = source.indexOf("\\E", from);
  const length = (end === -1 ? source.length : end) - from;
  add(group, Math.max(0, length - 1));
  take(group, Math.min(1, length));
  return end === -1 ? source.length : end + 2;
}

/** `{2,5}` stands for two, and three more that each may be left out. */
function repeat(group: Group, least: number, most: number | undefined): void {
  const once = group.last;
  const all = most === undefined ? Math.max(1, least) * once + 1 : most * once + Math.max(0, most - least);
  group.last = Math.min(endless, all);
  add(group, group.last - once);
}

function take(group: Group, states: number): void {
  group.last = states;
  add(group, states);
}

function add(group: Group, states: number): void {
  group.states = Math.min(endless, group.states + states);
}

function matchAt(pattern: RegExp, source: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(source);
}
