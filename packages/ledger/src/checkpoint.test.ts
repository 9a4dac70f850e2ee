import { describe, expect, test } from "vitest";
import { base64, equalBytes, fromBase64, hex, utf8 } from "./bytes.ts";
import { formatCheckpointBody, makeCheckpoint, openCheckpoint, parseCheckpointBody } from "./checkpoint.ts";
import { formatVerifierKey, type NoteVerifier, openSigningKey, parseVerifierKey } from "./note-key.ts";
import { verifyInclusion } from "./proof.ts";
import { sha256 } from "./sha256.ts";
import { base64Bytes, claimOf, codeOf, type InclusionCase, readVector, value } from "./testing/vectors.ts";
import { leafHash } from "./tree-hash.ts";

type Bodies = {
  parse: {
    body: string;
    ok: boolean;
    origin?: string;
    size?: string;
    rootBase64?: string;
    extension?: string;
    rootIsLeafHashOf?: string;
    why?: string;
  }[];
  originIds: { origin: string; distributorIdHex: string; witnessPathHashHex: string }[];
};
type Rotation = {
  origin: string;
  keys: Record<"key1" | "key2", { skey: string; vkey: string }>;
  notes: { signedByBoth: string; signedByKey1: string; size: number }[];
};
type Rekor = {
  cases: (InclusionCase & {
    checkpoint: string;
    logKeys?: { baseUrl: string; spkiBase64: string; keyDetails: string }[];
  })[];
};

const bodies = readVector<Bodies>("tlog/checkpoint");

describe("checkpoint text", () => {
  /** Upstream takes the root as opaque; our logs hash with SHA-256, so there the length alone is what we refuse. */
  function rootLength(body: string): number | undefined {
    return fromBase64(body.split("\n")[2] ?? "")?.length;
  }

  test.each(bodies.parse.filter(({ ok, body }) => ok && rootLength(body) === 32))("$body is read", (given) => {
    const { body, origin, size, extension = "", rootIsLeafHashOf = "" } = given;
    const parsed = value(parseCheckpointBody(body));
    expect([parsed.origin, String(parsed.size)]).toEqual([origin, size]);
    expect(parsed.extensions.map((line) => `${line}\n`).join("")).toBe(extension);
    expect(hex(parsed.root)).toBe(hex(leafHash(utf8(rootIsLeafHashOf))));
    expect(formatCheckpointBody(parsed)).toBe(body);
  });

  test.each(bodies.parse.filter(({ ok, body }) => ok && rootLength(body) !== 32))(
    "$body is refused for its root alone",
    ({ body }) => {
      expect(codeOf(parseCheckpointBody(body))).toBe("LEDGER_CHECKPOINT_ROOT_LENGTH");
    },
  );

  test.each(bodies.parse.filter(({ ok }) => !ok))("$body is refused: $why", ({ body }) => {
    expect(codeOf(parseCheckpointBody(body))).toMatch(/^LEDGER_CHECKPOINT_(MALFORMED|ROOT_LENGTH)$/);
  });

  test("extension lines are kept, empty ones refused", () => {
    const body = `log.example\n1\n${base64(leafHash(utf8("a")))}\n`;
    expect(value(parseCheckpointBody(`${body}lots\nof\nlines\n`)).extensions).toEqual(["lots", "of", "lines"]);
    expect(codeOf(parseCheckpointBody(`${body}one\n\ntwo\n`))).toBe("LEDGER_CHECKPOINT_MALFORMED");
    expect(codeOf(parseCheckpointBody(`${body}\n`))).toBe("LEDGER_CHECKPOINT_MALFORMED");
  });

  test("an odd spelling of the size, or a wrong root of nothing, is refused", () => {
    const root = base64(leafHash(utf8("a")));
    for (const size of ["01", "+1", " 1", "1.0", "1e3", "", "9007199254740992", "0"]) {
      const code = codeOf(parseCheckpointBody(`log.example\n${size}\n${root}\n`));
      expect({ size, code }).toEqual({ size, code: "LEDGER_CHECKPOINT_MALFORMED" });
    }
  });

  test.each(bodies.originIds)(
    "the witness path of $origin is the hash of its origin",
    ({ origin, witnessPathHashHex, distributorIdHex }) => {
      expect(hex(sha256(utf8(origin)))).toBe(witnessPathHashHex);
      expect(hex(sha256(utf8(`o:${origin}`)))).toBe(distributorIdHex);
    },
  );
});

