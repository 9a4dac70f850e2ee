import { expect, test } from "vitest";
import { parseWebhookSecrets, signWebhook, type WebhookSecret } from "./sign-webhook.ts";

function secretsOf(text: string): readonly WebhookSecret[] {
  const secrets = parseWebhookSecrets(text);
  if ("problem" in secrets) throw new Error(secrets.problem);
  return secrets;
}

// The example that libraries of Standard Webhooks test themselves with (standard-webhooks/standard-webhooks).
const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const message = { id: "msg_p5jXN8AQM9LWM0D4loKWxJek", body: '{"test": 2432232314}' };
const now = new Date(1_614_265_330_999);

test("a message is signed as Standard Webhooks has it: id, second and body under HMAC-SHA-256", () => {
  expect(signWebhook(message, { secrets: secretsOf(SECRET), now })).toEqual({
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
  });
});

test("while a key is replaced both sign, and each of id, second, body and key changes what comes out", () => {
  const other = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
  const both = signWebhook(message, { secrets: secretsOf(`${other}\n${SECRET}\n`), now })["webhook-signature"];
  expect(both.split(" ")).toHaveLength(2);
  expect(both).toContain("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
  const secrets = secretsOf(SECRET);
  const changed = [
    signWebhook({ ...message, id: "msg_2" }, { secrets, now }),
    signWebhook({ ...message, body: "{}" }, { secrets, now }),
    signWebhook(message, { secrets, now: new Date(now.getTime() + 1_000) }),
    signWebhook(message, { secrets: secretsOf(other), now }),
  ];
  const all = new Set(changed.map((one) => one["webhook-signature"]));
  expect([all.size, all.has("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")]).toEqual([4, false]);
});

test.each([
  ["nothing", ""],
  ["no prefix", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
  ["too few bytes", `whsec_${Buffer.alloc(23).toString("base64")}`],
  ["too many bytes", `whsec_${Buffer.alloc(65).toString("base64")}`],
  ["no base64", "whsec_!!!!KQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
  ["three keys", `${SECRET}\n${SECRET}\n${SECRET}`],
])("a file with %s is no secret, and is not repeated", (_what, text) => {
  const parsed = parseWebhookSecrets(text);
  expect(parsed).toHaveProperty("problem");
  expect(JSON.stringify(parsed)).not.toContain("KQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
});
