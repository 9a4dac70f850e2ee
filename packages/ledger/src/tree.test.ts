import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { base64, equalBytes, hex, utf8 } from "./bytes.ts";
import {
  appendLeaves,
  appendSubtrees,
  decodeFrontier,
  emptyFrontier,
  encodeFrontier,
  frontierRoot,
  rootOf,
} from "./frontier.ts";
import { proveConsistency, proveInclusion, verifyConsistency, verifyInclusion } from "./proof.ts";
import { base64Bytes, claimOf, codeOf, hexBytes, type InclusionCase, readVector, value } from "./testing/vectors.ts";
import { memoryTree } from "./testing/memory-tree.ts";
import { emptyRoot, leafHash, nodeHash } from "./tree-hash.ts";
import { sha256 } from "./sha256.ts";

type HashCase = {
  name: string;
  kind: "empty" | "leaf" | "node";
  data?: string;
  left?: string;
  right?: string;
  want: string;
};
type Classic = { hashes: HashCase[]; leaves: string[]; perfectSubtreeHashesByLevel: string[][]; rootBySize: string[] };
type Inclusion = { cases: InclusionCase[] };
type Consistency = {
  cases: {
    id: string;
    oldSize: string;
    newSize: string;
    oldRoot: string;
    newRoot: string;
    proof: string[];
    ok: boolean;
  }[];
};
type Large = {
  roots: { size: number; root: string }[];
  inclusion: { index: number; size: number; proof: string[] }[];
  consistency: { oldSize: number; newSize: number; proof: string[] }[];
};

const classic = readVector<Classic>("tlog/rfc6962-tree");
const large = readVector<Large>("tlog/generated-large-tree");

describe("hashing (RFC 6962)", () => {
  test.each(classic.hashes)("$name has its published hash", ({ kind, data = "", left = "", right = "", want }) => {
    const hashes = {
      empty: () => emptyRoot(),
      leaf: () => leafHash(hexBytes(data)),
      // The published node case has short operands, which nodeHash refuses; its hash function is still checked.
      node: () => sha256(Uint8Array.of(1, ...hexBytes(left), ...hexBytes(right))),
    };
    expect(hex(hashes[kind]())).toBe(want);
  });

  test("a node of operands that are not hashes is refused", () => {
    expect(() => nodeHash(new Uint8Array(31), new Uint8Array(32))).toThrow("32-byte");
  });

  test("the eight classic leaves give every published subtree and root", async () => {
    const leaves = classic.leaves.map((leaf) => leafHash(hexBytes(leaf)));
    const tree = memoryTree(leaves);
    for (const [level, hashes] of classic.perfectSubtreeHashesByLevel.entries()) {
      for (const [index, want] of hashes.entries()) expect(hex(await tree.read(level, index))).toBe(want);
    }
    for (const [size, want] of classic.rootBySize.entries()) expect(hex(rootOf(leaves.slice(0, size)))).toBe(want);
  });
});

describe("published proofs", () => {
  test.each(readVector<Inclusion>("tlog/inclusion").cases)("inclusion $id: $ok", (given) => {
    expect(verifyInclusion(claimOf(given))).toBe(given.ok);
  });

  test.each(readVector<Consistency>("tlog/consistency").cases)("consistency $id: $ok", (given) => {
    const claim = {
      oldSize: Number(given.oldSize),
      newSize: Number(given.newSize),
      oldRoot: base64Bytes(given.oldRoot),
      newRoot: base64Bytes(given.newRoot),
      proof: given.proof.map(base64Bytes),
    };
    expect(verifyConsistency(claim)).toBe(given.ok);
  });

  test("the generated tree of 70,000 entries gives every published root and proof", async () => {
    const leaves = Array.from({ length: 70_000 }, (_, at) => leafHash(utf8(`leaf-${at}`)));
    const tree = memoryTree(leaves);
    const rootAt = new Map<number, Uint8Array>();
    let frontier = emptyFrontier;
    for (const { size, root } of large.roots) {
      frontier = appendLeaves(frontier, leaves.slice(frontier.size, size));
      rootAt.set(size, frontierRoot(frontier));
      expect(base64(frontierRoot(frontier))).toBe(root);
    }
    const root = (size: number): Uint8Array => rootAt.get(size) ?? rootOf(leaves.slice(0, size));
    for (const { index, size, proof } of large.inclusion) {
      const made = await proveInclusion(index, size, tree.read);
      expect(made.map(base64)).toEqual(proof);
      expect(
        verifyInclusion({ index, size, leafHash: leaves[index] ?? emptyRoot(), root: root(size), proof: made }),
      ).toBe(true);
    }
    for (const { oldSize, newSize, proof } of large.consistency) {
      const made = await proveConsistency(oldSize, newSize, tree.read);
      expect(made.map(base64)).toEqual(proof);
      expect(verifyConsistency({ oldSize, newSize, oldRoot: root(oldSize), newRoot: root(newSize), proof: made })).toBe(
        true,
      );
    }
    expect(large.inclusion.length + large.consistency.length).toBeGreaterThan(300);
  });
});

