import { describe, expect, test } from "vitest";
import { hex, utf8 } from "./bytes.ts";
import { emptyFrontier } from "./frontier.ts";
import { parseVerifierKey } from "./note-key.ts";
import { proveInclusion } from "./proof.ts";
import { append } from "./sequencer.ts";
import { memoryTree } from "./testing/memory-tree.ts";
import { origin, sampleEntries, signedAt, testSigner } from "./testing/sample-export.ts";
import { base64Bytes, codeOf, readVector, value } from "./testing/vectors.ts";
import { formatTlogProof, parseTlogProof, verifyTlogProof } from "./tlog-proof.ts";

type Proofs = {
  marshal: { index: string; hashes: string[]; extraBase64?: string; checkpoint: string; want: string }[];
  reject: { text: string; why: string }[];
};
const vectors = readVector<Proofs>("tlog/tlog-proof");

describe("proof files", () => {
  test.each(vectors.marshal)(
    "the proof of entry $index is written and read as published",
    ({ index, hashes, extraBase64, checkpoint, want }) => {
      const extra = extraBase64 === undefined ? {} : { extra: base64Bytes(extraBase64) };
      const proof = { index: Number(index), hashes: hashes.map(base64Bytes), checkpoint, ...extra };
      expect(formatTlogProof(proof)).toBe(want);
      const read = value(parseTlogProof(want));
      expect([read.index, read.hashes.map((hash) => hex(hash)), read.checkpoint]).toEqual([
        proof.index,
        proof.hashes.map((hash) => hex(hash)),
        checkpoint,
      ]);
      expect(formatTlogProof(read)).toBe(want);
    },
  );

  test.each([
    ...vectors.reject,
    { why: "no checkpoint", text: "c2sp.org/tlog-proof@v1\nindex 0\n\n" },
    { why: "nothing", text: "" },
  ])("a file is refused: $why", ({ text }) => {
    expect(codeOf(parseTlogProof(text))).toBe("LEDGER_PROOF_MALFORMED");
  });

  test("one entry is proven offline, and no other entry, key or origin passes with its proof", async () => {
    const entries = sampleEntries(100);
    const [{ leafHashes }, checkpoint] = [append(emptyFrontier, entries), await signedAt(entries)];
    const hashes = await proveInclusion(42, 100, memoryTree(leafHashes).read);
    const text = formatTlogProof({ index: 42, hashes, checkpoint });
    const keys = [value(parseVerifierKey((await testSigner()).vkey))];
    const entry = entries[42] ?? utf8("");
    expect(value(await verifyTlogProof(text, entry, { keys, origin })).index).toBe(42);
    expect(codeOf(await verifyTlogProof(text, entries[41] ?? utf8(""), { keys }))).toBe("LEDGER_PROOF_FAILED");
    expect(codeOf(await verifyTlogProof(text.replace("index 42", "index 43"), entry, { keys }))).toBe(
      "LEDGER_PROOF_FAILED",
    );
    expect(codeOf(await verifyTlogProof(text.replace("\n100\n", "\n101\n"), entry, { keys }))).toBe(
      "LEDGER_SIGNATURE_INVALID",
    );
    expect(
      codeOf(await verifyTlogProof(text, entry, { keys: [value(parseVerifierKey((await testSigner("key2")).vkey))] })),
    ).toBe("LEDGER_NOTE_UNTRUSTED");
    expect(codeOf(await verifyTlogProof(text, entry, { keys, origin: "other.example" }))).toBe(
      "LEDGER_CHECKPOINT_ORIGIN",
    );
  });
});
