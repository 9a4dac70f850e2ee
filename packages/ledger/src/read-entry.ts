import { fromUtf8 } from "./bytes.ts";
import { LedgerError } from "./errors.ts";
import { type ParsedJson, parseJson } from "./parse-json.ts";

export type EntryFields = Readonly<Record<string, ParsedJson>>;

/** An object of JSON; undefined for anything else. */
export function fieldsOf(value: ParsedJson | undefined): EntryFields | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
}

/** A field that the object has itself: what it inherits was not written by anybody. */
export function fieldOf(fields: EntryFields | undefined, name: string): ParsedJson | undefined {
  return fields !== undefined && Object.hasOwn(fields, name) ? fields[name] : undefined;
}

/**
 * What an entry says, read the one way everything reads it: strictly, so that an entry which names a field twice says
 * nothing, instead of one thing to one reader and another to the next.
 *
 * @returns undefined when the bytes are not one JSON object in UTF-8
 */
export function readEntry(entry: Uint8Array): EntryFields | undefined {
  try {
    return fieldsOf(parseJson(fromUtf8(entry) ?? ""));
  } catch (error) {
    if (error instanceof LedgerError) return undefined;
    throw error;
  }
}
