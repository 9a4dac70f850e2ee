import { describe, expect, test } from "vitest";
import { generateSigningKey, type KeySigner, openCosigningKey } from "./note-key.ts";
import { addSignatures } from "./signed-note.ts";
import { exported, origin, sampleEntries, signedAt, testSigner, verified } from "./testing/sample-export.ts";
import { codeOf, readVector, value } from "./testing/vectors.ts";
import { openByPolicy, parseTlogPolicy } from "./tlog-policy.ts";

type Policies = {
  accept: { policy: string; threshold: number; members: number }[];
  reject: { policy: string; why: string }[];
  quorumNone: string;
};
const vectors = readVector<Policies>("tlog/tlog-policy");
const entries = sampleEntries(3);

async function makeWitness(name: string): Promise<KeySigner> {
  return value(await openCosigningKey((await generateSigningKey(name, "cosignature")).skey, () => 1_795_311_352));
}

describe("policy files", () => {
  test.each(vectors.accept)("a quorum of $threshold of $members is read", ({ policy, threshold, members }) => {
    const { groups, quorum = "" } = value(parseTlogPolicy(policy));
    expect([groups.get(quorum)?.threshold, groups.get(quorum)?.members.length]).toEqual([threshold, members]);
  });

  test.each(vectors.reject)("a file is refused: $why", ({ policy }) => {
    expect(codeOf(parseTlogPolicy(policy))).toBe("LEDGER_POLICY_MALFORMED");
  });

  test("no quorum is a choice that has to be written down", () => {
    expect(value(parseTlogPolicy(vectors.quorumNone)).quorum).toBeUndefined();
    expect(codeOf(parseTlogPolicy(""))).toBe("LEDGER_POLICY_MALFORMED");
  });

  test.each([
    "constructor x\nquorum none\n",
    "quorum none\nquorum none\n",
    "log x\nquorum none\n",
    "quorum none extra\n",
    "group g 1\nquorum none\n",
  ])("%j is refused", (policy) => {
    expect(codeOf(parseTlogPolicy(policy))).toBe("LEDGER_POLICY_MALFORMED");
  });

  test("one key under two names does not make two witnesses", async () => {
    const { vkey } = await makeWitness("w.example");
    const policy = `witness a ${vkey}\nwitness b ${vkey}\ngroup both all a b\nquorum both\n`;
    expect(codeOf(parseTlogPolicy(policy))).toBe("LEDGER_POLICY_MALFORMED");
  });
});

describe("a checkpoint under a policy", () => {
  test("is accepted exactly when the log signed it and enough witnesses did", async () => {
    const witnesses = await Promise.all(["w1.example", "w2.example", "w3.example"].map(makeWitness));
    const lines = witnesses.map(({ vkey }, at) => `witness w${at} ${vkey}\n`).join("");
    const { vkey } = await testSigner();
    const policy = value(
      parseTlogPolicy(
        `log ${vkey}\n${lines}group outside any w1 w2\ngroup all all w0 outside\n`.replace(
          "group all all",
          "group every all",
        ) + "quorum every\n",
      ),
    );
    const signed = await signedAt(entries);
    const verdicts: Record<string, string> = {};
    for (const present of [[], [0], [1, 2], [0, 1], [0, 2], [0, 1, 2]]) {
      const note = value(
        await addSignatures(
          signed,
          witnesses.filter((_, at) => present.includes(at)),
        ),
      );
      verdicts[present.join("+")] = codeOf(await openByPolicy(note, policy, origin));
    }
    const missed = "LEDGER_QUORUM_MISSED";
    expect(verdicts).toEqual({
      "": missed,
      "0": missed,
      "1+2": missed,
      "0+1": "accepted",
      "0+2": "accepted",
      "0+1+2": "accepted",
    });
  });

  test("tells when each witness saw it; witnesses without the log do not suffice", async () => {
    const witness = await makeWitness("w.example");
    const { vkey } = await testSigner();
    const policy = value(parseTlogPolicy(`log ${vkey}\nwitness w ${witness.vkey}\nquorum w\n`));
    const note = value(await addSignatures(await signedAt(entries), [witness]));
    expect(value(await openByPolicy(note, policy)).cosignatures).toEqual([{ witness: "w", time: 1_795_311_352 }]);
    const logLine = note.split("\n").findIndex((line) => line.startsWith("— log.example"));
    const unsigned = note.split("\n").toSpliced(logLine, 1).join("\n");
    expect(codeOf(await openByPolicy(unsigned, policy))).toBe("LEDGER_NOTE_UNTRUSTED");
  });

  test("can be demanded of an export", async () => {
    const witness = await makeWitness("w.example");
    const { vkey } = await testSigner();
    const policy = `log ${vkey}\nwitness w ${witness.vkey}\nquorum w\n`;
    const files = await exported(entries);
    const missed = await verified(files, { trustedKeys: [], policy });
    expect([missed.ok, missed.problems.map(({ code }) => code)]).toEqual([false, ["LEDGER_QUORUM_MISSED"]]);
    const cosigned = await exported(entries, {
      checkpoint: value(await addSignatures(await signedAt(entries), [witness])),
    });
    const report = await verified(cosigned, { trustedKeys: [], policy });
    expect(report.ok).toBe(true);
    expect(report.signedBy).toHaveLength(2);
    expect((await verified(cosigned, { policy: "quorum nobody\n" })).problems[0]?.code).toBe("LEDGER_POLICY_MALFORMED");
  });
});
