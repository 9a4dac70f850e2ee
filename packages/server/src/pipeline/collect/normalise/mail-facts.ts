import { createHash } from "node:crypto";
import { Buffer } from "node:buffer";
import { fileTypeOf, isDisguised, extensionOf, isExecutable } from "./file-type.ts";
import { headerOf, type MailAttachment, type MailHeaders, readMailMessage } from "./mail-message.ts";
import { kitOf, kitOfHeaders } from "./mail-catalogue.ts";
import { domainName, textFeatures, type TextFeatures, topicsIn, type MailTopic } from "./mail-text.ts";

/** What is known of one message; undefined: nobody said, which is not the same as no. */
export type MailFacts = Readonly<{
  fromDomain?: string | undefined;
  /** Name shown before the address; stays inside, only its likeness to a brand comes out. */
  fromName?: string | undefined;
  senderDomain?: string | undefined;
  returnPathDomain?: string | undefined;
  replyToDomain?: string | undefined;
  messageIdDomain?: string | undefined;
  serverDomain?: string | undefined;
  recipientDomains?: readonly string[] | undefined;
  recipientCount?: number | undefined;
  /** Name of a known sending program (`mail-catalogue.ts`). */
  kit?: string | undefined;
  dkimSigned?: boolean | undefined;
  spfPass?: boolean | undefined;
  writtenAt?: Date | undefined;
  /** How many servers say they passed it on. */
  hops?: number | undefined;
  /** Says of itself that it is a list's or a newsletter's (RFC 2369, RFC 2919, RFC 2076). */
  bulk?: boolean | undefined;
  subjectTopics?: readonly MailTopic[] | undefined;
  text?: Partial<TextFeatures> | undefined;
  bodySha256?: string | undefined;
  attachments?: readonly AttachmentFacts[] | undefined;
  knownBad?: boolean | undefined;
  sizeBytes?: number | undefined;
  truncated?: boolean | undefined;
}>;
export type AttachmentFacts = Readonly<{
  extension?: string | undefined;
  sha256?: string | undefined;
  macro?: boolean | undefined;
  encrypted?: boolean | undefined;
  disguised?: boolean | undefined;
  executable?: boolean | undefined;
  smuggles?: boolean | undefined;
}>;

/** The domain behind the last `@` of an address, with or without a name and angle brackets. */
export function domainOf(address: string | undefined): string | undefined {
  if (address === undefined) return undefined;
  const at = address.lastIndexOf("@");
  return at < 0 ? undefined : domainName(address.slice(at + 1).replace(/[>\s,;)].*$/s, ""));
}

/** `"Some Bank" <a@example.org>`: what stands before the address. */
export function shownName(from: string | undefined): string | undefined {
  const [name = ""] = (from ?? "").split("<", 1);
  const bare = name.replaceAll('"', "").trim();
  return bare === "" || bare === from?.trim() ? undefined : bare.slice(0, 256).toWellFormed();
}

/** RFC 5322 dates as `Date.parse` takes them; undefined for anything else. */
export function dateOf(header: string | undefined): Date | undefined {
  if (header === undefined || header.length > 64) return undefined;
  const ms = Date.parse(header.replace(/\([^()]{0,32}\)\s*$/, ""));
  return Number.isNaN(ms) ? undefined : new Date(ms);
}

/** Facts of a whole message. Of its headers only what a domain, a flag or a count can say. */
export function messageFacts(bytes: Buffer): MailFacts {
  const { headers, texts, attachments, cut } = readMailMessage(bytes);
  const from = headerOf(headers, "from");
  const features = textFeatures(texts);
  return {
    fromDomain: domainOf(from),
    fromName: shownName(from),
    returnPathDomain: domainOf(headerOf(headers, "return-path")),
    replyToDomain: domainOf(headerOf(headers, "reply-to")),
    messageIdDomain: domainOf(headerOf(headers, "message-id")),
    kit: kitOf(headerOf(headers, "x-mailer")) ?? kitOfHeaders((header) => headers.has(header)),
    dkimSigned: headers.has("dkim-signature"),
    writtenAt: dateOf(headerOf(headers, "date")),
    hops: headers.get("received")?.length ?? 0,
    bulk: BULK_HEADERS.some((name) => headers.has(name)),
    subjectTopics: topicsIn(headerOf(headers, "subject") ?? ""),
    text: features,
    bodySha256: createHash("sha256")
      .update(texts.map(({ text }) => text).join("\n"))
      .digest("hex"),
    attachments: attachments.map(attachmentFacts),
    sizeBytes: bytes.length,
    truncated: cut ? true : undefined,
    ...recipientsIn(headers),
  };
}

const BULK_HEADERS = ["list-unsubscribe", "list-id", "precedence"];

/** Only where the envelope is not known: the headers may name whomever their writer liked. */
function recipientsIn(headers: MailHeaders): Pick<MailFacts, "recipientDomains" | "recipientCount"> {
  const envelope = headers.get("x-envelope-to") ?? headers.get("x-rcpt-to");
  if (envelope === undefined) return {};
  const all = envelope.flatMap((value) => value.split(","));
  return { recipientCount: all.length, recipientDomains: distinctDomains(all) };
}

const DOMAINS_MAX = 64;

export function distinctDomains(addresses: readonly string[]): readonly string[] {
  return [...new Set(addresses.flatMap((address) => domainOf(address) ?? []))].slice(0, DOMAINS_MAX);
}

const OFFICE_MACROS = ["vbaProject.bin", "_VBA_PROJECT"];
const UTF16_MACROS = utf16("_VBA_PROJECT");
const UTF16_ENCRYPTED = utf16("EncryptedPackage");

/** Names inside a compound file are UTF-16, little endian (MS-CFB 2.6.1). */
function utf16(text: string): Buffer {
  return Buffer.from(text, "utf16le");
}

function attachmentFacts({ name, bytes }: MailAttachment): AttachmentFacts {
  const type = fileTypeOf(bytes);
  const isOffice = type === "zip" || type === "ole";
  const isPage = type === "html" || ["htm", "html", "svg"].includes(extensionOf(name) ?? "");
  return {
    extension: extensionOf(name),
    sha256: createHash("sha256").update(bytes).digest("hex"),
    macro: isOffice && (OFFICE_MACROS.some((mark) => bytes.includes(mark)) || bytes.includes(UTF16_MACROS)),
    encrypted: isEncrypted(type, bytes),
    disguised: isDisguised(name, type),
    executable: isExecutable(type),
    smuggles: isPage && textFeatures([{ html: true, text: bytes.toString("latin1") }]).smuggles,
  };
}

/** ZIP: bit 0 of the first entry's flags (APPNOTE 4.4.4). Office and PDF say so by name. Undefined where it cannot be told. */
function isEncrypted(type: ReturnType<typeof fileTypeOf>, bytes: Buffer): boolean | undefined {
  if (type === "zip") return bytes.length > 7 && (bytes.readUInt16LE(6) & 1) === 1;
  if (type === "ole") return bytes.includes(UTF16_ENCRYPTED);
  if (type === "pdf") return bytes.includes("/Encrypt");
  return type === "rar" || type === "7z" ? undefined : false;
}
