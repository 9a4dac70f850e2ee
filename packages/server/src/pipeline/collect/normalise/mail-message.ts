import { Buffer } from "node:buffer";

/**
 * Reads a mail message (RFC 5322 with MIME, RFC 2045–2047) as far as its features need it. Not a mail reader: it keeps
 * within its bounds rather than read on, and it never throws.
 */
export type MailMessage = Readonly<{
  headers: MailHeaders;
  /** Decoded text parts that are no attachments. */
  texts: readonly MailText[];
  attachments: readonly MailAttachment[];
  /** Something was left out because a bound was reached. */
  cut: boolean;
}>;
export type MailHeaders = ReadonlyMap<string, readonly string[]>;
export type MailText = Readonly<{ html: boolean; text: string }>;
export type MailAttachment = Readonly<{ name: string; declaredType: string; bytes: Buffer }>;

const HEADERS_MAX = 200;
const HEADER_CHARS_MAX = 8_192;
const PARTS_MAX = 64;
const DEPTH_MAX = 8;

type Part = Readonly<{ headers: MailHeaders; body: string }>;
type Reading = { texts: MailText[]; attachments: MailAttachment[]; parts: number; cut: boolean };

/** @param bytes of the whole message; bytes above 127 are kept one to one */
export function readMailMessage(bytes: Uint8Array): MailMessage {
  const reading: Reading = { texts: [], attachments: [], parts: 0, cut: false };
  const whole = splitPart(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1"));
  readPart(whole, reading, 0);
  const { texts, attachments, cut } = reading;
  return { headers: whole.headers, texts, attachments, cut };
}

/** The first value of a header, unfolded and with its encoded words read (RFC 2047). */
export function headerOf(headers: MailHeaders, name: string): string | undefined {
  const value = headers.get(name)?.[0];
  return value === undefined ? undefined : decodedWords(value);
}

function splitPart(text: string): Part {
  const blank = /\r?\n\r?\n/.exec(text);
  // A part that begins with an empty line has no headers.
  if (/^\r?\n/.test(text)) return { headers: new Map(), body: text.replace(/^\r?\n/, "") };
  const head = blank === null ? text : text.slice(0, blank.index);
  const body = blank === null ? "" : text.slice(blank.index + blank[0].length);
  return { headers: readHeaders(head), body };
}

function readHeaders(head: string): MailHeaders {
  const headers = new Map<string, string[]>();
  let last: { values: string[]; at: number } | undefined;
  let count = 0;
  for (const line of head.split(/\r?\n/)) {
    if (/^[ \t]/.test(line)) {
      if (last !== undefined) extend(last, line);
      continue;
    }
    const colon = line.indexOf(":");
    count += 1;
    if (count > HEADERS_MAX) break;
    last = undefined;
    if (colon < 1 || colon > 76) continue;
    const name = line.slice(0, colon).trim().toLowerCase();
    const values = headers.get(name) ?? [];
    values.push(
      line
        .slice(colon + 1, colon + 1 + HEADER_CHARS_MAX)
        .trim()
        .toWellFormed(),
    );
    headers.set(name, values);
    last = { values, at: values.length - 1 };
  }
  return headers;
}

function extend({ values, at }: { values: string[]; at: number }, line: string): void {
  const before = values[at] ?? "";
  if (before.length < HEADER_CHARS_MAX)
    values[at] = `${before} ${line.trim()}`.slice(0, HEADER_CHARS_MAX).toWellFormed();
}

function readPart(part: Part, reading: Reading, depth: number): void {
  reading.parts += 1;
  if (reading.parts > PARTS_MAX || depth > DEPTH_MAX) {
    reading.cut = true;
    return;
  }
  const type = typeOf(part.headers);
  const boundary = type.parameters.get("boundary");
  if (type.name.startsWith("multipart/") && boundary !== undefined && boundary !== "") {
    for (const inner of partsBetween(part.body, boundary)) readPart(splitPart(inner), reading, depth + 1);
    return;
  }
  keep(part, type, reading);
}

type MediaType = Readonly<{ name: string; parameters: ReadonlyMap<string, string> }>;

function keep({ headers, body }: Part, type: MediaType, reading: Reading): void {
  const disposition = parametersOf(headers.get("content-disposition")?.[0] ?? "");
  const name = disposition.parameters.get("filename") ?? type.parameters.get("name");
  const bytes = decodedBody(body, headers.get("content-transfer-encoding")?.[0] ?? "");
  const isText = type.name.startsWith("text/") || type.name === "";
  if (name === undefined && disposition.name !== "attachment" && isText) {
    reading.texts.push({ html: type.name === "text/html", text: textIn(bytes, type.parameters.get("charset")) });
  } else {
    reading.attachments.push({ name: decodedWords(name ?? ""), declaredType: type.name, bytes });
  }
}

function typeOf(headers: MailHeaders): MediaType {
  return parametersOf(headers.get("content-type")?.[0] ?? "text/plain");
}

/** `text/html; charset="utf-8"; name*=utf-8''a%20b`; a name in pieces (`name*0=`) is put together. */
function parametersOf(value: string): MediaType {
  const parameters = new Map<string, string>();
  const [name = ""] = value.split(";", 1);
  for (const found of value.matchAll(/;[ \t]*([a-z0-9-]{1,32})(\*?\d?\*?)=(?:"([^"]*)"|([^;\s]*))/gi)) {
    const [, key = "", mark = "", quoted, bare = ""] = found;
    const text = quoted ?? bare;
    const plain = mark.endsWith("*") ? percentDecoded(text.replace(/^[\w-]{0,40}'[\w-]{0,20}'/, "")) : text;
    parameters.set(key.toLowerCase(), (parameters.get(key.toLowerCase()) ?? "") + plain);
  }
  return { name: name.trim().toLowerCase(), parameters };
}

function percentDecoded(text: string): string {
  const bytes = text.replace(/%([0-9a-f]{2})/gi, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, "latin1").toString("utf8");
}

/** Between lines that begin with the boundary; what stands before the first and after the closing one is no part. */
function partsBetween(body: string, boundary: string): readonly string[] {
  const mark = `\n--${boundary}`;
  const text = `\n${body}`;
  const parts: string[] = [];
  let at = text.indexOf(mark);
  while (at >= 0 && parts.length <= PARTS_MAX) {
    const from = text.indexOf("\n", at + mark.length);
    if (from < 0 || text.startsWith("--", at + mark.length)) break;
    const next = text.indexOf(mark, from);
    const part = text.slice(from + 1, next < 0 ? undefined : next);
    parts.push(part.endsWith("\r") ? part.slice(0, -1) : part);
    at = next;
  }
  return parts;
}

function decodedBody(body: string, encoding: string): Buffer {
  const name = encoding.trim().toLowerCase();
  if (name === "base64") return Buffer.from(body, "base64");
  return Buffer.from(name === "quoted-printable" ? quotedPrintable(body) : body, "latin1");
}

function quotedPrintable(text: string): string {
  return text
    .replace(/=\r?\n/g, "")
    .replace(/=([0-9a-f]{2})/gi, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

function textIn(bytes: Buffer, charset = "utf-8"): string {
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    // A name no decoder has: ASCII is readable all the same.
    return bytes.toString("latin1");
  }
}

const ENCODED_WORD = /=\?([\w-]{1,40})\?([bq])\?([^?]{0,1024})\?=(?:\s+(?==\?))?/gi;

/** `=?utf-8?B?…?=` in header values. */
function decodedWords(value: string): string {
  let decoded = "";
  let from = 0;
  for (const found of value.matchAll(ENCODED_WORD)) {
    const [whole, charset, encoding = "", text = ""] = found;
    const isBase64 = encoding.toLowerCase() === "b";
    const bytes = isBase64
      ? Buffer.from(text, "base64")
      : Buffer.from(quotedPrintable(text.replaceAll("_", " ")), "latin1");
    decoded += value.slice(from, found.index) + textIn(bytes, charset);
    from = found.index + whole.length;
  }
  return decoded + value.slice(from);
}
