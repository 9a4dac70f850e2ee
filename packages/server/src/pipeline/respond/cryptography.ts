/** Keys and algorithms of this room. Read by `npm run docs`; a test compares it with the calls in the sources. */
export const CRYPTOGRAPHY = [
  {
    name: "Keys of enforcement points",
    algorithm: "256 random bits, kept as SHA-256",
    strengthBits: 256,
    purpose: "a firewall fetches what to block",
    lives: "`enforcer`, as hashes",
    rotation: "a new enforcement point; the old one is deactivated",
    readers: "whoever made it, once",
    uses: ["csprng", "sha256"],
    files: ["server/src/pipeline/respond/enforcers.ts"],
  },
] as const;
