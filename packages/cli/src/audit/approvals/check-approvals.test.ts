import { createHash, generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { describe, expect, test } from "vitest";
import { checkApprovals } from "./check-approvals.ts";
import type { NumberedEntry } from "./entries.ts";

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
    ttl_seconds: 3_600,
    type: "block_ip",
    ...more,
  };
  return JSON.stringify(said);
}

type Details = Readonly<Record<string, unknown>>;
const AT = "2026-02-01T12:01:00.000Z";
type Written = Readonly<{
  type: string;
  at: string;
  actor: Readonly<{ kind: string; id: string; name: string }>;
  object: Readonly<{ kind: string; id: string }>;
  outcome?: string;
  before?: string;
  after?: string;
  details: Details;
}>;
const entry = (type: string, by: string, details: Details): Written => ({
  type,
  at: AT,
  actor: { kind: "person", id: by, name: "(withheld)" },
  object: { kind: "action", id: ACTION },
  details,
});
/** Each entry from where the one before left its action, unless it says itself where from. */
const AFTER: Readonly<Record<string, string>> = {
  "action.created": "draft",
  "action.edited": "draft",
  "action.dry_run": "dry_run_ok",
  "action.submitted": "pending",
  "action.break_glass": "approved",
  "action.rejected": "rejected",
  "action.cancelled": "cancelled",
  "action.expired": "expired",
  "action.reopened": "pending",
  "action.executing": "executing",
  "action.executed": "executed",
};
function chained(log: readonly Written[]): readonly Written[] {
  const states = new Map<string, string>();
  return log.map((one, at) => {
    if (!one.type.startsWith("action.")) return one;
    const before = one.before ?? states.get(one.object.id) ?? "";
    const runsNext = log[at + 1]?.type === "action.executing" && before === "pending";
    const after = one.after ?? (runsNext ? "approved" : (AFTER[one.type] ?? before));
    states.set(one.object.id, after);
    return { ...one, before, after };
  });
}
const about = (id: string, one: Written): Written => ({ ...one, object: { kind: "key", id } });

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
const created = entry("action.created", ana.id, { ...DIGESTS, type: "block_ip", ttl_seconds: 3_600 });
const tried = entry("action.dry_run", ana.id, DIGESTS);
const submitted = entry("action.submitted", ana.id, { ...DIGESTS, decision: "require_approval" });
const ran = entry("action.executing", "system", { ...DIGESTS, target: "203.0.112.0/23" });

const check = (...log: readonly Written[]) =>
  checkApprovals(
    chained(log).map((one, index): NumberedEntry => ({ index, entry: one })),
    ORIGIN,
  );
const codesOf = (...log: readonly Written[]) => check(...log).findings.map(({ code }) => code);
const changed = (one: Written, details: Details): Written => ({ ...one, details: { ...one.details, ...details } });
const begun = [...keys, created, tried, submitted];

