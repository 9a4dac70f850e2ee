/** Keys and algorithms of this room. Read by `npm run docs`; a test compares it with the calls in the sources. */
export const CRYPTOGRAPHY = [
  {
    name: "Seeds of the hash tables",
    algorithm: "random",
    strengthBits: null,
    purpose: "attackers cannot choose texts that collide",
    lives: "memory of the process",
    rotation: "at each start",
    readers: "the process",
    uses: ["csprng"],
    files: ["sigma/src/correlate/string-pool.ts"],
  },
] as const;
