import { refuse, type Result } from "@tyr/contract";
import type { KeyCaller, KeyChecks } from "../keys/key-check.ts";

/** What a client shows at the token endpoint: the id of an API key, and the key. */
export type Client = Readonly<{ id: string; secret: string }>;
export type Asked = Readonly<{ address: string; requestId: string }>;

/**
 * Who a client is. A key that does not count, one from a network it is not for and one of another id are one answer;
 * the log has the reason (`key.refused`). Refusal `CLIENT_INVALID`.
 */
export async function authenticateClient(
  keys: Pick<KeyChecks, "check">,
  { id, secret }: Client,
  asked: Asked,
): Promise<Result<KeyCaller>> {
  const found = await keys.check(secret, asked);
  if (found.ok && found.value.keyId === id) return found;
  return refuse("CLIENT_INVALID", "client_id and client_secret are not those of an API key that counts from here");
}
