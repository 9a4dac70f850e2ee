// node scripts/known-passwords.mjs < passwords.txt: writes the filter of well-known passwords from a list, one a line.
// What stands behind a password on its line (a count) is left out, and so is whatever is too short to be taken anyway.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";

const TARGET = new URL("../packages/server/src/identity/known-passwords/common.bin", import.meta.url);
const LENGTH_MIN = 8;
const BYTES_EACH = 5;

const words = readFileSync(0, "utf8")
  .split(/\r?\n/)
  .map((line) => (line.trim().split(/\s/, 1)[0] ?? "").normalize("NFKC").toLowerCase())
  .filter((word) => Array.from(word).length >= LENGTH_MIN);
const prefixes = [...new Set(words)].map((word) => createHash("sha256").update(word).digest().subarray(0, BYTES_EACH));
writeFileSync(TARGET, Buffer.concat(prefixes.toSorted((a, b) => a.compare(b))));
console.log(`${prefixes.length} passwords`);
