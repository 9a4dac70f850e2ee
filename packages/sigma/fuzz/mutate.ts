import type { Random } from "./random.ts";
import { bytesOf, type Target } from "./target.ts";

type Change = (input: Uint8Array, source: Source) => Uint8Array;
type Source = Readonly<{ random: Random; words: readonly Uint8Array[]; other: Uint8Array }>;

/** Bytes that readers treat specially: quotation, escapes, blanks, brackets, the edges of UTF-8. */
const specialBytes = bytesOf("\"'\\\n\t ,:;-&*!|>%@`#?{}[]()0aAs^$./+=~\u0000").reduce<number[]>(
  (all, one) => [...all, one],
  [0x7f, 0x80, 0xbf, 0xc0, 0xc3, 0xe2, 0xed, 0xf0, 0xf4, 0xfe, 0xff],
);
const numbers = [
  "0",
  "-1",
  "1",
  "255",
  "65536",
  "2147483648",
  "9007199254740993",
  "1e999",
  "-0",
  "1e-7",
  "NaN",
  "0x10",
];

const changes: readonly Change[] = [
  (input, { random }) => changed(input, random, (byte) => byte ^ (1 << random(8))),
  (input, { random }) => changed(input, random, () => random(256)),
  (input, { random }) => changed(input, random, () => pick(specialBytes, random) ?? 0),
  (input, { random }) => replace(input, random(input.length + 1), { length: 0, by: [pick(specialBytes, random) ?? 0] }),
  (input, { random, words }) => replace(input, random(input.length + 1), { length: 0, by: pick(words, random) ?? [] }),
  (input, { random, words }) => {
    const { from, length } = range(input, random);
    return replace(input, from, { length, by: pick(words, random) ?? [] });
  },
  (input, { random }) => {
    const { from, length } = range(input, random);
    return replace(input, from, { length, by: [] });
  },
  (input, { random }) => {
    const { from, length } = range(input, random);
    const copies = Array.from({ length: 1 + random(4) }, () => [...input.subarray(from, from + length)]).flat();
    return replace(input, random(input.length + 1), { length: 0, by: copies });
  },
  (input, { random, other }) => {
    const { from, length } = range(other, random);
    return replace(input, random(input.length + 1), { length: 0, by: other.subarray(from, from + length) });
  },
  (input, { random, other }) => {
    const { from, length } = range(other, random);
    return replace(input, random(input.length + 1), { length, by: other.subarray(from, from + length) });
  },
  (input, { random }) => {
    const at = input.findIndex((byte, index) => isDigit(byte) && index >= random(input.length + 1));
    let end = at;
    while (end >= 0 && isDigit(input[end] ?? 0)) end += 1;
    return at < 0 ? input : replace(input, at, { length: end - at, by: bytesOf(pick(numbers, random) ?? "0") });
  },
];

/** Makes inputs out of inputs: one to five changes of bytes, words and pieces of other inputs. */
export function mutator(target: Pick<Target, "words" | "sizeMax">, random: Random) {
  const words = target.words.map(bytesOf);
  return (input: Uint8Array, other: Uint8Array): Uint8Array => {
    let made = input;
    for (let left = 1 + random(5); left > 0; left -= 1) {
      made = changes[random(changes.length)]?.(made, { random, words, other }) ?? made;
    }
    return made.length > target.sizeMax ? made.subarray(0, target.sizeMax) : made;
  };
}

function changed(input: Uint8Array, random: Random, by: (byte: number) => number): Uint8Array {
  if (input.length === 0) return input;
  const copy = Uint8Array.from(input);
  const at = random(copy.length);
  copy[at] = by(copy[at] ?? 0);
  return copy;
}

/** Short pieces more often than long ones. */
function range(input: Uint8Array, random: Random): Readonly<{ from: number; length: number }> {
  const from = random(input.length + 1);
  const left = input.length - from;
  return { from, length: Math.min(left, random(4) === 0 ? random(left + 1) : random(9)) };
}

function replace(
  input: Uint8Array,
  at: number,
  { length, by }: Readonly<{ length: number; by: ArrayLike<number> }>,
): Uint8Array {
  const rest = input.subarray(Math.min(input.length, at + length));
  const made = new Uint8Array(at + by.length + rest.length);
  made.set(input.subarray(0, at));
  made.set(by, at);
  made.set(rest, at + by.length);
  return made;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function pick<Member>(list: readonly Member[], random: Random): Member | undefined {
  return list[random(list.length)];
}
