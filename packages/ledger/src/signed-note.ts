import { base64, concat, fromBase64, fromUtf8, readUint32, uint32, utf8 } from "./bytes.ts";
import { accept, demand, refuse, type Refused, type Result } from "./errors.ts";
import { isKeyName, type NoteSigner, type NoteVerifier } from "./note-key.ts";

/** One line under a note. `signature` does not include the key id. */
export type NoteSignature = Readonly<{ name: string; keyId: number; signature: Uint8Array; line: string }>;
export type VerifiedSignature = NoteSignature & Readonly<{ by: NoteVerifier }>;
export type OpenedNote = Readonly<{
  text: string;
  verified: readonly VerifiedSignature[];
  unverified: readonly NoteSignature[];
}>;
export type ParsedNote = Readonly<{ text: string; signatures: readonly NoteSignature[] }>;

/** The specification asks for at least 16; more than 100 only costs the reader time. */
const signaturesMax = 100;

/**
 * Opens a signed note (C2SP signed-note v1). At least one line must come from a known key, and every line whose
 * name and id are known must verify: a failing line of a known key means an attack, whatever the others say.
 */
export async function openNote(note: string | Uint8Array, known: readonly NoteVerifier[]): Promise<Result<OpenedNote>> {
  const parsed = parseNote(note);
  if (!parsed.ok) return parsed;
  const { text, signatures } = parsed.value;
  const verified: VerifiedSignature[] = [];
  const unverified: NoteSignature[] = [];
  for (const signature of signatures) {
    const [by, another] = known.filter((key) => key.name === signature.name && key.keyId === signature.keyId);
    if (another !== undefined)
      return refuse("LEDGER_KEY_AMBIGUOUS", `two trusted keys share the name and id of ${signature.name}`);
    if (by === undefined) unverified.push(signature);
    else if (await by.verify(utf8(text), signature.signature)) verified.push({ ...signature, by });
    else return refuse("LEDGER_SIGNATURE_INVALID", `the signature of ${signature.name} does not fit the text`);
  }
  if (verified.length === 0) return refuse("LEDGER_NOTE_UNTRUSTED", "no signature comes from a trusted key");
  return accept({ text, verified, unverified });
}

/** Splits a note into text and signature lines without checking any signature. Repeated lines count once. */
export function parseNote(note: string | Uint8Array): Result<ParsedNote> {
  const whole = typeof note === "string" ? note : fromUtf8(note);
  if (whole === undefined || !whole.isWellFormed()) return malformed("it is not UTF-8");
  // oxlint-disable-next-line no-control-regex -- control characters are exactly what must not be in a note
  if (/[\u0000-\u0009\u000b-\u001f]/.test(whole)) return malformed("it contains control characters");
  const split = whole.lastIndexOf("\n\n");
  if (split < 0 || !whole.endsWith("\n")) return malformed("it does not end with a block of signatures");
  const lines = new Set(whole.slice(split + 2, -1).split("\n"));
  if (lines.size > signaturesMax || whole.slice(split + 2).split("\n").length > signaturesMax + 1)
    return malformed(`it has more than ${signaturesMax} signatures`);
  const signatures: NoteSignature[] = [];
  for (const line of lines) {
    const signature = parseSignature(line);
    if (signature === undefined) return malformed("a signature line is not <dash> <name> <base64>");
    signatures.push(signature);
  }
  return accept({ text: whole.slice(0, split + 1), signatures });
}

/**
 * Signs a text, which must end with a newline.
 * @throws {LedgerError} `LEDGER_NOTE_MALFORMED` when the text cannot be a note
 */
export async function signNote(text: string, signers: readonly NoteSigner[]): Promise<string> {
  let lines = "";
  for (const signer of signers) lines += formatSignature(signer, await signer.sign(utf8(text)));
  const note = `${text}\n${lines}`;
  const parsed = demand(parseNote(note));
  if (parsed.text !== text) demand(malformed("the text must end with exactly one newline"));
  return note;
}

/** Adds lines under a note; a line of the same key is replaced. Existing lines are kept, not checked. */
export async function addSignatures(note: string, signers: readonly NoteSigner[]): Promise<Result<string>> {
  const parsed = parseNote(note);
  if (!parsed.ok) return parsed;
  const { text, signatures } = parsed.value;
  const kept = signatures.filter(
    (old) => !signers.some((signer) => signer.name === old.name && signer.keyId === old.keyId),
  );
  let lines = kept.map(({ line }) => `${line}\n`).join("");
  for (const signer of signers) lines += formatSignature(signer, await signer.sign(utf8(text)));
  return accept(`${text}\n${lines}`);
}

export function formatSignature({ name, keyId }: Pick<NoteSigner, "name" | "keyId">, signature: Uint8Array): string {
  return `— ${name} ${base64(concat(uint32(keyId), signature))}\n`;
}

function parseSignature(line: string): NoteSignature | undefined {
  const [dash, name = "", encoded = "", ...rest] = line.split(" ");
  const bytes = fromBase64(encoded);
  if (dash !== "—" || !isKeyName(name) || rest.length > 0 || bytes === undefined || bytes.length < 5) return undefined;
  return { name, keyId: readUint32(bytes), signature: bytes.slice(4), line };
}

function malformed(what: string): Refused {
  return refuse("LEDGER_NOTE_MALFORMED", `this is not a signed note: ${what}`);
}
