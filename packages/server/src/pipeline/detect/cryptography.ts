/** Keys and algorithms of this room. Read by `npm run docs`; a test compares it with the calls in the sources. */
export const CRYPTOGRAPHY = [
  {
    name: "Digests of rules and of evidence",
    algorithm: "SHA-256",
    strengthBits: 128,
    purpose: "which rules were in force; groups of a correlation; batches named in the log",
    lives: "nothing secret",
    rotation: "none",
    readers: "everybody",
    uses: ["sha256"],
    files: [
      "server/src/pipeline/detect/recorded-fact.ts",
      "server/src/pipeline/detect/backtest/backfill.ts",
      "server/src/pipeline/detect/evidence.ts",
      "server/src/pipeline/detect/evaluation-store.ts",
      "server/src/pipeline/detect/lift/lift-store.ts",
      "server/src/pipeline/detect/attack/attack.ts",
      "server/src/pipeline/detect/rule-pack.ts",
      "server/src/pipeline/detect/pipelines.ts",
    ],
  },
  {
    name: "Hashes of secrets attackers tried",
    algorithm: "HMAC-SHA-256 with 256 random bits, 128 bits kept",
    strengthBits: 128,
    purpose: "equal secrets are known again; without the key nobody learns one from its hash, however easily guessed",
    lives: "the key sealed, in `sealed_secret`; hashes in derived events and in what lifters remember",
    rotation: "none: hashes from before would not meet those from after",
    readers: "the server",
    uses: ["hmac-sha256", "csprng"],
    files: ["server/src/pipeline/detect/lift/keyed-hash.ts"],
  },
] as const;
