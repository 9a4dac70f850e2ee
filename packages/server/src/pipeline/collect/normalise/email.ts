import { Buffer } from "node:buffer";
import { type MailFacts, messageFacts } from "./mail-facts.ts";
import { declaredFacts, isMail, MAIL_ACTIONS } from "./mail-declared.ts";
import { mailAliases } from "./mail-aliases.ts";
import { anyInstant } from "./instants.ts";
import { type Json, textOf } from "./json-members.ts";
import type { Telemetry } from "./telemetry.ts";

/** Base64 of the message as it came; the longest is what a line may hold. */
const RAW_NAMES = ["raw_message", "message_base64", "eml_base64", "raw_base64"];
/** The message as text: Mailoney's channel `mail`, and others. */
const TEXT_NAMES = ["Data", "message_text", "eml"];

function messageBytes(json: Json): Buffer | undefined {
  const base64 = textOf(json, ...RAW_NAMES);
  if (base64 !== undefined) return Buffer.from(base64, "base64");
  const text = textOf(json, ...TEXT_NAMES);
  return text === undefined ? undefined : Buffer.from(text);
}

/** What we read off the message ourselves stands above what the sender says of it; envelope facts only it can know. */
function united(declared: MailFacts, read: MailFacts | undefined): MailFacts {
  if (read === undefined) return declared;
  const known = Object.entries(read).filter(([, value]) => value !== undefined);
  return { ...declared, ...Object.fromEntries(known) };
}

/** A message a mail decoy took, or a mail server's account of one (docs/reference/fields.md, "Mail"). */
export function readEmail(json: Json): Telemetry | undefined {
  if (!isMail(json)) return undefined;
  const bytes = messageBytes(json);
  const facts = united(declaredFacts(json), bytes === undefined ? undefined : messageFacts(bytes));
  const action = textOf(json, "event_type", "action", "event.action") ?? "";
  const refused = MAIL_ACTIONS[action.toLowerCase()] === "refused";
  return {
    kind: "email",
    action: refused ? "email.refused" : "email.received",
    category: "email",
    product: "mail",
    service: "smtp",
    outcome: refused ? "failure" : "success",
    severity: refused ? "low" : "medium",
    renamed: { timestamp: textOf(json, "timestamp", "time", "Timestamp"), src_ip: textOf(json, "src_ip", "SrcIP") },
    ecs: { "network.protocol": "smtp", ...mailAliases(facts), "email.written_ahead_h": aheadOf(json, facts) },
  };
}

const HOUR_MS = 3_600_000;

/** Whole hours between when a message was taken and the date its writer gave it: below zero, that was earlier. */
function aheadOf(json: Json, { writtenAt }: MailFacts): number | undefined {
  const taken = anyInstant(textOf(json, "timestamp", "time", "Timestamp"));
  if (taken === undefined || writtenAt === undefined) return undefined;
  return Math.trunc((writtenAt.getTime() - taken.getTime()) / HOUR_MS);
}
