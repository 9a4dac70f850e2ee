import { compileRegex } from "../../src/compile/regex.ts";
import { insist, type Target } from "../target.ts";
import { insistOnLiterals } from "./regex.ts";

/** An expression and a text it matches. */
type Sampled = Readonly<{ source: string; sample: string }>;

/**
 * Expressions that are made together with a text they match, every byte a choice: texts found by chance hardly ever match
 * a long expression.
 */
export const regexSampleTarget: Target = {
  name: "regex-sample",
  seeds: Array.from({ length: 24 }, (_, seed) =>
    Uint8Array.from({ length: 64 }, (_ignored, at) => (at * 37 + seed * 101) % 251),
  ),
  words: [],
  sizeMax: 128,
  run: (input) => {
    const choose = chooser(input);
    const flags = choose(2) === 0 ? "" : "i";
    const { source, sample } = alternatives(choose, { depth: 0, anyCase: flags === "i" });
    const regex = compileRegex(source, flags);
    if (typeof regex === "string") return false;
    const text = `${["", "x", "abc "][choose(3)]}${sample}${["", "z"][choose(2)]}`;
    insist(regex.test(text), `${JSON.stringify(source)} matches the text made for it, ${JSON.stringify(text)}`);
    insistOnLiterals(regex.required, text);
    return true;
  },
};

type Choose = (below: number) => number;
type Place = Readonly<{ depth: number; anyCase: boolean }>;

function chooser(input: Uint8Array): Choose {
  let at = 0;
  return (below) => {
    const byte = input[at] ?? 0;
    at += 1;
    return byte % below;
  };
}

function alternatives(choose: Choose, place: Place): Sampled {
  const parts = Array.from({ length: [1, 1, 1, 2, 3][choose(5)] ?? 1 }, () => sequence(choose, place));
  const taken = parts[choose(parts.length)];
  return { source: parts.map(({ source }) => source).join("|"), sample: taken?.sample ?? "" };
}

function sequence(choose: Choose, place: Place): Sampled {
  const parts = Array.from({ length: 1 + choose(6) }, () => repeated(choose, place));
  return { source: parts.map(({ source }) => source).join(""), sample: parts.map(({ sample }) => sample).join("") };
}

const repetitions = [
  ["?", 0, 1],
  ["*", 0, 3],
  ["+", 1, 3],
  ["+?", 1, 2],
  ["*?", 0, 2],
  ["??", 0, 1],
  ["{2}", 2, 2],
  ["{0}", 0, 0],
  ["{1,3}", 1, 3],
  ["{0,2}?", 0, 2],
  ["{2,}", 2, 4],
] as const;

function repeated(choose: Choose, place: Place): Sampled {
  const { source, sample } = atom(choose, place);
  const [mark, least, most] = repetitions[choose(repetitions.length * 4)] ?? ["", 1, 1];
  const count = least + choose(most - least + 1);
  return { source: `${source}${mark}`, sample: sample.repeat(count) };
}

/** The source of an element, and texts it stands for. */
const elements: readonly (readonly [string, readonly string[]])[] = [
  ["[abc]", ["a", "b", "c"]],
  ["[^abc]", ["d", "é", "😀"]],
  ["[]x]", ["]", "x"]],
  ["[^]x]", ["a", "["]],
  ["[a\\]b]", ["a", "]"]],
  ["[[:digit:]z]", ["7", "z"]],
  ["[(|)]", ["(", "|", ")"]],
  [".", ["q", "(", "\\"]],
  ["\\d", ["0", "9"]],
  ["\\w", ["a", "_"]],
  ["\\s", [" ", "\t"]],
  ["\\pL", ["a", "ß"]],
  ["\\p{Greek}", ["α"]],
  ["\\x41", ["A"]],
  ["\\x{1F600}", ["😀"]],
  ["\\101", ["A"]],
  ["\\n", ["\n"]],
  ["\\.", ["."]],
  ["\\\\", ["\\"]],
  ["\\(", ["("]],
  ["\\[", ["["]],
  ["\\|", ["|"]],
  ["(?:\\Qa|b(\\E)", ["a|b("]],
  ["(?:)", [""]],
  ["]", ["]"]],
  ["}", ["}"]],
  ["{", ["{"]],
  ["(?:{,2})", ["{,2}"]],
  ["/", ["/"]],
  ["-", ["-"]],
];
const words = [
  "a",
  "abc",
  "kill",
  "SKIP",
  "straße",
  "ſs",
  "\u212Aey",
  "İx",
  "Σας",
  "powershell",
  "😀",
  "e\u0301",
  " ",
  "xyz",
];
const openings = ["(", "(?:", "(?P<n>", "(?s:", "(?-i:", "(?i:", "(?i-s:"];

function atom(choose: Choose, place: Place): Sampled {
  const kind = choose(8);
  if (kind === 0 && place.depth < 3) return group(choose, place);
  if (kind < 3) {
    const [source = "", samples = []] = elements[choose(elements.length)] ?? [];
    return { source, sample: samples[choose(samples.length)] ?? "" };
  }
  const word = words[choose(words.length)] ?? "";
  // A repetition takes the last character only; a word of several is held together.
  const source = choose(3) === 0 ? `(?:${word})` : word;
  const isWhole = Array.from(word).length === 1 || source !== word;
  return isWhole
    ? { source, sample: inCase(word, choose, place) }
    : { source: `(?:${word})`, sample: inCase(word, choose, place) };
}

function group(choose: Choose, place: Place): Sampled {
  const opening = openings[choose(openings.length)] ?? "(";
  const anyCase = opening === "(?i:" || opening === "(?i-s:" || (place.anyCase && opening !== "(?-i:");
  const { source, sample } = alternatives(choose, { depth: place.depth + 1, anyCase });
  return { source: `${opening}${source})`, sample };
}

/** The same word as other characters that simple case folding takes for it, where the case does not matter. */
function inCase(word: string, choose: Choose, { anyCase }: Place): string {
  if (!anyCase) return word;
  const how = choose(4);
  return Array.from(word, (character) => otherCase(character, how)).join("");
}

function otherCase(character: string, how: number): string {
  if (how === 3 && "sS".includes(character)) return "ſ";
  if (how === 3 && "kK".includes(character)) return "\u212A";
  const other = how === 1 ? character.toUpperCase() : how === 2 ? character.toLowerCase() : character;
  // `ß` and `İ` change into several characters, which is full folding, and no expression does that.
  return Array.from(other).length === 1 && other.toLowerCase() === character.toLowerCase() ? other : character;
}
