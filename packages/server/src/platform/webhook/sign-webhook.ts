import { createHmac } from "node:crypto";

/** A key shared with a receiver. While it is replaced both the new and the old one sign. */
export type WebhookSecret = Uint8Array;

const PREFIX = "whsec_";
/** Standard Webhooks 1.0, "Signature scheme": 24 to 64 bytes. */
const SECRET_BYTES = { least: 24, most: 64 };
const SECRETS_MAX = 2;

/**
 * Reads `whsec_` and base64, one a line; the first is the newer one.
 *
 * @returns the keys, or what is wrong; the text is not repeated
 */
export function parseWebhookSecrets(text: string): readonly WebhookSecret[] | Readonly<{ problem: string }> {
  const lines = text.split("\n").flatMap((line) => (line.trim() === "" ? [] : [line.trim()]));
  if (lines.length === 0 || lines.length > SECRETS_MAX)
    return { problem: `holds ${lines.length} secrets: one is needed, and a second while the first is replaced` };
  const secrets = lines.map((line) => Buffer.from(line.replace(PREFIX, ""), "base64"));
  const fits = lines.every(
    (line, at) =>
      /^whsec_[A-Za-z0-9+/]{1,200}={0,2}$/.test(line) &&
      (secrets[at]?.length ?? 0) >= SECRET_BYTES.least &&
      (secrets[at]?.length ?? 0) <= SECRET_BYTES.most,
  );
  if (fits) return secrets;
  return { problem: `holds no secret: ${PREFIX} and ${SECRET_BYTES.least} to ${SECRET_BYTES.most} bytes in base64` };
}

export type SignedHeaders = Readonly<{
  "webhook-id": string;
  "webhook-timestamp": string;
  "webhook-signature": string;
}>;

/**
 * Headers of Standard Webhooks 1.0: HMAC-SHA-256 over id, second and body. A receiver refuses old seconds, and takes one id
 * once: each attempt has the same id and its own second.
 */
export function signWebhook(
  message: Readonly<{ id: string; body: string }>,
  { secrets, now }: Readonly<{ secrets: readonly WebhookSecret[]; now: Date }>,
): SignedHeaders {
  const seconds = String(Math.floor(now.getTime() / 1_000));
  const signatures = secrets.map((secret) => {
    const mac = createHmac("sha256", secret).update(`${message.id}.${seconds}.${message.body}`).digest("base64");
    return `v1,${mac}`;
  });
  return { "webhook-id": message.id, "webhook-timestamp": seconds, "webhook-signature": signatures.join(" ") };
}
