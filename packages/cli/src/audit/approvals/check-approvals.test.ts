import { createHash, generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { describe, expect, test } from "vitest";
import { checkApprovals, type NumberedEntry } from "./check-approvals.ts";

const b64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64url");
const sha256 = (data: string | Uint8Array): Buffer => createHash("sha256").update(data).digest();
const ORIGIN = "tyr.example/log";
const ACTION = "act_1";
const DIGESTS = { revision: 1, request_digest: "r".repeat(64), dry_run_digest: "d".repeat(64) };

type Person = Readonly<{ id: string; keyId: string; key: KeyObject; publicKey: string }>;
function person(name: string): Person {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const spki = b64(publicKey.export({ format: "der", type: "spki" }));
  return { id: `usr_${name}`, keyId: `apk_${name}`, key: privateKey, publicKey: spki };
}
const [ana, ben, cleo] = [person("ana"), person("ben"), person("cleo")];

/** Alphabetical, as canonical JSON is; `more` replaces members. */
function statementOf(by: Person, more: object = {}): string {
  const said = {
    action_id: ACTION,
    deadline_at: "2026-02-01T16:00:00.000Z",
    dry_run_digest: DIGESTS.dry_run_digest,
    expires_at: "2026-02-01T12:05:00.000Z",
    installation: ORIGIN,
    nonce: `once ${by.id}`,
    request_digest: DIGESTS.request_digest,
    requirements: [{ approvals: 2, policyId: "wide", roles: ["approver"] }],
    revision: 1,
    signer: by.id,
    signer_roles: ["approver"],
    statement: "approve",
    target: "203.0.112.0/23",
    ...more,
  };
  return JSON.stringify(said);
}

type Details = Readonly<Record<string, unknown>>;
const AT = "2026-02-01T12:01:00.000Z";
const entry = (type: string, by: string, details: Details) => ({
  type,
  at: AT,
  actor: { kind: "person", id: by, name: "(withheld)" },
  object: { kind: "action", id: ACTION },
  details,
});
const about = (id: string, one: ReturnType<typeof entry>) => ({ ...one, object: { kind: "key", id } });

function signedDetails(by: Person, statement: string): Details {
  return {
    ...DIGESTS,
    target: "203.0.112.0/23",
    statement,
    statement_digest: sha256(statement).toString("hex"),
    signature_kind: "ed25519",
    key_id: by.keyId,
    public_key: by.publicKey,
    signature: b64(sign(null, Buffer.from(`tyr-approval-v1\n${statement}`), by.key)),
  };
}
const approval = (by: Person, more: object = {}) =>
  entry("action.approval_recorded", by.id, signedDetails(by, statementOf(by, more)));
const registered = ({ id, keyId, publicKey }: Person) =>
  about(keyId, entry("approval_key.added", id, { publicKey, expiresAt: "2027-01-01T00:00:00.000Z" }));
const keys = [ana, ben, cleo].map(registered);
const created = entry("action.created", ana.id, DIGESTS);
const submitted = entry("action.submitted", ana.id, { ...DIGESTS, decision: "require_approval" });
const ran = entry("action.executing", "system", { ...DIGESTS, target: "203.0.112.0/23" });

type Written = ReturnType<typeof entry>;
const check = (...log: readonly Written[]) =>
  checkApprovals(
    log.map((one, index): NumberedEntry => ({ index, entry: one })),
    ORIGIN,
  );
const codesOf = (...log: readonly Written[]) => check(...log).findings.map(({ code }) => code);
const changed = (one: Written, details: Details): Written => ({ ...one, details: { ...one.details, ...details } });
const begun = [...keys, created, submitted];

describe("a third party who checks decisions by the log alone", () => {
  test("finds nothing where two people signed exactly what ran", () => {
    expect(check(...begun, approval(ben), approval(cleo), ran)).toEqual({
      ok: true,
      signatures: 2,
      findings: [],
      executed: [{ action: ACTION, index: 7, target: "203.0.112.0/23", signers: [ben.id, cleo.id], by: "approvals" }],
    });
  });

  const first = approval(ben);
  const text = String(first.details["statement"]);
  const altered = text.replace("203.0.112.0/23", "203.0.113.0/24");
  const tampered: readonly (readonly [string, string, readonly Written[]])[] = [
    [
      "one byte of a statement",
      "STATEMENT_ALTERED",
      [...begun, changed(first, { statement: altered }), approval(cleo), ran],
    ],
    [
      "a statement with its digest and the entry's target made to fit",
      "SIGNATURE_WRONG",
      [
        ...begun,
        changed(first, {
          statement: altered,
          statement_digest: sha256(altered).toString("hex"),
          target: "203.0.113.0/24",
        }),
        approval(cleo),
        ran,
      ],
    ],
    [
      "a signature",
      "SIGNATURE_WRONG",
      [...begun, changed(first, { signature: b64(Buffer.alloc(64)) }), approval(cleo), ran],
    ],
    [
      "a key swapped for another, which signed",
      "KEY_UNKNOWN",
      [...begun, changed(approval({ ...ben, key: cleo.key, publicKey: cleo.publicKey }), {}), approval(cleo), ran],
    ],
    ["a key nobody registered", "KEY_UNKNOWN", [...begun.slice(1), approval(person("ana")), approval(cleo), ran]],
    [
      "a key that ended before",
      "KEY_ENDED",
      [...begun, about(ben.keyId, entry("approval_key.revoked", ben.id, {})), first, approval(cleo), ran],
    ],
    ["the requester among the signers", "BY_REQUESTER", [...begun, first, approval(cleo), approval(ana), ran]],
    [
      "an editor among the signers",
      "BY_REQUESTER",
      [...begun, entry("action.edited", ben.id, DIGESTS), first, approval(cleo), ran],
    ],
    ["a quorum that is short", "QUORUM_SHORT", [...begun, first, ran]],
    ["one person twice instead of two", "QUORUM_SHORT", [...begun, first, approval(ben, { nonce: "another" }), ran]],
    [
      "signers without the role that was asked for",
      "QUORUM_SHORT",
      [...begun, first, approval(cleo, { signer_roles: ["viewer"] }), ran],
    ],
    ["an execution nobody approved", "QUORUM_SHORT", [...begun, ran]],
    ["an approval after the execution", "AFTER_EXECUTION", [...begun, first, approval(cleo), ran, approval(ana)]],
    ["a signed statement that is there twice", "REPLAYED", [...begun, first, approval(cleo), first, ran]],
    [
      "an approval of another action",
      "STATEMENT_ALTERED",
      [...begun, { ...first, object: { kind: "action", id: "act_2" } }, approval(cleo), ran],
    ],
    [
      "an approval recorded when its statement was over",
      "LATE",
      [...begun, { ...first, at: "2026-02-01T12:06:00.000Z" }, approval(cleo), ran],
    ],
    [
      "an approval of another installation",
      "STATEMENT_ALTERED",
      [...begun, approval(ben, { installation: "tyr.example/other" }), approval(cleo), ran],
    ],
    ["an approval nobody signed", "UNSIGNED", [...begun, entry("action.approval_recorded", ben.id, DIGESTS), ran]],
    [
      "something else that ran",
      "OTHER_DIGEST",
      [...begun, first, approval(cleo), changed(ran, { request_digest: "x".repeat(64) })],
    ],
    [
      "a statement in another spelling",
      "STATEMENT_ALTERED",
      [
        ...begun,
        entry("action.approval_recorded", ben.id, signedDetails(ben, text.replace('{"action_id"', '{ "action_id"'))),
        approval(cleo),
        ran,
      ],
    ],
  ];
  test.each(tampered)("is told of %s by name: %s", (_what, code, log) => {
    expect(codesOf(...log)).toContain(code);
  });

  test("sees an approval that was taken back as none, also when somebody else ended it", () => {
    const back = entry(
      "action.approval_withdrawn",
      ben.id,
      signedDetails(ben, statementOf(ben, { statement: "withdraw", nonce: "back" })),
    );
    const ended = entry("action.approval_withdrawn", "usr_admin", { ...DIGESTS, approved_by: ben.id });
    for (const withdrawn of [back, ended])
      expect(codesOf(...begun, first, approval(cleo), withdrawn, ran)).toEqual(["QUORUM_SHORT"]);
  });

  test("reads hostile entries without breaking", () => {
    const hostile = [null, 7, "x", [], { type: "action.approval_recorded" }, { type: "action.executing", details: [] }];
    const { ok, findings } = checkApprovals(hostile.map((one, index) => ({ index, entry: one })));
    expect([ok, findings.map(({ code }) => code)]).toEqual([false, ["UNSIGNED"]]);
  });
});

/** An authenticator's ES256 key and answer, by WebAuthn Level 3. */
function passkey(keyId: string) {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const { x = "", y = "" } = publicKey.export({ format: "jwk" });
  const coordinate = (label: number, value: string) =>
    Buffer.concat([Buffer.from([label, 0x58, 32]), Buffer.from(value, "base64url")]);
  const cose = Buffer.concat([Buffer.from([0xa5, 1, 2, 3, 0x26, 0x20, 1]), coordinate(0x21, x), coordinate(0x22, y)]);
  const answer = (
    statement: string,
    { flags = 5, origin = "https://tyr.example", type = "webauthn.get" } = {},
  ): Details => {
    const data = Buffer.concat([sha256("tyr.example"), Buffer.from([flags, 0, 0, 0, 1])]);
    const client = Buffer.from(JSON.stringify({ type, challenge: b64(sha256(statement)), origin }));
    const signature = sign("sha256", Buffer.concat([data, sha256(client)]), privateKey);
    return {
      signature_kind: "passkey",
      key_id: keyId,
      public_key: b64(cose),
      signature: b64(signature),
      authenticator_data: b64(data),
      client_data: b64(client),
    };
  };
  return { cose, answer };
}

describe("a decision signed with a passkey", () => {
  const { cose, answer } = passkey("psk_ben");
  const added = about("psk_ben", entry("passkey.added", ben.id, { publicKey: b64(cose) }));
  const by = (details: Details) => changed(approval(ben), details);
  const text = statementOf(ben);

  test("holds by the public key of the log", () => {
    expect(codesOf(...begun, added, by(answer(text)), approval(cleo), ran)).toEqual([]);
  });

  test.each([
    ["nobody was verified", answer(text, { flags: 1 })],
    ["it was for another site", answer(text, { origin: "https://evil.example" })],
    ["it was for a registration", answer(text, { type: "webauthn.create" })],
    ["it was for another text", answer(`${text} `)],
    ["its key is cut short", { ...answer(text), public_key: b64(cose.subarray(0, 40)) }],
    [
      "its counter was changed",
      {
        ...answer(text),
        authenticator_data: b64(Buffer.concat([sha256("tyr.example"), Buffer.from([5, 0, 0, 0, 9])])),
      },
    ],
  ])("does not hold when %s", (_why, details) => {
    expect(codesOf(...begun, added, by(details), approval(cleo), ran)).toContain("SIGNATURE_WRONG");
  });
});
