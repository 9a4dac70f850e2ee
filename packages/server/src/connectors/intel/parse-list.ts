import { INDICATOR_KINDS, type IndicatorKind, type IntelEntry } from "#detect";
import { readServer } from "./feodo.ts";
import { parsed } from "./http.ts";
import { isObject, type Json, labelOf, objectsIn } from "./json.ts";
import { readIoc } from "./threatfox.ts";

/** Lists an operator can load from a file. */
export const LIST_NAMES = ["feodo", "threatfox", "malwarebazaar", "fingerprints"] as const;
export type ListName = (typeof LIST_NAMES)[number];
/** `rejected`: lines with something in them that nobody could use. */
export type ListText = Readonly<{ entries: readonly IntelEntry[]; rejected: number }>;

const LINE_CHARS_MAX = 4_096;
const ENTRIES_MAX = 200_000;
const SHA256 = /^[0-9a-f]{64}$/i;
const MD5 = /^[0-9a-f]{32}$/i;

/** Columns of a line of CSV as abuse.ch writes it: quoted or not, with or without a blank behind the comma. */
function columnsOf(line: string): readonly string[] {
  const columns: string[] = [];
  for (const [, quoted, bare = ""] of `${line},`.matchAll(/\s*(?:"([^"]*)"|([^",]*))\s*,/g)) {
    columns.push((quoted ?? bare).trim());
    if (columns.length >= 32) break;
  }
  return columns;
}

/** ThreatFox names its columns in a comment before the first line; this is their order (threatfox.abuse.ch/export). */
const THREATFOX_COLUMNS = [
  "first_seen_utc",
  "ioc_id",
  "ioc_value",
  "ioc_type",
  "threat_type",
  "fk_malware",
  "malware_alias",
  "malware_printable",
  "last_seen_utc",
  "confidence_level",
];

function threatFoxLine(line: string): IntelEntry | undefined {
  const columns = columnsOf(line);
  const named: Json = Object.fromEntries(THREATFOX_COLUMNS.map((name, at) => [name, columns[at] ?? ""]));
  return readIoc({ ...named, confidence_level: Number(columns[9]) });
}

/** MalwareBazaar's export (bazaar.abuse.ch/export): the hash is the second of fourteen columns, the family the ninth. */
function malwareBazaarLine(line: string): IntelEntry | undefined {
  const columns = columnsOf(line);
  const value = columns.length === 1 ? columns[0] : columns[1];
  if (value === undefined || !SHA256.test(value)) return undefined;
  const signature = columns[8] === "n/a" ? undefined : labelOf(columns[8]);
  return fileEntry(value, signature);
}

function fileEntry(value: string, family: string | undefined): IntelEntry {
  const families = family === undefined ? [] : [family];
  return { kind: "sha256", value: value.toLowerCase(), score: 1, threatTypes: ["payload"], families };
}

/** Forms of fingerprints; a line that has none of them is refused, whatever it calls itself. */
const FORMS: Readonly<Record<IndicatorKind, RegExp | undefined>> = {
  ip: undefined,
  sha256: undefined,
  ja3: MD5,
  hassh: MD5,
  ja4: /^[tqd][0-9a-z]{9}_[0-9a-f]{12}_[0-9a-f]{12}$/i,
  ja4h: /^[a-z]{2}\d{2}[cn][rn]\d{2}[0-9a-z]{4}(?:_[0-9a-f]{12}){3}$/i,
  jarm: /^[0-9a-f]{62}$/i,
};

function fingerprint(kind: string, value: string, tool: string | undefined): IntelEntry | undefined {
  const known = INDICATOR_KINDS.find((one) => one === kind.toLowerCase());
  if (known === undefined || FORMS[known]?.test(value) !== true) return undefined;
  const label = labelOf(tool);
  return {
    kind: known,
    value: value.toLowerCase(),
    score: 1,
    threatTypes: ["c2_tool"],
    families: label === undefined ? [] : [label],
  };
}

/** `kind,value,tool`; or a line of the JA3 list of sslbl.abuse.ch, whose first column is the hash and whose last the reason. */
function fingerprintLine(line: string): IntelEntry | undefined {
  const columns = columnsOf(line);
  const [first = "", second = "", third] = columns;
  return MD5.test(first) ? fingerprint("ja3", first, columns.at(-1)) : fingerprint(first, second, third);
}

const LINES: Readonly<Record<ListName, ((line: string) => IntelEntry | undefined) | undefined>> = {
  feodo: undefined,
  threatfox: threatFoxLine,
  malwarebazaar: malwareBazaarLine,
  fingerprints: fingerprintLine,
};

function objectsOf(list: ListName, json: unknown): readonly Json[] {
  if (Array.isArray(json)) return objectsIn(json, ENTRIES_MAX);
  if (!isObject(json)) return [];
  // ThreatFox's export is an object of lists by id.
  if (list === "threatfox")
    return Object.values(json)
      .slice(0, ENTRIES_MAX)
      .flatMap((one) => objectsIn(one, 16));
  return objectsIn(json["data"], ENTRIES_MAX);
}

function readObject(list: ListName, one: Json): IntelEntry | undefined {
  const text = (name: string): string => (typeof one[name] === "string" ? one[name] : "");
  if (list === "feodo") return readServer(one);
  if (list === "threatfox") return readIoc(one);
  if (list === "fingerprints") return fingerprint(text("kind"), text("value"), text("tool"));
  return SHA256.test(text("sha256_hash")) ? fileEntry(text("sha256_hash"), labelOf(text("signature"))) : undefined;
}

/**
 * A list, or some whole lines of one, in the form its makers publish: JSON, or CSV with `#` before comments. Never throws.
 *
 * @returns undefined when the text is no form this list has
 */
export function parseList(list: ListName, text: string): ListText | undefined {
  if (/^\s*[[{]/.test(text)) {
    const json = parsed(text);
    if (json === undefined) return undefined;
    const objects = objectsOf(list, json);
    const entries = objects.flatMap((one) => readObject(list, one) ?? []);
    return { entries, rejected: objects.length - entries.length };
  }
  const read = LINES[list];
  if (read === undefined) return undefined;
  const lines = text.split(/\r?\n/, ENTRIES_MAX).filter((line) => line.trim() !== "" && !line.startsWith("#"));
  const entries = lines.flatMap((line) => (line.length > LINE_CHARS_MAX ? [] : (read(line) ?? [])));
  return { entries, rejected: lines.length - entries.length };
}
