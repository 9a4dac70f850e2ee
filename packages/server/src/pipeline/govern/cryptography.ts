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
] as const;
