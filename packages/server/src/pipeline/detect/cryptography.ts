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
      "server/src/pipeline/detect/evidence.ts",
      "server/src/pipeline/detect/evaluation-store.ts",
      "server/src/pipeline/detect/rule-pack.ts",
      "server/src/pipeline/detect/pipelines.ts",
    ],
  },
] as const;
