import { isIP } from "node:net";
import { ConfigInvalid } from "#platform/config";
import type { SignInRules } from "../sign-in-rules.ts";

/** Whom passkeys are made for (`id`, a domain) and the one origin they are used at. */
export type RelyingParty = Readonly<{ id: string; origin: string }>;

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "[::1]" || (isIP(host) === 4 && host.startsWith("127."));
}

/**
 * Browsers make passkeys for domains only, over https, and for `localhost` (WebAuthn Level 3, section 5.1.3): never for an
 * address. A server on a loopback address is therefore reached as `localhost`.
 *
 * @returns undefined when no browser would make a passkey at this address
 */
export function relyingPartyOf(publicUrl: string): RelyingParty | undefined {
  const { protocol, hostname, port, origin } = new URL(publicUrl);
  if (protocol === "http:" && isLoopback(hostname))
    return { id: "localhost", origin: `http://localhost${port === "" ? "" : `:${port}`}` };
  const isAddress = isIP(hostname) !== 0 || hostname.startsWith("[");
  return protocol === "https:" && !isAddress ? { id: hostname, origin } : undefined;
}

/** @throws {ConfigInvalid} `CONFIG_INVALID` where a passkey is asked for at an address no browser makes one at */
export function checkPasskeyRules(publicUrl: string, { passkeyFor }: Pick<SignInRules, "passkeyFor">): void {
  if (passkeyFor.length === 0 || relyingPartyOf(publicUrl) !== undefined) return;
  throw new ConfigInvalid("TYR_PASSKEY_FOR", "passkeys need TYR_PUBLIC_URL to be https with a name, or localhost");
}