/** Up to 700 leaves, so that trees cross the 256 and 512 borders. */
const someSize = fc.integer({ min: 1, max: 700 });
const manyLeaves = Array.from({ length: 700 }, (_, at) => leafHash(utf8(`entry ${at}`)));
const manyTree = memoryTree(manyLeaves);

function flip(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  const at = Math.floor(bit / 8) % copy.length;
  copy[at] = (copy[at] ?? 0) ^ (1 << (bit % 8));
  return copy;
}

describe("any tree", () => {
  test("every inclusion proof verifies, and no longer after one flipped bit anywhere", async () => {
    const run = fc.asyncProperty(someSize, fc.nat(), fc.nat(), async (size, pick, bit) => {
      const index = pick % size;
      const claim = {
        index,
        size,
        leafHash: manyLeaves[index] ?? emptyRoot(),
        root: rootOf(manyLeaves.slice(0, size)),
        proof: await proveInclusion(index, size, manyTree.read),
      };
      expect(verifyInclusion(claim)).toBe(true);
      expect(verifyInclusion({ ...claim, leafHash: flip(claim.leafHash, bit % 256) })).toBe(false);
      expect(verifyInclusion({ ...claim, root: flip(claim.root, bit % 256) })).toBe(false);
      for (const at of claim.proof.keys()) {
        const proof = claim.proof.map((hash, other) => (other === at ? flip(hash, bit % 256) : hash));
        expect(verifyInclusion({ ...claim, proof })).toBe(false);
      }
      expect(verifyInclusion({ ...claim, proof: [...claim.proof, emptyRoot()] })).toBe(false);
      expect(verifyInclusion({ ...claim, index: index + 1 === size ? size : index + 1 })).toBe(false);
    });
    await fc.assert(run);
  });

  test("every consistency proof verifies, and no longer after one flipped bit anywhere", async () => {
    const run = fc.asyncProperty(someSize, someSize, fc.nat(), async (a, b, bit) => {
      const [oldSize, newSize] = [Math.min(a, b), Math.max(a, b)];
      const claim = {
        oldSize,
        newSize,
        oldRoot: rootOf(manyLeaves.slice(0, oldSize)),
        newRoot: rootOf(manyLeaves.slice(0, newSize)),
        proof: await proveConsistency(oldSize, newSize, manyTree.read),
      };
      expect(verifyConsistency(claim)).toBe(true);
      expect(verifyConsistency({ ...claim, oldRoot: flip(claim.oldRoot, bit % 256) })).toBe(false);
      expect(verifyConsistency({ ...claim, newRoot: flip(claim.newRoot, bit % 256) })).toBe(false);
      for (const at of claim.proof.keys()) {
        const proof = claim.proof.map((hash, other) => (other === at ? flip(hash, bit % 256) : hash));
        expect(verifyConsistency({ ...claim, proof })).toBe(false);
      }
      expect(verifyConsistency({ ...claim, proof: [...claim.proof, emptyRoot()] })).toBe(false);
    });
    await fc.assert(run);
  });

  test("appending in any portions, with the edge stored in between, gives the root of appending at once", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 90 }), { maxLength: 7 }), (portions) => {
        let frontier = emptyFrontier;
        for (const portion of portions) {
          const grown = appendLeaves(frontier, manyLeaves.slice(frontier.size, frontier.size + portion));
          frontier = value(decodeFrontier(encodeFrontier(grown)));
        }
        expect(equalBytes(frontierRoot(frontier), rootOf(manyLeaves.slice(0, frontier.size)))).toBe(true);
      }),
    );
  });

  test("whole subtrees can be appended by their root", () => {
    const blocks = [0, 1].map((block) => rootOf(manyLeaves.slice(block * 256, (block + 1) * 256)));
    const frontier = appendLeaves(appendSubtrees(emptyFrontier, blocks, 8), manyLeaves.slice(512, 600));
    expect(hex(frontierRoot(frontier))).toBe(hex(rootOf(manyLeaves.slice(0, 600))));
    expect(() => appendSubtrees(frontier, blocks, 8)).toThrow("not a multiple");
  });
});

describe("bad input", () => {
  test("a damaged right edge is refused", () => {
    const edge = encodeFrontier(appendLeaves(emptyFrontier, manyLeaves.slice(0, 5)));
    expect(codeOf(decodeFrontier(edge.slice(0, -1)))).toBe("LEDGER_FRONTIER_INVALID");
    expect(codeOf(decodeFrontier(edge.slice(0, 3)))).toBe("LEDGER_FRONTIER_INVALID");
    expect(codeOf(decodeFrontier(new Uint8Array(8).fill(255)))).toBe("LEDGER_FRONTIER_INVALID");
  });

  test("proofs that cannot exist are not made", async () => {
    await expect(proveInclusion(5, 5, manyTree.read)).rejects.toThrow("not below");
    await expect(proveInclusion(-1, 5, manyTree.read)).rejects.toThrow("whole number");
    await expect(proveConsistency(0, 5, manyTree.read)).rejects.toThrow("no consistency proof");
    await expect(proveConsistency(6, 5, manyTree.read)).rejects.toThrow("no consistency proof");
    await expect(proveConsistency(1, 2 ** 53, manyTree.read)).rejects.toThrow("whole number");
  });
});
