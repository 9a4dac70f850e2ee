/** Keys and algorithms of this room. Read by `npm run docs`; a test compares it with the calls in the sources. */
export const CRYPTOGRAPHY = [
  {
    name: "Digests of requests, dry runs and policies",
    algorithm: "SHA-256 over canonical JSON",
    strengthBits: 128,
    purpose: "people approve exactly what will run",
    lives: "nothing secret",
    rotation: "none",
    readers: "everybody",
    uses: ["sha256"],
    files: ["server/src/pipeline/govern/canonical-digest.ts", "server/src/pipeline/govern/policy/bundle.ts"],
  },
  {
    name: "Statements people sign",
    algorithm:
      "SHA-256 over canonical JSON with 256 random bits; signed by passkey, or Ed25519 (RFC 8032), verified only",
    strengthBits: 128,
    purpose: "nobody but its person makes an approval, not even who runs the server",
    lives:
      "`action_statement` and `delegation_statement` until signed, public keys in `approval_key`, signatures in `approval`, `delegation`, `break_glass` and the log",
    rotation: "once, five minutes; keys by their owner, within a year",
    readers: "everybody",
    uses: ["sha256", "csprng"],
    files: [
      "server/src/pipeline/govern/signatures/statement.ts",
      "server/src/pipeline/govern/signatures/ask-statement.ts",
      "server/src/pipeline/govern/signatures/approval-key.ts",
      "server/src/pipeline/govern/delegations/hand-over.ts",
    ],
  },
] as const;
