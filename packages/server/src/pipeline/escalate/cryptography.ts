/** Keys and algorithms of this room. Read by `npm run docs`; a test compares it with the calls in the sources. */
export const CRYPTOGRAPHY = [
  {
    name: "Digests of notes and batches",
    algorithm: "SHA-256",
    strengthBits: 128,
    purpose: "the log proves which text it was without holding it",
    lives: "nothing secret",
    rotation: "none",
    readers: "everybody",
    uses: ["sha256"],
    files: ["server/src/pipeline/escalate/worker.ts", "server/src/pipeline/escalate/desk.ts"],
  },
] as const;
