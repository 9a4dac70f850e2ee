/** Keys and algorithms of this room. Read by `npm run docs`; a test compares it with the calls in the sources. */
export const CRYPTOGRAPHY = [
  {
    name: "Keys of sensors",
    algorithm: "256 random bits, kept as SHA-256",
    strengthBits: 256,
    purpose: "a sensor appends to its own stream",
    lives: "`sensor`, as hashes",
    rotation: "`tyr sensor rotate`",
    readers: "whoever made it, once",
    uses: ["csprng", "sha256"],
    files: ["server/src/pipeline/collect/sensor-key.ts"],
  },
  {
    name: "Digests of lines and requests",
    algorithm: "SHA-256",
    strengthBits: 128,
    purpose: "what is sent again is known again; batches are named in the log",
    lives: "nothing secret",
    rotation: "none",
    readers: "everybody",
    uses: ["sha256"],
    files: [
      "server/src/pipeline/collect/intake.ts",
      "server/src/pipeline/collect/followed-file.ts",
      "server/src/pipeline/collect/sample.ts",
      "server/src/pipeline/collect/intake-store.ts",
      "server/src/pipeline/collect/prepare.ts",
      "server/src/pipeline/collect/normalise/mail-facts.ts",
      "server/src/pipeline/collect/normalise/payload.ts",
    ],
  },
] as const;
