import type { PasskeyCreation, PasskeyRequest } from "@tyr/contract";
import type { RelyingParty } from "./relying-party.ts";
import { CHALLENGE_LIFE_MS } from "./challenges.ts";
import type { PasskeyRow } from "./store.ts";
import { userHandleOf } from "./use-passkey.ts";
import { ALGORITHMS } from "./verify.ts";

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64url");

function descriptorOf({ credential_id, transports }: PasskeyRow) {
  return { id: text(credential_id), type: "public-key" as const, transports: [...transports] };
}

type Asking = Readonly<{ party: RelyingParty; challenge: Uint8Array; known: readonly PasskeyRow[] }>;

/** Discoverable, so that signing in asks for no name; verified by PIN, finger or face, so that one is two factors. */
export function creationOptions(
  { party, challenge, known }: Asking,
  owner: Readonly<{ id: string; name: string }>,
): PasskeyCreation["options"] {
  return {
    challenge: text(challenge),
    rp: { id: party.id, name: "Tyr" },
    user: { id: userHandleOf(owner.id), name: owner.name, displayName: owner.name },
    pubKeyCredParams: ALGORITHMS.map((alg) => ({ type: "public-key", alg })),
    timeout: CHALLENGE_LIFE_MS,
    attestation: "none",
    authenticatorSelection: { residentKey: "required", requireResidentKey: true, userVerification: "required" },
    excludeCredentials: known.map(descriptorOf),
  };
}

export function requestOptions({ party, challenge, known }: Asking): PasskeyRequest["options"] {
  return {
    challenge: text(challenge),
    rpId: party.id,
    timeout: CHALLENGE_LIFE_MS,
    userVerification: "required",
    allowCredentials: known.map(descriptorOf),
  };
}
