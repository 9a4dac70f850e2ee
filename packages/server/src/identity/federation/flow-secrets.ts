import { createHash, createHmac, randomBytes } from "node:crypto";

/** A sign-in on its way must end within this time. */
export const FLOW_LIFE_MS = 10 * 60_000;

/** `state` binds the answer to this browser, `nonce` the token to this request, `verifier` the code to this request (PKCE). */
export type FlowSecrets = Readonly<{ state: string; nonce: string; verifier: string; challenge: string }>;

export function newSeed(): string {
  return randomBytes(32).toString("base64url");
}

export function hashSeed(seed: string): Uint8Array {
  return createHash("sha256").update(`tyr-sso-seed:${seed}`).digest();
}

/**
 * All secrets of one sign-in come from the random value in the browser's cookie (256 bits), so that the database holds
 * none of them, and an answer brought to another browser fits nothing there.
 */
export function secretsOf(seed: string): FlowSecrets {
  const derive = (label: string): string => createHmac("sha256", seed).update(`tyr-sso:${label}`).digest("base64url");
  const verifier = derive("verifier");
  const challenge = createHash("sha256").update(verifier).digest("base64url");
  return { state: derive("state"), nonce: derive("nonce"), verifier, challenge };
}
