import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { base64, concat, fromBase64, utf8 } from "./bytes.ts";
import { verifyEd25519 } from "./ed25519.ts";
import {
  asCosignatureVerifier,
  formatVerifierKey,
  generateSigningKey,
  openCosigningKey,
  openSigningKey,
  parseVerifierKey,
} from "./note-key.ts";
import { addSignatures, openNote, signNote } from "./signed-note.ts";
import { codeOf, hexBytes, readVector, value } from "./testing/vectors.ts";

type Notes = {
  verifierKeys: { vkey: string; ok: boolean; type?: number; why?: string }[];
  sign: {
    signingKey?: string;
    signingKeySeedHex?: string;
    name?: string;
    text?: string;
    addTo?: string;
    want: string;
  }[];
  open: {
    id: string;
    note: string;
    trusted: string[];
    ok: boolean;
    verified?: string[];
    unverified?: string[];
    error?: string;
  }[];
};
type Edge = { cases: [publicKeyHex: string, signatureHex: string, message: string, flags: string, accept: boolean][] };

const vectors = readVector<Notes>("tlog/signed-note");
const noSign: Notes["sign"][number] = { want: "" };
const kinds: Record<number, string> = { 1: "ed25519", 2: "ecdsa", 4: "cosignature" };
const plainNote = vectors.open.find(({ id }) => id === "both known") ?? { note: "", trusted: [] };

function shortId({ name, keyId }: { name: string; keyId: number }): string {
  return `${name}+${keyId.toString(16).padStart(8, "0")}`;
}

describe("verifier keys", () => {
  test.each(vectors.verifierKeys)("$vkey: $ok", ({ vkey, ok, type = 0 }) => {
    const parsed = parseVerifierKey(vkey);
    expect(parsed.ok ? parsed.value.kind : "refused").toBe(ok ? kinds[type] : "refused");
  });

  test("no part of a key, and no key with one byte changed, passes for a key", () => {
    // The id of an ECDSA key does not cover its name, so a shorter name would pass there.
    for (const { vkey } of vectors.verifierKeys.filter(({ ok, type }) => ok && type !== 2)) {
      const cuts = Array.from({ length: vkey.length - 1 }, (_, at) => [
        vkey.slice(0, at + 1),
        vkey.slice(at + 1),
      ]).flat();
      const next = (at: number): string => String.fromCharCode(vkey.charCodeAt(at) + 1);
      const changes = Array.from(vkey, (_, at) => vkey.slice(0, at) + next(at) + vkey.slice(at + 1));
      expect([...cuts, ...changes].filter((changed) => parseVerifierKey(changed).ok)).toEqual([]);
    }
  });

  test("a key of low order is refused when somebody enrols it", () => {
    const zero = formatVerifierKey("log.example", new Uint8Array(32));
    expect(codeOf(parseVerifierKey(zero))).toBe("LEDGER_KEY_WEAK");
  });

  test("a generated key signs what its published half verifies", async () => {
    const { skey, vkey } = await generateSigningKey("log.example/tyr");
    const signer = value(await openSigningKey(skey));
    expect(signer.vkey).toBe(vkey);
    const note = await signNote("hello\n", [signer]);
    expect((await openNote(note, [value(parseVerifierKey(vkey))])).ok).toBe(true);
    expect(codeOf(await openSigningKey(vkey))).toBe("LEDGER_KEY_MALFORMED");
    expect(codeOf(await openCosigningKey(skey, () => 1))).toBe("LEDGER_KEY_MALFORMED");
    await expect(generateSigningKey("two words")).rejects.toThrow("no spaces");
  });

  test("a signing key whose id was altered is refused", async () => {
    const { skey } = await generateSigningKey("log.example");
    const [head = "", ...rest] = skey.split("log.example+");
    const altered = `${head}log.example+00000000${rest.join("").slice(8)}`;
    expect(codeOf(await openSigningKey(altered))).toBe("LEDGER_KEY_MALFORMED");
  });
});

describe("signing", () => {
  test("the published texts get their published signatures", async () => {
    const [first = noSign, second = noSign] = vectors.sign;
    const { signingKey = "", text = "" } = first;
    const signer = value(await openSigningKey(signingKey));
    expect(await signNote(text, [signer])).toBe(first.want);

    const { signingKeySeedHex = "", addTo = "" } = second;
    const key = base64(concat(Uint8Array.of(1), hexBytes(signingKeySeedHex)));
    const enoch = value(await openSigningKey(`PRIVATE+KEY+EnochRoot+af0cfe78+${key}`));
    expect(value(await addSignatures(addTo, [enoch]))).toBe(second.want);
    // A second line of the same key replaces the first.
    expect(value(await addSignatures(second.want, [enoch]))).toBe(second.want);
  });

  test("a text that could be cut differently by the reader is not signed", async () => {
    const signer = value(await openSigningKey((await generateSigningKey("log.example")).skey));
    for (const text of ["no newline", "text\n\n— log.example AAAAAAAA", "tab\t\n", "lone \ud800\n"]) {
      await expect(signNote(text, [signer])).rejects.toMatchObject({ code: "LEDGER_NOTE_MALFORMED" });
    }
  });
});