describe("a third party who checks decisions by the log alone", () => {
  test("finds nothing where two people signed exactly what ran", () => {
    expect(check(...begun, approval(ben), approval(cleo), ran)).toEqual({
      ok: true,
      signatures: 2,
      findings: [],
      executed: [{ action: ACTION, index: 8, target: "203.0.112.0/23", signers: [ben.id, cleo.id], by: "approvals" }],
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
      expect(codesOf(...begun, first, { ...approval(cleo), after: "approved" }, withdrawn, ran)).toEqual([
        "QUORUM_SHORT",
      ]);
  });

  test("reads hostile entries without breaking", () => {
    const hostile = [null, 7, "x", [], { type: "action.approval_recorded" }, { type: "action.executing", details: [] }];
    const { ok, findings } = checkApprovals(hostile.map((one, index) => ({ index, entry: one })));
    expect([ok, findings.map(({ code }) => code)]).toEqual([
      false,
      ["OUT_OF_ORDER", "UNSIGNED", "OUT_OF_ORDER", "HISTORY_MISSING"],
    ]);
  });
});

describe("a log by somebody who holds the server but nobody's key", () => {
  const [first, second] = [approval(ben), approval(cleo)];
  const glass = (more: object = {}) => ({
    ...entry("action.break_glass", ben.id, {
      ...signedDetails(ben, statementOf(ben, { statement: "break_glass", nonce: "glass", ...more })),
      deadline_at: "2026-02-01T12:16:00.000Z",
    }),
  });
  const revision2 = { ...DIGESTS, revision: 2, request_digest: "s".repeat(64), target: "8.0.0.0/8" };
  const ranOther = entry("action.executing", "system", revision2);
  const without = (type: string) => begun.filter((one) => one.type !== type);
  const rejected = entry("action.rejected", cleo.id, signedDetails(cleo, statementOf(cleo, { statement: "reject" })));
  const allowed = changed(submitted, { decision: "allow" });
  const done = (ends: string) => entry("action.executed", "system", { ...DIGESTS, effect_ends_at: ends });
  const asked = { decision: "require_approval", requirements: [{ approvals: 2, roles: ["approver"] }] };
  const one = { requirements: [] };

  const forged: readonly (readonly [string, string, readonly Written[]])[] = [
    [
      "another revision after the glass was broken",
      "QUORUM_SHORT",
      [
        ...begun,
        glass(),
        entry("action.edited", ana.id, revision2),
        tried,
        submitted,
        { ...ranOther, before: "approved" },
      ],
    ],
    ["something else than the glass was broken for", "OTHER_DIGEST", [...begun, glass(), ranOther]],
    [
      "a glass broken an hour before",
      "LATE",
      [...begun, glass({ deadline_at: null }), { ...ran, at: "2026-02-01T13:00:00.000Z" }],
    ],
    ["what was rejected", "OUT_OF_ORDER", [...begun, first, second, rejected, ran]],
    ["what was cancelled", "OUT_OF_ORDER", [...begun, first, second, entry("action.cancelled", ana.id, DIGESTS), ran]],
    ["what had expired", "OUT_OF_ORDER", [...begun, first, second, entry("action.expired", "system", DIGESTS), ran]],
    [
      "a rejection that is passed over",
      "OUT_OF_ORDER",
      [...begun, first, second, rejected, { ...ran, before: "approved" }],
    ],
    ["what ran already", "RAN_TWICE", [...begun, first, second, ran, ran]],
    ["what ran after its deadline", "LATE", [...begun, first, second, { ...ran, at: "2026-02-05T12:00:00.000Z" }]],
    ["what nobody asked for", "HISTORY_MISSING", [ran]],
    ["what nobody is known to have asked for", "HISTORY_MISSING", [...without("action.created"), first, second, ran]],
    ["what was not submitted", "OUT_OF_ORDER", [...without("action.submitted"), first, second, ran]],
    ["an effect without an execution", "NO_ACTION", [...begun, first, second, done("2026-02-01T12:30:00.000Z")]],
    [
      "a block by an action that did not run",
      "NO_ACTION",
      [...begun, first, second, about("blk_1", entry("block.created", "system", { action_id: ACTION }))],
    ],
    ["an effect that lasts longer", "LASTS_LONGER", [...begun, first, second, ran, done("2027-02-01T12:00:00.000Z")]],
    ["an effect without an end", "LASTS_LONGER", [...begun, first, second, ran, done("")]],
    [
      "another duration than was signed",
      "STATEMENT_ALTERED",
      [...keys, changed(created, { ttl_seconds: 31_536_000 }), tried, submitted, first, second, ran],
    ],
    [
      "another kind of action than was signed",
      "STATEMENT_ALTERED",
      [...keys, changed(created, { type: "set_mode" }), tried, submitted, first, second, ran],
    ],
    [
      "one key under two names",
      "KEY_SHARED",
      [
        ...keys.slice(0, 2),
        registered({ ...cleo, publicKey: ben.publicKey }),
        ...begun.slice(3),
        first,
        approval({ ...cleo, key: ben.key, publicKey: ben.publicKey }),
        ran,
      ],
    ],
    [
      "a program among the signers",
      "NOT_A_PERSON",
      [...begun, first, { ...second, actor: { ...second.actor, kind: "automation" } }, ran],
    ],
    ["a refused approval", "QUORUM_SHORT", [...begun, first, { ...second, outcome: "refused" }, ran]],
    [
      "statements that ask for nobody else",
      "QUORUM_SHORT",
      [...without("action.submitted"), changed(submitted, asked), approval(ben, one), ran],
    ],
    [
      "a statement without a deadline",
      "STATEMENT_ALTERED",
      [...begun, first, approval(cleo, { deadline_at: null }), ran],
    ],
    ["a statement without an end", "STATEMENT_ALTERED", [...begun, first, approval(cleo, { expires_at: null }), ran]],
    [
      "the key of a closed account",
      "KEY_ENDED",
      [
        ...begun,
        { ...about(ben.id, entry("user.changed", "usr_admin", {})), after: "disabled: approver" },
        first,
        second,
        ran,
      ],
    ],
    [
      "a key from before a reset",
      "KEY_ENDED",
      [...begun, about(ben.id, entry("user.sign_in_reset", "usr_admin", {})), first, second, ran],
    ],
    [
      "what policy asked people for when it came back",
      "QUORUM_SHORT",
      [
        ...without("action.submitted"),
        { ...allowed, after: "approved" },
        { ...entry("action.reopened", "system", { ...DIGESTS, ...asked }), after: "pending" },
        { ...ran, before: "approved" },
      ],
    ],
    [
      "a review by whoever broke the glass",
      "REVIEW_BY_USER",
      [
        ...begun,
        glass(),
        ran,
        about("brg_1", entry("break_glass.reviewed", ben.id, { action_id: ACTION, used_by: ben.id })),
      ],
    ],
  ];
  test.each(forged)("is told of %s by name: %s", (_what, code, log) => {
    expect(codesOf(...log)).toContain(code);
  });

  test("says of a broken glass whether somebody else looked at it since", () => {
    const review = about("brg_1", entry("break_glass.reviewed", cleo.id, { action_id: ACTION, used_by: ben.id }));
    const reports = [check(...begun, glass(), ran), check(...begun, glass(), ran, review)];
    expect(
      reports.map(({ ok, executed }) => [ok, executed[0]?.by, executed[0]?.signers, executed[0]?.reviewed]),
    ).toEqual([
      [true, "break_glass", [ben.id], false],
      [true, "break_glass", [ben.id], true],
    ]);
  });

  describe("where one person works alone", () => {
    const on = { ...about("single_person", entry("single_person.changed", ana.id, {})), after: "on" };
    const off = { ...on, after: "off" };
    const gate = { requirements: [{ approvals: 1, roles: ["approver"] }] };
    const own = changed(approval(ana, gate), { not_before: "2026-02-01T12:16:00.000Z" });
    const later = { ...ran, at: "2026-02-01T12:20:00.000Z" };

    test("counts their own approval once its delay is over, and says that it is", () => {
      expect(check(on, ...begun, own, later)).toMatchObject({ ok: true, executed: [{ by: "own", signers: [ana.id] }] });
    });

    test("not before, not where it was not said or is over, and never for two", () => {
      expect(codesOf(on, ...begun, own, ran)).toEqual(["OTHER_DIGEST"]);
      expect(codesOf(...begun, own, later)).toContain("BY_REQUESTER");
      expect(codesOf(on, off, ...begun, own, later)).toContain("BY_REQUESTER");
      expect(codesOf(on, ...begun, { ...own, after: "approved" }, off, later)).toEqual(["OTHER_DIGEST"]);
      const two = changed(approval(ana), { not_before: "2026-02-01T12:16:00.000Z" });
      expect(codesOf(on, ...begun, two, later)).toEqual(["QUORUM_SHORT"]);
    });
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

describe("an approval in somebody's place", () => {
  const lent = (from: Person, to: Person, more: Details = {}): Written => ({
    ...entry("delegation.created", from.id, {
      from: from.id,
      to: to.id,
      ends_at: "2026-02-01T13:00:00.000Z",
      roles: ["approver"],
      ...more,
    }),
    object: { kind: "delegation", id: `dlg_${from.id}` },
  });
  const over = (from: Person): Written => ({
    ...entry("delegation.ended", from.id, {}),
    object: { kind: "delegation", id: `dlg_${from.id}` },
  });
  const inPlace = (by: Person, from: Person, nonce = `for ${from.id}`): Written => {
    const id = `dlg_${from.id}`;
    const place = { delegation: id, of: from.id, roles: ["approver"] };
    const signed = statementOf(by, { nonce, signer_roles: ["viewer"], on_behalf_of: place });
    const text = JSON.stringify(
      Object.fromEntries(Object.entries(JSON.parse(signed) as object).toSorted(([a], [b]) => (a < b ? -1 : 1))),
    );
    return entry("action.approval_recorded", by.id, {
      ...signedDetails(by, text),
      delegation: id,
      on_behalf_of: from.id,
    });
  };
  const [dora, emil] = [person("dora"), person("emil")];
  const start = [...keys, registered(dora), registered(emil), lent(ben, dora), lent(cleo, dora), ...begun.slice(3)];

  test("counts with the roles of whoever handed theirs over, and as whoever signed", () => {
    const { ok, executed } = check(...start, inPlace(dora, ben), approval(cleo), ran);
    expect([ok, executed.map(({ signers }) => signers)]).toEqual([true, [[cleo.id, dora.id]]]);
  });

  test.each<readonly [string, readonly Written[], string]>([
    ["nobody handed it over", [inPlace(dora, emil), approval(cleo)], "DELEGATION_UNKNOWN"],
    ["it was handed to somebody else", [inPlace(emil, ben), approval(cleo)], "DELEGATION_UNKNOWN"],
    ["it was ended before", [over(ben), inPlace(dora, ben), approval(cleo)], "DELEGATION_UNKNOWN"],
    ["it was ended before it ran", [inPlace(dora, ben), approval(cleo), over(ben)], "QUORUM_SHORT"],
    ["its time was over", [{ ...inPlace(dora, ben), at: "2026-02-01T13:00:00.000Z" }], "DELEGATION_UNKNOWN"],
    ["one stands in for two", [inPlace(dora, ben), inPlace(dora, cleo)], "QUORUM_SHORT"],
    ["whoever they stand in for signed too", [inPlace(dora, ben), approval(ben)], "QUORUM_SHORT"],
    [
      "the entry does not say so",
      [changed(inPlace(dora, ben), { delegation: null }), approval(cleo)],
      "STATEMENT_ALTERED",
    ],
  ])("does not where %s", (_why, decided, code) => {
    expect(codesOf(...start, ...decided, ran)).toContain(code);
  });

  test("never where whoever handed it over asked for the action", () => {
    const byAna = [...start.slice(0, 5), lent(ana, dora), ...start.slice(5)];
    expect(codesOf(...byAna, inPlace(dora, ana), approval(cleo), ran)).toEqual(
      expect.arrayContaining(["BY_REQUESTER", "QUORUM_SHORT"]),
    );
  });

  test("nor where somebody else handed over what is not theirs", () => {
    const forged = { ...lent(ben, dora), actor: { kind: "person", id: emil.id, name: "(withheld)" } };
    const log = [...keys, registered(dora), forged, ...begun.slice(3), inPlace(dora, ben), approval(cleo), ran];
    expect(codesOf(...log)).toContain("DELEGATION_UNKNOWN");
  });
});
