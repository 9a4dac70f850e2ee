import { reject, type ValuePath } from "../parse/rejection.ts";
import { mapLiterals, type Pattern, spellings, variantsMax } from "./sigma-string.ts";

export type WideName = "wide" | "utf16le" | "utf16be" | "utf16";

/**
 * A value on its way through the encodings. Once `isBytes`, each character of a literal stands for one byte
 * (U+0000 to U+00FF), the form `btoa` takes.
 */
export type Encoded = Readonly<{ pattern: Pattern; isBytes: boolean }>;

/** Two bytes per UTF-16 unit; `utf16` puts the byte order mark FF FE in front. */
export function encodeWide(value: Encoded, name: WideName): Encoded {
  const pattern = mapLiterals(value.pattern, (literal) => {
    let bytes = "";
    for (let index = 0; index < literal.length; index += 1) {
      const unit = literal.charCodeAt(index);
      const low = String.fromCharCode(unit & 0xff);
      const high = String.fromCharCode(unit >> 8);
      bytes += name === "utf16be" ? high + low : low + high;
    }
    return bytes;
  });
  return { pattern: name === "utf16" ? ["\u00FF\u00FE", ...pattern] : pattern, isBytes: true };
}

/** @throws {RuleRejected} `value-invalid`: a wildcard has no encoding */
export function encodeBase64(value: Encoded, at: ValuePath): readonly Encoded[] {
  return plainBytes(value, "base64", at).map((bytes) => ({ pattern: [btoa(bytes)], isBytes: true }));
}

/** Characters to drop at the head: they mix in bits of what precedes the value. */
const headCut = [0, 2, 3] as const;
/** Characters to drop at the tail, padding included, by (length + offset) mod 3: they mix in what follows. */
const tailCut = [0, 3, 2] as const;

/**
 * The part of the encoding that is the same wherever the value stands in a longer text: one form for each of the
 * three alignments (Sigma modifiers appendix, base64offset).
 */
export function encodeBase64Offset(value: Encoded, at: ValuePath): readonly Encoded[] {
  return plainBytes(value, "base64offset", at).flatMap((bytes) =>
    headCut.map((head, offset) => {
      const encoded = btoa(" ".repeat(offset) + bytes);
      const tail = tailCut[(bytes.length + offset) % 3] ?? 0;
      const stable = encoded.slice(head, encoded.length - tail);
      if (stable === "") reject("value-invalid", "the value is too short for base64offset", at);
      return { pattern: [stable], isBytes: true };
    }),
  );
}

function plainBytes(value: Encoded, what: string, at: ValuePath): readonly string[] {
  const texts = spellings(value.pattern);
  if (texts === "wildcards") return reject("value-invalid", `${what} cannot encode a value with wildcards`, at);
  if (texts === "too-many")
    return reject("limit-exceeded", `windash gives more than ${variantsMax} spellings of the value to encode`, at);
  return value.isBytes ? texts : texts.map(utf8Bytes);
}

function utf8Bytes(text: string): string {
  let bytes = "";
  for (const byte of new TextEncoder().encode(text)) bytes += String.fromCharCode(byte);
  return bytes;
}