describe("key rotation", () => {
  const { origin, keys, notes } = readVector<Rotation>("tlog/checkpoint-rotation");

  test.each(notes)(
    "at size $size a checkpoint signed by the old and the new key opens with either",
    async ({ signedByBoth, signedByKey1, size }) => {
      const old = value(parseVerifierKey(keys.key1.vkey));
      const next = value(parseVerifierKey(keys.key2.vkey));
      for (const trusted of [[old], [next], [old, next]]) {
        expect(value(await openCheckpoint(signedByBoth, trusted, origin)).size).toBe(size);
      }
      expect(codeOf(await openCheckpoint(signedByKey1, [next], origin))).toBe("LEDGER_NOTE_UNTRUSTED");
      expect(codeOf(await openCheckpoint(signedByBoth, [old], "other.example"))).toBe("LEDGER_CHECKPOINT_ORIGIN");
    },
  );

  test.each(notes)("at size $size both keys make the published bytes again", async ({ signedByBoth, signedByKey1 }) => {
    const first = value(await openSigningKey(keys.key1.skey));
    const second = value(await openSigningKey(keys.key2.skey));
    const { size, root } = value(parseCheckpointBody(signedByBoth.slice(0, signedByBoth.indexOf("\n\n") + 1)));
    expect(await makeCheckpoint({ origin, size, root }, [first, second])).toBe(signedByBoth);
    expect(await makeCheckpoint({ origin, size, root }, first)).toBe(signedByKey1);
  });

  test("a checkpoint that cannot be read back is not made", async () => {
    const signer = value(await openSigningKey(keys.key1.skey));
    const root = leafHash(utf8("a"));
    for (const bad of [
      { origin: "", size: 1, root },
      { origin: "two\nlines", size: 1, root },
      { origin, size: -1, root },
      { origin, size: 0.5, root },
      { origin, size: 1, root: root.slice(1) },
    ]) {
      await expect(makeCheckpoint(bad, signer)).rejects.toMatchObject({ name: "LedgerError" });
    }
  });
});

describe("real Rekor checkpoints and inclusion proofs", () => {
  const rekorV1 = value(
    parseVerifierKey(
      "rekor.sigstore.dev+c0d23d6a+AjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABNhtmPtrWm3U1eQXBogSMdGvXwBcK5AW5i0hrZLOC96l+smGNM7nwZ4QvFK/4sueRoVj//QP22Ni4Qt9DPfkWLc=",
    ),
  );

  test.each(readVector<Rekor>("tlog/rekor-inclusion").cases)("$id: $ok", async (given) => {
    const opened = await openCheckpoint(given.checkpoint, given.logKeys?.flatMap(rekorKey) ?? [rekorV1]);
    const claim = claimOf(given);
    const applies = opened.ok && opened.value.size === claim.size && equalBytes(opened.value.root, claim.root);
    expect(applies && verifyInclusion(claim)).toBe(given.ok);
  });

  /** Sigstore publishes DER keys; the last 32 bytes of an Ed25519 one are the key. */
  function rekorKey({
    baseUrl,
    spkiBase64,
    keyDetails,
  }: {
    baseUrl: string;
    spkiBase64: string;
    keyDetails: string;
  }): NoteVerifier[] {
    if (keyDetails !== "PKIX_ED25519") return [];
    return [value(parseVerifierKey(formatVerifierKey(new URL(baseUrl).host, base64Bytes(spkiBase64).slice(-32))))];
  }
});
