import type { Normalised } from "../event.ts";
import { endpointOf, eventOf, present } from "./draft.ts";
import { isoInstant } from "./instants.ts";
import { mailAliases } from "./mail-aliases.ts";
import { distinctDomains, domainOf, type MailFacts } from "./mail-facts.ts";

/**
 * The line Exim's main log has for each message it took (spec.txt, "The main log"): its time, an id, `<=`, the sender, and
 * fields; recipients come last, behind ` for `, where `log_selector` has `+received_recipients`.
 */
const ARRIVAL =
  /^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,3})?(?: [+-]\d{4})?) (?:\[\d{1,10}\] )?([0-9A-Za-z]{6}-[0-9A-Za-z]{6,11}-[0-9A-Za-z]{2,4}) <= (\S{1,512})(?: (.*))?$/s;
const RECIPIENTS_MAX = 1_000;

/** `H=name (helo) [address]:port`: names are the client's own words, so the address is that of the first bracket behind them. */
function clientOf(fields: string): ReturnType<typeof endpointOf> {
  const found = /(?:^| )H=(?:[^\s[]{1,255} )?(?:\([^)]{0,255}\) )?\[([0-9A-Fa-f:.]{2,45})\](?::(\d{1,5}))?/.exec(
    fields,
  );
  return found === null ? null : endpointOf(found[1], found[2]);
}

type Parts = Readonly<{ sender: string; fields: string; recipients: readonly string[] }>;

/** A subject is the writer's own words and may hold anything: what stands behind the last ` for ` are recipients. */
function partsOf(sender: string, rest: string): Parts {
  const split = rest.lastIndexOf(" for ");
  if (split < 0) return { sender, fields: rest, recipients: [] };
  const recipients = rest.slice(split + 5).split(" ", RECIPIENTS_MAX);
  return { sender, fields: rest.slice(0, split), recipients: recipients.filter((one) => one.includes("@")) };
}

function factsOf({ sender, fields, recipients }: Parts): MailFacts {
  const size = /(?:^| )S=(\d{1,12})(?= |$)/.exec(fields)?.[1];
  const known = recipients.length > 0;
  return {
    senderDomain: domainOf(sender),
    recipientDomains: known ? distinctDomains(recipients) : undefined,
    recipientCount: known ? recipients.length : undefined,
    messageIdDomain: domainOf(/(?:^| )id=(\S{1,255})/.exec(fields)?.[1]),
    sizeBytes: size === undefined ? undefined : Number(size),
  };
}

/** A message Exim took, as rules see mail; undefined for any other line. */
export function readEximMessage(line: string): Normalised | undefined {
  const found = ARRIVAL.exec(line);
  if (found === null) return undefined;
  const [, at = "", id = "", sender = "", rest = ""] = found;
  const time = isoInstant(at);
  if (time === undefined) return undefined;
  const parts = partsOf(sender, rest);
  const event = eventOf({
    time,
    kind: "email",
    action: "email.received",
    outcome: "success",
    severity: "info",
    src: clientOf(parts.fields),
    session: id,
    transport: "tcp",
    logsource: { product: "mail", category: "email", service: "smtp" },
    fields: present({ id, sender, recipients: parts.recipients, rest: parts.fields }),
    raw: line,
    ecs: { "network.protocol": "smtp", "service.type": "mail", ...mailAliases(factsOf(parts)) },
  });
  return { ok: true, event };
}
