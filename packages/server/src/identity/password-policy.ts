import { ok, refuse, type Result } from "@tyr/contract";

/** NIST 800-63B-4: length is what counts; no composition rules. Counted in Unicode code points. */
const PASSWORD_LENGTH_MIN = 15;

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

/** The form two spellings of one password share (NIST 800-63B-4 3.1.1.2: NFKC or NFKD before hashing). */
export function normalizePassword(password: string): string {
  return password.normalize("NFKC");
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

/**
 * Refuses passwords that are short, well known, a repetition, a keyboard run, or mostly the account's name.
 *
 * @param name the account's name
 */
export function checkPassword(password: string, name: string): Result<string> {
  const normal = normalizePassword(password);
  const length = Array.from(normal).length;
  if (length < PASSWORD_LENGTH_MIN)
    return refuse(
      "PASSWORD_TOO_WEAK",
      `the password has ${length} characters; at least ${PASSWORD_LENGTH_MIN} are needed`,
    );
  const plain = normal.toLowerCase();
  if (isRepetition(plain)) return refuse("PASSWORD_TOO_WEAK", "the password repeats a short part of itself");
  if (isRun(plain.replaceAll(/\s/g, "")))
    return refuse("PASSWORD_TOO_WEAK", "the password is a run of neighbouring keys or letters");
  if (isMadeOfKnown(plain, name.toLowerCase()))
    return refuse("PASSWORD_TOO_WEAK", "the password is made of well-known words or the account's name");
  return ok(normal);
}
