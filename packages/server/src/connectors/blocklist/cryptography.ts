/** Keys and algorithms of this room. Read by `npm run docs`; a test compares it with the calls in the sources. */
export const CRYPTOGRAPHY = [
  {
    name: "Entity tags",
    algorithm: "SHA-256",
    strengthBits: 128,
    purpose: "a list that did not change is not sent again",
    lives: "nothing secret",
    rotation: "none",
    readers: "everybody",
    uses: ["sha256"],
    files: ["server/src/connectors/blocklist/serve-feed.ts"],
  },
] as const;
