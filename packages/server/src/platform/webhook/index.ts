export type { Reach } from "./reach.ts";
export { parseWebhookSecrets, type WebhookSecret } from "./sign-webhook.ts";
export {
  sendWebhook,
  type Resolve,
  type Sent,
  type WebhookFailure,
  type WebhookMessage,
  type WebhookPlace,
} from "./send-webhook.ts";
