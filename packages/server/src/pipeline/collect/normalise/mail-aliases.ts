import { runsWhenOpened } from "./file-type.ts";
import type { Json } from "./json-members.ts";
import type { MailFacts } from "./mail-facts.ts";
import { isPunycode } from "./mail-text.ts";
import { isFreeMail, isFreePage, looksLikeBrand } from "./mail-catalogue.ts";

/** What rules read of a message: domains, flags, counts and hashes. No header value, address, subject or text of it. */
export function mailAliases(facts: MailFacts): Json {
  const { text = {}, attachments = [] } = facts;
  const hosts = text.urlHosts ?? [];
  const mismatches = mismatchesOf(facts);
  return {
    ...envelopeAliases(facts),
    "email.mismatches": mismatches.length === 0 ? undefined : mismatches,
    "email.mailer.kit": facts.kit,
    "email.dkim.signed": facts.dkimSigned,
    "email.spf.pass": facts.spfPass,
    "email.from.brand": looksLikeBrand(facts.fromName, facts.fromDomain),
    "email.written_at": facts.writtenAt?.toISOString(),
    "email.received.hops": facts.hops,
    "email.bulk": facts.bulk,
    "email.subject.topics": some(facts.subjectTopics),
    "email.body.topics": some(text.topics),
    "email.body.sha256": facts.bodySha256,
    "email.body.simhash": text.simhash,
    "email.body.base64_bytes": text.base64Bytes,
    "email.body.password_form": text.asksForPassword,
    "email.body.tracking_picture": text.tracks,
    "email.html_smuggling":
      text.smuggles === true || attachments.some(({ smuggles }) => smuggles === true) || undefined,
    "email.url.count": text.urlCount,
    "email.url.hosts": some(hosts),
    "email.url.punycode": hosts.length === 0 ? undefined : hosts.some(isPunycode),
    "email.url.free_page": hosts.length === 0 ? undefined : hosts.some(isFreePage),
    ...attachmentAliases(facts),
    "email.size": facts.sizeBytes,
    "email.truncated": facts.truncated,
  };
}

function some<T>(list: readonly T[] | undefined): readonly T[] | undefined {
  return list === undefined || list.length === 0 ? undefined : list;
}

function envelopeAliases(facts: MailFacts): Json {
  return {
    "email.from.domain": facts.fromDomain,
    "email.from.foreign": isForeign(facts),
    "email.from.free": isFreeMail(facts.fromDomain ?? facts.senderDomain),
    "email.to.foreign": isForElsewhere(facts),
    "email.sender.domain": facts.senderDomain,
    "email.return_path.domain": facts.returnPathDomain,
    "email.reply_to.domain": facts.replyToDomain,
    "email.to.domains": some(facts.recipientDomains),
    "email.to.count": facts.recipientCount,
  };
}

/** Relaxed alignment as DMARC means it (RFC 7489 section 3.1), without a list of public suffixes: same or below. */
function aligned(one: string, other: string): boolean {
  return one === other || one.endsWith(`.${other}`) || other.endsWith(`.${one}`);
}

/** Whether the writer belongs neither to the server nor to anybody written to: then the server was used as a relay. */
function isForeign({ fromDomain, senderDomain, serverDomain, recipientDomains = [] }: MailFacts): boolean | undefined {
  const from = fromDomain ?? senderDomain;
  const home = serverDomain === undefined ? recipientDomains : [serverDomain];
  if (from === undefined || home.length === 0) return undefined;
  return !home.some((domain) => aligned(from, domain));
}

/** Whether a server was handed a message none of whose recipients is its own. */
function isForElsewhere({ serverDomain, recipientDomains = [] }: MailFacts): boolean | undefined {
  if (serverDomain === undefined || recipientDomains.length === 0) return undefined;
  return !recipientDomains.some((domain) => aligned(domain, serverDomain));
}

function mismatchesOf(facts: MailFacts): readonly string[] {
  const { fromDomain } = facts;
  if (fromDomain === undefined) return [];
  const others = {
    mail_from: facts.senderDomain,
    return_path: facts.returnPathDomain,
    reply_to: facts.replyToDomain,
    message_id: facts.messageIdDomain,
  };
  return Object.entries(others).flatMap(([name, domain]) =>
    domain === undefined || aligned(domain, fromDomain) ? [] : [name],
  );
}

function attachmentAliases({ attachments, knownBad }: MailFacts): Json {
  if (attachments === undefined || attachments.length === 0) return { "email.attachment.known_bad": knownBad };
  const anyOf = (flag: "macro" | "encrypted" | "disguised" | "executable"): boolean =>
    attachments.some((one) => one[flag] === true);
  return {
    "email.attachment.count": attachments.length,
    "email.attachment.extensions": some([...new Set(attachments.flatMap(({ extension }) => extension ?? []))]),
    "email.attachment.sha256": some([...new Set(attachments.flatMap(({ sha256 }) => sha256 ?? []))]),
    "email.attachment.macro": anyOf("macro"),
    "email.attachment.encrypted": anyOf("encrypted"),
    "email.attachment.disguised": anyOf("disguised"),
    "email.attachment.executable": anyOf("executable"),
    "email.attachment.runs": attachments.some(({ extension }) => runsWhenOpened(extension)),
    "email.attachment.known_bad": knownBad,
  };
}
