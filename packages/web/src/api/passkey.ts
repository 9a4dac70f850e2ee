import type { PasskeyAdd, PasskeyCreation, PasskeyProof, PasskeyRequest } from "@tyr/contract";

type WebAuthn = typeof import("@simplewebauthn/browser");

/** The person, the browser or the authenticator stopped: nothing was signed and nothing sent. */
export class PasskeyStopped extends Error {
  override readonly name = "PasskeyStopped";
  readonly code = "PASSKEY_STOPPED";
}

const SAID: Readonly<Record<string, string>> = {
  ERROR_AUTHENTICATOR_PREVIOUSLY_REGISTERED: "This authenticator holds a passkey of your account already.",
  ERROR_INVALID_DOMAIN: "Browsers use passkeys at addresses with a name only.",
  ERROR_INVALID_RP_ID: "The server was set up for another address than the one this page was opened at.",
  ERROR_AUTHENTICATOR_MISSING_DISCOVERABLE_CREDENTIAL_SUPPORT: "This authenticator cannot keep passkeys.",
  ERROR_AUTHENTICATOR_MISSING_USER_VERIFICATION_SUPPORT:
    "This authenticator cannot check who uses it: set a PIN first.",
};

/** Browsers tell pages little, so that pages learn nothing of who has which passkey: mostly that it was not allowed. */
async function ceremony<T>(work: (webauthn: WebAuthn) => Promise<T>): Promise<T> {
  // Loaded when it is needed: the first page, which may ask for a proof, does not wait for it.
  const webauthn = await import("@simplewebauthn/browser");
  try {
    return await work(webauthn);
  } catch (cause) {
    const said = cause instanceof webauthn.WebAuthnError ? SAID[cause.code] : undefined;
    throw new PasskeyStopped(said ?? "It was cancelled, took too long, or there is no passkey for this here.", {
      cause,
    });
  }
}

/** True where a browser would use a passkey: over https or on localhost, and never at a bare address. */
export function passkeysWork(): boolean {
  const { hostname } = globalThis.location;
  const isAddress = /^[\d.]+$|^\[/.test(hostname);
  return globalThis.isSecureContext && !isAddress && "PublicKeyCredential" in globalThis;
}

/** Asks whoever sits here for a passkey. @throws {PasskeyStopped} */
export async function showPasskey({ handle, options }: PasskeyRequest): Promise<PasskeyProof> {
  const { id, response } = await ceremony(
    async (webauthn) => await webauthn.startAuthentication({ optionsJSON: options }),
  );
  const { clientDataJSON, authenticatorData, signature, userHandle } = response;
  const proof = { handle, id, clientDataJSON, authenticatorData, signature };
  return userHandle === undefined ? proof : { ...proof, userHandle };
}

/** Has an authenticator make a passkey. @throws {PasskeyStopped} */
export async function makePasskey({ handle, options }: PasskeyCreation): Promise<Omit<PasskeyAdd, "name">> {
  const { id, response } = await ceremony(
    async (webauthn) => await webauthn.startRegistration({ optionsJSON: options }),
  );
  const { clientDataJSON, attestationObject, transports = [] } = response;
  return { handle, id, clientDataJSON, attestationObject, transports };
}
