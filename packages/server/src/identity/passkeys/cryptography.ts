/** Keys and algorithms of this room. Read by `npm run docs`; a test compares it with the calls in the sources. */
export const CRYPTOGRAPHY = [
  {
    name: "Passkeys",
    algorithm: "what the authenticator makes: ES256, EdDSA, RS256 (WebAuthn), verified only",
    strengthBits: 128,
    purpose: "signing in, second factor, proof",
    lives: "public keys in `passkey`; the private ones never leave the authenticator",
    rotation: "by their owner",
    readers: "everybody",
    uses: ["webauthn", "keypair"],
    files: [
      "server/src/identity/passkeys/usable-key.ts",
      "server/src/identity/passkeys/verify.ts",
      "web/src/api/passkey.ts",
    ],
  },
  {
    name: "Challenges",
    algorithm: "256 random bits",
    strengthBits: 256,
    purpose: "each answer of an authenticator is fresh",
    lives: "`webauthn_challenge`",
    rotation: "once, five minutes",
    readers: "the browser",
    uses: ["csprng"],
    files: ["server/src/identity/passkeys/own-passkeys.ts", "server/src/identity/passkeys/passkey-sign-in.ts"],
  },
] as const;
