import type { NodeReader } from "../proof.ts";
import { nodeHash } from "../tree-hash.ts";

/** All perfect subtrees over the leaves, in memory: the slow and obvious way, to compare the fast ways with. */
export function memoryTree(leaves: readonly Uint8Array[]): { read: NodeReader } {
  const levels: Uint8Array[][] = [[...leaves]];
  for (let below = levels[0] ?? []; below.length > 1;) {
    const level: Uint8Array[] = [];
    for (const [at, left] of below.entries()) {
      const right = below[at + 1];
      if (at % 2 === 0 && right !== undefined) level.push(nodeHash(left, right));
    }
    levels.push(level);
    below = level;
  }
  return {
    read: (level, index) => {
      const hash = levels[level]?.[index];
      if (hash === undefined) throw new Error(`no subtree ${index} at level ${level}`);
      return hash;
    },
  };
}