describe("opening", () => {
  test.each(vectors.open)("$id: $ok", async ({ note, trusted, ok, verified, unverified }) => {
    const opened = await openNote(
      note,
      trusted.map((vkey) => value(parseVerifierKey(vkey))),
    );
    expect(opened.ok).toBe(ok);
    const { verified: good = [], unverified: unknown = [] } = opened.ok ? opened.value : {};
    expect(good.map(shortId)).toEqual(verified ?? []);
    expect(unknown.map(shortId)).toEqual(unverified ?? []);
  });

  test("a note that is not UTF-8 is refused", async () => {
    const trusted = plainNote.trusted.map((vkey) => value(parseVerifierKey(vkey)));
    expect(codeOf(await openNote(concat(Uint8Array.of(0xff), utf8(plainNote.note)), trusted))).toBe(
      "LEDGER_NOTE_MALFORMED",
    );
    expect((await openNote(utf8(plainNote.note), trusted)).ok).toBe(true);
  });

  test("a hundred different signatures are accepted", async () => {
    const others = await Promise.all(
      Array.from({ length: 99 }, async (_, at) =>
        value(await openSigningKey((await generateSigningKey(`w${at}.example`)).skey)),
      ),
    );
    const mine = value(await openSigningKey((await generateSigningKey("log.example")).skey));
    const note = await signNote("many\n", [...others, mine]);
    const opened = value(await openNote(note, [value(parseVerifierKey(mine.vkey))]));
    expect([opened.verified.length, opened.unverified.length]).toEqual([1, 99]);
  });

  test("a failing second line of a known key spoils the note, although the first line is good", async () => {
    const trusted = plainNote.trusted.map((vkey) => value(parseVerifierKey(vkey)));
    const line = plainNote.note.trimEnd().split("\n").at(-1) ?? "";
    const [dash, name, encoded = ""] = line.split(" ");
    const forged = fromBase64(encoded) ?? new Uint8Array(0);
    forged[10] = (forged[10] ?? 0) ^ 1;
    const note = `${plainNote.note}${dash} ${name} ${base64(forged)}\n`;
    expect(codeOf(await openNote(note, trusted))).toBe("LEDGER_SIGNATURE_INVALID");
  });

  test("no single flipped bit of a signed note goes unnoticed", async () => {
    const trusted = plainNote.trusted.slice(0, 1).map((vkey) => value(parseVerifierKey(vkey)));
    const bytes = utf8(vectors.sign[0]?.want ?? "");
    const run = fc.asyncProperty(fc.nat(bytes.length * 8 - 1), async (bit) => {
      const changed = Uint8Array.from(bytes);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect((await openNote(changed, trusted)).ok).toBe(false);
    });
    await fc.assert(run, { numRuns: 500 });
  });
});

describe("Ed25519 edge cases (C2SP/CCTV)", () => {
  test("the verdict is that of Node 20 and Go without the low-order keys and signatures, in any engine", async () => {
    const { cases } = readVector<Edge>("tlog/ed25519-edge");
    let accepted = 0;
    for (const [publicKey, signature, message, flags, accept] of cases) {
      const lowOrder = /\blow_order_[AR]\b/.test(flags);
      const verdict = await verifyEd25519(hexBytes(publicKey), utf8(message), hexBytes(signature));
      expect({ publicKey, flags, verdict }).toEqual({ publicKey, flags, verdict: accept && !lowOrder });
      if (verdict) accepted++;
    }
    expect([cases.length, accepted]).toEqual([914, 43]);
  });

  test("a signature or key of the wrong length is false, not an error", async () => {
    expect(await verifyEd25519(new Uint8Array(31).fill(7), utf8("x"), new Uint8Array(64).fill(7))).toBe(false);
    expect(await verifyEd25519(new Uint8Array(32).fill(7), utf8("x"), new Uint8Array(63).fill(7))).toBe(false);
  });
});

describe("cosignatures", () => {
  type Cosignatures = {
    logVkey: string;
    witness: { vkey: string; name: string };
    cases: { note: string; size: number; timestamp: number }[];
    signedMessageExample: { timestamp: number; body: string; message: string };
  };
  const { logVkey, witness, cases } = readVector<Cosignatures>("tlog/cosignature");

  test.each(cases)(
    "the published cosignature at size $size verifies beside the log's signature",
    async ({ note, timestamp }) => {
      const keys = [value(parseVerifierKey(logVkey)), value(parseVerifierKey(witness.vkey))];
      const opened = value(await openNote(note, keys));
      expect(opened.verified.map(({ by }) => by.kind)).toEqual(["ed25519", "cosignature"]);
      const time = new DataView(Uint8Array.from(opened.verified[1]?.signature ?? []).buffer).getBigUint64(0);
      expect(Number(time)).toBe(timestamp);
    },
  );

  test("the same key published with type 1 has another id and does not verify a cosignature line", async () => {
    const key = value(parseVerifierKey(witness.vkey));
    const asLogKey = value(parseVerifierKey(formatVerifierKey(witness.name, key.publicKey)));
    expect(codeOf(await openNote(cases[0]?.note ?? "", [asLogKey]))).toBe("LEDGER_NOTE_UNTRUSTED");
    expect(asCosignatureVerifier(asLogKey).keyId).toBe(key.keyId);
  });

  test("a cosignature covers the time and the extension lines", async () => {
    const { skey, vkey } = await generateSigningKey("witness.example/w1", "cosignature");
    const cosigner = value(await openCosigningKey(skey, () => 1_795_311_352.9));
    const note = await signNote("log.example\n1\nMF31n5WQw8msY9KydDw4jjeSRJB4zr9/s9vmRxZDsrc=\nextension\n", [
      cosigner,
    ]);
    const keys = [value(parseVerifierKey(vkey))];
    expect((await openNote(note, keys)).ok).toBe(true);
    expect(codeOf(await openNote(note.replace("extension", "extensioN"), keys))).toBe("LEDGER_SIGNATURE_INVALID");
    const line = note.trimEnd().split(" ").at(-1) ?? "";
    const bytes = fromBase64(line) ?? new Uint8Array(0);
    bytes[11] = (bytes[11] ?? 0) ^ 1;
    expect(codeOf(await openNote(note.replace(line, base64(bytes)), keys))).toBe("LEDGER_SIGNATURE_INVALID");
  });
});
