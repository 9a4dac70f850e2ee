import { type AttachmentFacts, dateOf, distinctDomains, domainOf, type MailFacts, shownName } from "./mail-facts.ts";
import {
  countOf,
  flagOf,
  isObject,
  type Json,
  listOf,
  memberOf,
  numberOf,
  sha256Of,
  textOf,
  textsOf,
} from "./json-members.ts";
import { extensionOf, isDisguised } from "./file-type.ts";
import { kitOf } from "./mail-catalogue.ts";
import { domainName, textFeatures, topicsIn, urlHosts } from "./mail-text.ts";

/** Event types of mail decoys and what they mean; `auth_attempt`, `ehlo` and the like are no messages. */
export const MAIL_ACTIONS: Readonly<Record<string, "taken" | "refused" | undefined>> = {
  message_stored: "taken",
  message_accepted: "taken",
  mail_received: "taken",
  "email.received": "taken",
  email_received: "taken",
  rcpt_denied: "refused",
  rcpt_rejected: "refused",
  relay_denied: "refused",
  message_rejected: "refused",
};
const KINDS = ["event.kind", "kind"];
const RCPT = ["rcpt_to", "rcpt_tos", "recipients", "MailTo"];
const FROM = ["from_header", "from_hdr", "header_from", "from"];

/** A line that says it is a message, or has both ends of an envelope. */
export function isMail(json: Json): boolean {
  if (textOf(json, ...KINDS) === "email") return true;
  const action = textOf(json, "event_type", "action", "event.action")?.toLowerCase() ?? "";
  if (Object.hasOwn(MAIL_ACTIONS, action)) return true;
  const hasSender = memberOf(json, ["mail_from", "MailFrom"]) !== undefined;
  return hasSender && memberOf(json, [...RCPT, "Data"]) !== undefined;
}

/** What the sender of the line says of the message, as flags, counts and domains. */
export function declaredFacts(json: Json): MailFacts {
  const from = textOf(json, ...FROM);
  const recipients = textsOf(json, ...RCPT);
  const attachments = attachmentsOf(json);
  return {
    fromDomain: domainOf(from) ?? domainNamed(json, "from_domain"),
    fromName: shownName(from),
    senderDomain: domainOf(textOf(json, "mail_from", "MailFrom")) ?? domainNamed(json, "mail_from_domain"),
    returnPathDomain: domainOf(textOf(json, "return_path")) ?? domainNamed(json, "return_path_domain"),
    replyToDomain: domainOf(textOf(json, "reply_to")),
    messageIdDomain: domainOf(textOf(json, "message_id", "message_id_header")),
    serverDomain: domainNamed(json, "server_domain") ?? domainNamed(json, "ServerName"),
    recipientDomains: recipientDomains(json, recipients),
    recipientCount: countOf(json, "rcpt_count") ?? (recipients.length === 0 ? undefined : recipients.length),
    kit: kitOf(textOf(json, "x_mailer", "mailer")),
    dkimSigned: flagOf(json, "dkim_signed"),
    spfPass: flagOf(json, "spf_pass", "spf"),
    writtenAt: dateOf(textOf(json, "date_header", "date_hdr")),
    subjectTopics: topicsOf(textOf(json, "subject")),
    text: declaredText(json),
    bodySha256: sha256Of(json, "body_sha256"),
    attachments,
    knownBad: flagOf(json, "mal_hash_match"),
    sizeBytes: countOf(json, "size", "size_bytes"),
    truncated: flagOf(json, "truncated"),
  };
}

function topicsOf(text: string | undefined): MailFacts["subjectTopics"] {
  return text === undefined ? undefined : topicsIn(text);
}

function domainNamed(json: Json, name: string): string | undefined {
  const value = textOf(json, name);
  return value === undefined ? undefined : domainName(value);
}

function recipientDomains(json: Json, recipients: readonly string[]): readonly string[] | undefined {
  if (recipients.length > 0) return distinctDomains(recipients);
  const named = textsOf(json, "rcpt_domains").flatMap((name) => domainName(name) ?? []);
  return named.length === 0 ? undefined : [...new Set(named)].slice(0, 64);
}

const HASH = /^[0-9a-f]{16}$/;

function declaredText(json: Json): MailFacts["text"] {
  const body = textOf(json, "body", "body_text");
  const read =
    body === undefined
      ? undefined
      : textFeatures([{ html: /<html|<body|<a\s/i.test(body.slice(0, 4096)), text: body }]);
  const urls = listOf(json, "urls").flatMap((url) => (typeof url === "string" ? [url] : []));
  const declaredHash = textOf(json, "body_simhash")?.toLowerCase() ?? "";
  const said = {
    urlHosts: urls.length === 0 ? undefined : urlHosts(urls),
    urlCount: urls.length === 0 ? undefined : urls.length,
    base64Bytes: countOf(json, "body_base64_bytes"),
    smuggles: flagOf(json, "html_smuggling"),
    simhash: HASH.test(declaredHash) ? declaredHash : undefined,
  };
  const known = Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
  return { ...known, ...read };
}

function attachmentsOf(json: Json): readonly AttachmentFacts[] | undefined {
  const manifest = listOf(json, "attachments", "attachment_manifest").filter(isObject).map(attachmentOf);
  if (manifest.length > 0) return manifest;
  const hashes = textsOf(json, "attachment_sha256s");
  const extensions = textsOf(json, "attachment_extensions").map((one) => one.replace(/^\./, "").toLowerCase());
  const count = Math.max(hashes.length, extensions.length, Math.min(256, numberOf(json, "attachment_count") ?? 0));
  if (count === 0) return undefined;
  const macro = flagOf(json, "attachment_macros");
  const encrypted = flagOf(json, "attachment_password_protected");
  return Array.from({ length: count }, (_none, at) => ({
    sha256: sha256Of({ sha256: hashes[at] }, "sha256"),
    extension: extensionOf(`.${extensions[at] ?? ""}`),
    macro,
    encrypted,
  }));
}

function attachmentOf(one: Json): AttachmentFacts {
  const name = textOf(one, "name", "filename") ?? "";
  return {
    extension: extensionOf(name),
    sha256: sha256Of(one, "sha256"),
    macro: flagOf(one, "macro", "macros", "has_macro"),
    encrypted: flagOf(one, "encrypted", "password_protected"),
    disguised: name === "" ? undefined : isDisguised(name, undefined),
  };
}
