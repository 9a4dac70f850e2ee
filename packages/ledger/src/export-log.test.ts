import { describe, expect, test } from "vitest";
import { utf8 } from "./bytes.ts";
import { buildExport, parseManifest } from "./export-log.ts";
import { generateSigningKey } from "./note-key.ts";
import { exported, origin, sampleEntries, signedAt, testSigner } from "./testing/sample-export.ts";
import { codeOf, value } from "./testing/vectors.ts";

const entries = sampleEntries(300);

describe("an export", () => {
  test("has the tlog-tiles layout, and its checkpoint comes last", async () => {
    expect([...(await exported(entries)).keys()]).toEqual([
      "tile/entries/000",
      "tile/0/000",
      "tile/entries/001.p/44",
      "tile/0/001.p/44",
      "tile/1/000.p/1",
      "export.json",
      "vkey",
      "checkpoint",
    ]);
  });

  test("takes as many entries as the checkpoint covers, although the log has grown since", async () => {
    const checkpoint = await signedAt(entries, 256);
    const paths = [...(await exported(entries, { checkpoint })).keys()];
    expect(paths.filter((path) => path.startsWith("tile/"))).toEqual([
      "tile/entries/000",
      "tile/0/000",
      "tile/1/000.p/1",
    ]);
  });

  test("of other or fewer entries than were signed is refused before its checkpoint is written", async () => {
    const checkpoint = await signedAt(entries);
    const { vkey } = await testSigner();
    for (const wrong of [entries.slice(1), entries.slice(0, 299), entries.with(0, utf8("other"))]) {
      const paths: string[] = [];
      const making = (async (): Promise<void> => {
        for await (const { path } of buildExport({ origin, entries: wrong, checkpoint, vkeys: [vkey], exportedAt: "" }))
          paths.push(path);
      })();
      await expect(making).rejects.toMatchObject({ code: "LEDGER_EXPORT_MISMATCH" });
      expect(paths).not.toContain("checkpoint");
    }
  });

  test("with a key that did not sign is refused", async () => {
    const { vkey } = await generateSigningKey("other.example");
    await expect(exported(entries, { vkeys: [vkey] })).rejects.toMatchObject({ code: "LEDGER_NOTE_UNTRUSTED" });
    await expect(exported(entries, { origin: "other.example" })).rejects.toMatchObject({
      code: "LEDGER_CHECKPOINT_ORIGIN",
    });
  });

  test("describes itself in a file for people", async () => {
    const manifest = value(parseManifest((await exported(entries)).get("export.json") ?? new Uint8Array(0)));
    expect(manifest).toMatchObject({ origin, size: 300, exportedAt: "2026-11-22T03:00:00Z", earlier: [] });
    for (const bad of [
      "",
      "[]",
      "null",
      "{}",
      '{"format":"tyr-ledger-export/1"}',
      '{"format":"tyr-ledger-export/1","origin":"a","size":1,"exportedAt":"","vkeys":[1],"earlier":[]}',
    ]) {
      expect(codeOf(parseManifest(utf8(bad)))).toBe("LEDGER_EXPORT_MISMATCH");
    }
  });
});
