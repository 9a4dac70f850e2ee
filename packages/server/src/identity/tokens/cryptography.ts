/** Keys and algorithms of this room. Read by `npm run docs`; a test compares it with the calls in the sources. */
export const CRYPTOGRAPHY = [
  {
    name: "Signing keys of access tokens",
    algorithm: "ES256 (P-256); RS256 by configuration, 3,072 bits or more",
    strengthBits: 128,
    purpose: "access tokens of API clients, verified by anybody from the JWKS",
    lives: "sealed, in the database",
    rotation: "`tyr token rotate-key`; published ten minutes before and until the last token is over",
    readers: "the server",
    uses: ["keypair", "jose"],
    files: ["server/src/identity/tokens/key-pair.ts", "server/src/identity/tokens/access-token.ts"],
  },
  {
    name: "Refresh tokens",
    algorithm: "256 random bits, kept as SHA-256",
    strengthBits: 256,
    purpose: "new access tokens for a family",
    lives: "as hashes",
    rotation: "each use; a second use ends the family",
    readers: "the client",
    uses: ["csprng", "sha256"],
    files: ["server/src/identity/tokens/refresh-token.ts"],
  },
] as const;
