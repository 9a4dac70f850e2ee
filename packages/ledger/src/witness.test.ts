import { describe, expect, test } from "vitest";
import { base64, utf8 } from "./bytes.ts";
import { emptyFrontier } from "./frontier.ts";
import {
  formatVerifierKey,
  generateSigningKey,
  type KeySigner,
  openCosigningKey,
  parseVerifierKey,
} from "./note-key.ts";
import { proveConsistency } from "./proof.ts";
import { append } from "./sequencer.ts";
import { openNote } from "./signed-note.ts";
import { memoryTree } from "./testing/memory-tree.ts";
import { origin, sampleEntries, signedAt, testSigner } from "./testing/sample-export.ts";
import { hexBytes, readVector, value } from "./testing/vectors.ts";
import { cosign, decideAddCheckpoint, type WitnessDecision, type WitnessState } from "./witness.ts";

type Exchange = { origin: string; logPublicKeyHex: string; cases: { request: string; status: number; body: string }[] };
const exchange = readVector<Exchange>("tlog/witness-add-checkpoint");

/** A witness as somebody would run it: it stores before it answers. */
function aWitness(vkey: string, of: string): (body: string) => Promise<WitnessDecision> {
  const stored = new Map<string, WitnessState>();
  const logs = new Map([[of, [value(parseVerifierKey(vkey))]]]);
  return async (body) => {
    const decision = await decideAddCheckpoint({ body, logs, latest: (name) => stored.get(name) });
    if (decision.status === 200) stored.set(decision.origin, decision.next);
    return decision;
  };
}

async function aCosigner(): Promise<KeySigner> {
  return value(
    await openCosigningKey((await generateSigningKey("example.com/witness", "cosignature")).skey, () => 1_795_311_352),
  );
}

async function bodyOf(decision: WitnessDecision, cosigner: KeySigner): Promise<string> {
  return decision.status === 200 ? await cosign(decision.text, cosigner) : decision.body;
}

function expectedBody(rule: string): RegExp {
  const text = JSON.parse(rule.slice(rule.indexOf('"'))) as string;
  return rule.startsWith("==") ? new RegExp(`^${text}$`) : new RegExp(text);
}

describe("the witness", () => {
  test("gives the published status and body to each request of the published exchange, in order", async () => {
    const witness = aWitness(formatVerifierKey(exchange.origin, hexBytes(exchange.logPublicKeyHex)), exchange.origin);
    const cosigner = await aCosigner();
    for (const { request, status, body } of exchange.cases) {
      const decision = await witness(request);
      expect(decision.status).toBe(status);
      expect(await bodyOf(decision, cosigner)).toMatch(expectedBody(body));
    }
    expect(exchange.cases).toHaveLength(9);
  });

  const entries = sampleEntries(20);
  const tree = memoryTree(append(emptyFrontier, entries).leafHashes);

  async function ask(oldSize: number, size: number, from: readonly Uint8Array[] = entries): Promise<string> {
    const proof = oldSize === 0 || oldSize === size ? [] : await proveConsistency(oldSize, size, tree.read);
    return `old ${oldSize}\n${proof.map((hash) => `${base64(hash)}\n`).join("")}\n${await signedAt(from, size)}`;
  }

  test("follows a growing log, and what it cosigns can be opened by anybody", async () => {
    const [{ vkey }, cosigner] = [await testSigner(), await aCosigner()];
    const witness = aWitness(vkey, origin);
    const first = await witness(await ask(0, 7));
    expect((await witness(await ask(7, 7))).status).toBe(200);
    expect((await witness(await ask(7, 20))).status).toBe(200);
    const line = await bodyOf(first, cosigner);
    const opened = value(
      await openNote(`${await signedAt(entries, 7)}${line}`, [value(parseVerifierKey(cosigner.vkey))]),
    );
    expect(opened.verified[0]?.by.kind).toBe("cosignature");
  });

  test("never cosigns a rollback, a fork or a rewritten log, whoever signed it", async () => {
    const witness = aWitness((await testSigner()).vkey, origin);
    const rewritten = entries.with(3, utf8("rewritten"));
    expect((await witness(await ask(0, 12))).status).toBe(200);
    expect(await witness(await ask(0, 5))).toMatchObject({
      status: 409,
      body: "12\n",
      contentType: "text/x.tlog.size",
    });
    const second = await signedAt(rewritten, 12);
    const fork = { origin, size: 12, signed: second };
    expect(await witness(await ask(12, 12, rewritten))).toMatchObject({ status: 409, body: "12\n", fork });
    expect((await witness(await ask(12, 20, rewritten))).status).toBe(422);
    expect((await witness((await ask(12, 12)).replace("old 12", "old 13"))).status).toBe(400);
    expect((await witness(await ask(12, 20))).status).toBe(200);
  });

  test("keeps and publishes of a checkpoint the lines of known keys alone", async () => {
    const witness = aWitness((await testSigner()).vkey, origin);
    const stranger = `— nobody.example ${base64(new Uint8Array(68))}\n`;
    const decision = await witness((await ask(0, 7)) + stranger);
    expect(decision).toMatchObject({ status: 200, signed: await signedAt(entries, 7) });
  });

  test("answers 400 to what is not a request", async () => {
    const witness = aWitness((await testSigner()).vkey, origin);
    const good = await ask(0, 5);
    const tooMany = `old 0\n${`${base64(new Uint8Array(32))}\n`.repeat(64)}${good.slice("old 0\n".length)}`;
    for (const bad of [
      "",
      "old 0\n",
      "old 0\n\n",
      good.replace("old 0", "old -1"),
      good.replace("old 0", "new 0"),
      good.replace("old 0\n", "old 0\nAAAA\n"),
      tooMany,
    ]) {
      expect((await witness(bad)).status).toBe(400);
    }
    expect((await witness(good.slice(0, -1))).status).toBe(403);
    expect((await witness(good)).status).toBe(200);
  });

  test("does not take a proof for a log it has never seen", async () => {
    const witness = aWitness((await testSigner()).vkey, origin);
    const withProof = (await ask(0, 5)).replace("old 0\n", `old 0\n${base64(new Uint8Array(32))}\n`);
    expect((await witness(withProof)).status).toBe(422);
  });
});
