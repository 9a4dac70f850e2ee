import { describe, expect, test } from "vitest";
import { hex, utf8 } from "./bytes.ts";
import { makeCheckpoint, openCheckpoint } from "./checkpoint.ts";
import { decodeFrontier, emptyFrontier, encodeFrontier } from "./frontier.ts";
import { openSigningKey, parseVerifierKey } from "./note-key.ts";
import { append, entrySizeBytesMax } from "./sequencer.ts";
import { readVector, value } from "./testing/vectors.ts";

type SmallLog = { origin: string; vkey: string; signingKey: string; entries: string[]; checkpointBySize: string[] };
const log = readVector<SmallLog>("tlog/small-log");

describe("the sequencer", () => {
  test("appending one entry at a time makes every checkpoint that Tessera made for the same entries", async () => {
    const signer = value(await openSigningKey(log.signingKey));
    const keys = [value(parseVerifierKey(log.vkey))];
    let stored = encodeFrontier(emptyFrontier);
    for (const [size, published] of log.checkpointBySize.entries()) {
      const entries = size === 0 ? [] : [utf8(log.entries[size - 1] ?? "")];
      const appended = append(value(decodeFrontier(stored)), entries);
      stored = encodeFrontier(appended.frontier);
      expect(appended.size).toBe(size);
      expect(await makeCheckpoint({ origin: log.origin, size: appended.size, root: appended.root }, signer)).toBe(
        published,
      );
      expect(hex(value(await openCheckpoint(published, keys, log.origin)).root)).toBe(hex(appended.root));
    }
    expect(log.checkpointBySize).toHaveLength(16);
  });

  test("an entry of 16 KiB is taken, one byte more is refused and nothing is appended", () => {
    const fits = append(emptyFrontier, [new Uint8Array(entrySizeBytesMax)]);
    expect([fits.size, fits.leafHashes.length]).toEqual([1, 1]);
    expect(() => append(fits.frontier, [utf8("small"), new Uint8Array(entrySizeBytesMax + 1)])).toThrow(
      expect.objectContaining({ code: "LEDGER_ENTRY_TOO_LARGE" }),
    );
    expect(hex(append(fits.frontier, []).root)).toBe(hex(fits.root));
  });
});
