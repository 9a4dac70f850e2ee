import { ok, refuse, type Result } from "@tyr/contract";
import type { IsKnown } from "./known-passwords.ts";

/** NIST 800-63B-4: length is what counts; no composition rules. Counted in Unicode code points. */
const LENGTH_MIN_ALONE = 15;
/** Beside a second factor, which guessing does not get past (ASVS 5.0 6.2.1). */
const LENGTH_MIN_BESIDE_FACTOR = 8;

/** Parts of long passwords that stand at the top of leaked lists. A password made of these alone is well known. */
const KNOWN_PARTS = [
  "administrator",
  "admin",
  "password",
  "passwort",
  "passwd",
  "passw0rd",
  "p@ssw0rd",
  "pa$$word",
  "letmein",
  "welcome",
  "changeme",
  "iloveyou",
  "football",
  "baseball",
  "basketball",
  "princess",
  "sunshine",
  "superman",
  "batman",
  "starwars",
  "trustno1",
  "whatever",
  "computer",
  "internet",
  "security",
  "master",
  "dragon",
  "monkey",
  "shadow",
  "michael",
  "jennifer",
  "qwertyuiop",
  "qwerty",
  "qwertz",
  "azerty",
  "asdfghjkl",
  "asdf",
  "zxcvbnm",
  "zxcvbn",
  "1qaz2wsx3edc",
  "1qaz2wsx",
  "1q2w3e4r5t6y",
  "1q2w3e4r5t",
  "1q2w3e4r",
  "q1w2e3r4t5y6",
  "q1w2e3r4",
  "abc123",
  "abcdef",
  "default",
  "secret",
  "login",
  "guest",
  "root",
  "test",
  "user",
  "hello",
  "please",
  "access",
  "manager",
  "service",
  "server",
  "system",
  "forever",
  "freedom",
  "summer",
  "winter",
  "spring",
  "autumn",
  "monday",
  "friday",
  "january",
  "december",
  "correct",
  "horse",
  "battery",
  "staple",
  "tyr",
] as const;

const ROWS = [
  "abcdefghijklmnopqrstuvwxyz",
  "01234567890123456789",
  "qwertyuiopasdfghjklzxcvbnm",
  "qwertzuiopasdfghjklyxcvbnm",
];

/** The form two spellings of one password share (RFC 8265, OpaqueString: NFC; case and compatibility forms stay). */
export function normalizePassword(password: string): string {
  return password.normalize("NFC");
}

/** Counted in Unicode code points. */
function lengthOf(password: string): number {
  return Array.from(normalizePassword(password)).length;
}

/** True when it is long enough to open an account without a second factor. */
export function standsAlone(password: string): boolean {
  return lengthOf(password) >= LENGTH_MIN_ALONE;
}

function isRepetition(text: string): boolean {
  for (let period = 1; period <= text.length / 2; period += 1) {
    const unit = text.slice(0, period);
    if (unit.repeat(Math.ceil(text.length / period)).startsWith(text)) return true;
  }
  return false;
}

function isRun(text: string): boolean {
  const backwards = Array.from(text).toReversed().join("");
  return ROWS.some((row) => [text, backwards].some((one) => `${row}${row}${row}`.includes(one)));
}

/** True when hardly a letter is left after taking well-known parts and those of the name away. */
function isMadeOfKnown(text: string, name: string): boolean {
  const names = name.split(/[^\p{L}\p{N}]+/u).filter((part) => part.length >= 3);
  const parts = [...KNOWN_PARTS, ...names].toSorted((a, b) => b.length - a.length);
  let rest = text;
  for (const part of parts) rest = rest.replaceAll(part, "");
  return rest !== text && rest.replaceAll(/[^\p{L}]/gu, "").length < 4;
}

function weak(detail: string): Result<string> {
  return refuse("PASSWORD_TOO_WEAK", detail);
}

/** @param plain lower case and with compatibility forms folded, so that a known word is found however it is written */
function guessable(plain: string, name: string): string | undefined {
  if (isRepetition(plain)) return "the password repeats a short part of itself";
  if (isRun(plain.replaceAll(/\s/g, ""))) return "the password is a run of neighbouring keys or letters";
  if (isMadeOfKnown(plain, name)) return "the password is made of well-known words or the account's name";
  return undefined;
}

/** Whose password it is to be. `hasSecondFactor`: a password alone does not open the account. */
export type PasswordOwner = Readonly<{ name: string; hasSecondFactor: boolean }>;

/** Whoever just got an account has no second factor yet. */
export function firstOwner(name: string): PasswordOwner {
  return { name, hasSecondFactor: false };
}

/**
 * Refuses passwords that are short, leaked, well known, a repetition, a keyboard run, or mostly the account's name. No
 * rule asks for kinds of characters.
 *
 * @returns the password as it is hashed, or `PASSWORD_TOO_WEAK`
 */
export async function checkPassword(password: string, owner: PasswordOwner, isKnown: IsKnown): Promise<Result<string>> {
  const length = lengthOf(password);
  const least = owner.hasSecondFactor ? LENGTH_MIN_BESIDE_FACTOR : LENGTH_MIN_ALONE;
  if (length < least) return weak(`the password has ${length} characters; at least ${least} are needed`);
  const reason = guessable(password.normalize("NFKC").toLowerCase(), owner.name.toLowerCase());
  if (reason !== undefined) return weak(reason);
  if (await isKnown(password)) return weak("the password stands in a list of passwords that leaked");
  return ok(normalizePassword(password));
}
