import { fold } from "../../src/compile/fold.ts";
import { compileRegex } from "../../src/compile/regex.ts";
import { bytesOf, insist, type Target, textOf } from "../target.ts";

const flagSets = ["", "i", "m", "s", "im", "is", "ms", "ims"];

/**
 * Regular expressions as anybody may write them: a line with the expression, then texts for it. Whatever text matches
 * contains every literal said to be required of it, or the engine would leave out events the rule is about.
 */
export const regexTarget: Target = {
  name: "regex",
  seeds: [
    "0busybox [A-Z0-9]{4,12}(?:$|;|\\s)\nx busybox ABCDE; y\nbusybox",
    "1(?:power|pwd)shell\\.exe\nPOWERſhell.exe\npowerwhell",
    "2^(a+)+$\naaaaaaaaaaaaaaaaaaaaaaaa!\naaaa",
    "3\\x41\\u0042[^\\]\\d]{2,}?\nABxx",
    "7(?i)kill(?-i)Skip|other\nKILLſkip",
    "0(?P<name>abc)def(?:ghi)?jkl+m*nop\nabcdefjklnop",
    "1\\Qa.b\\E\\.exe\\\\system32\na.b.exe\\system32",
    "0(?s:a.c)\\bword\\B\\pL{3}\\P{Greek}[[:alpha:]]\na\nc",
    "0a{,3}b{2}c{2,}d{0}eee\na{,3}bbccceee",
    "0]literal[]x]{1}\n]literal]",
  ].map(bytesOf),
  words: [
    "(?i)",
    "(?:",
    "(?P<n>",
    "(?s-i:",
    "|",
    "[^",
    "[[:alpha:]]",
    "\\Q",
    "\\E",
    "\\b",
    "\\pL",
    "\\x{1F600}",
    "\\x41",
  ]
    .concat(["{2,3}", "{1000}", "{0}", "{,2}", "+?", "*", "abc", "ſ", "\u212A", "ß", "İ", "\\C", "\\101", "\\z", "\n"])
    .concat(["\\/", "\\-", "\\ ", "\\n", "\\\\", "(?#", "\\u0041", "]", "😀"]),
  sizeMax: 512,
  run: (input) => {
    const [first = "", ...texts] = textOf(input).split("\n");
    const regex = compileRegex(first.slice(1), flagSets[(first.codePointAt(0) ?? 0) % flagSets.length] ?? "");
    if (typeof regex === "string") return false;
    for (const text of texts.length === 0 ? [first] : texts) {
      if (regex.test(text)) insistOnLiterals(regex.required, text);
    }
    return true;
  },
};

export function insistOnLiterals(required: readonly string[], text: string): void {
  const folded = fold(text);
  for (const literal of required)
    insist(folded.includes(literal), `a text that matches contains ${JSON.stringify(literal)}`);
}
