import { generateKeyPairSync, sign } from "node:crypto";
import { describe, expect, test } from "vitest";
import { checkApprovals } from "./check-approvals.ts";
import {
  about,
  ACTION,
  account,
  ana,
  approval,
  b64,
  begun,
  ben,
  changed,
  check,
  cleo,
  codesOf,
  created,
  DIGESTS,
  entry,
  inPlace,
  keys,
  lent,
  lentBack,
  person,
  ran,
  registered,
  sha256,
  signedDetails,
  statementOf,
  submitted,
  TARGET,
  tried,
  type Details,
  type Written,
} from "./testing/written-log.ts";

describe("a third party who checks decisions by the log alone", () => {
  test("finds nothing where two people signed exactly what ran", () => {
    expect(check(...begun, approval(ben), approval(cleo), ran)).toEqual({
      ok: true,
      signatures: 2,
      keys: [ben, cleo].map(({ id, keyId, publicKey }, at) => ({
        key: keyId,
        owner: id,
        index: at + 1,
        fingerprint: sha256(Buffer.from(publicKey, "base64url")).toString("hex"),
      })),
      findings: [],
      executed: [
        { action: ACTION, index: 8, type: "block_ip", target: TARGET, signers: [ben.id, cleo.id], by: "approvals" },
      ],
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
      [...begun, { ...first, at: "2026-02-01T12:06:01.000Z" }, approval(cleo), ran],
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
      ["BACKDATED", "OUT_OF_ORDER", "UNSIGNED", "BACKDATED", "OUT_OF_ORDER", "HISTORY_MISSING"],
    ]);
  });
});

describe("a log by somebody who holds the server but nobody's key", () => {
  const [first, second] = [approval(ben), approval(cleo)];
  const glass = (more: object = {}) => ({
    ...entry("action.break_glass", ben.id, {
      ...signedDetails(ben, statementOf(ben, { statement: "break_glass", nonce: "glass", ...more })),
      break_glass: "brg_1",
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

  const approvedBoth = [...begun, first, { ...second, after: "approved" }];
  const revoked = about(ben.keyId, entry("approval_key.revoked", ben.id, {}));
  const later = (one: Written): Written => ({ ...one, at: "2026-03-01T12:00:00.000Z" });
  const block = (details: Details, type = "block.created") => about("blk_1", entry(type, "system", details));
  const made = { action_id: ACTION, value: TARGET, expires_at: "2026-02-01T13:01:00.000Z" };
  const activation = (id: string, details: Details) => ({
    ...about(id, entry("policy.activated", "system", details)),
    after: id,
  });
  const mode = (after: string, details: Details) => ({
    ...about("mode", entry("mode.changed", "system", { until: null, ...details })),
    after,
  });
  const other = (type: string, target: string, more: Details = {}): readonly Written[] => {
    const asked = { ...DIGESTS, target, type, ttl_seconds: null, ...more };
    const begins = [created, tried, submitted, ran].map((one) => changed(one, { target }));
    const [made2, tried2, submitted2, ran2] = begins;
    if (made2 === undefined || tried2 === undefined || submitted2 === undefined || ran2 === undefined) return [];
    const allows = { ...changed(submitted2, { decision: "allow" }), after: "approved" };
    return [changed(made2, asked), tried2, allows, { ...ran2, before: "approved" }].map((one) => ({
      ...one,
      object: { kind: "action", id: "act_2" },
    }));
  };
  const by2 = { action_id: "act_2" };

  const AT_EIGHT = "2026-02-01T08:00:00.000Z";
  const alsoForged: readonly (readonly [string, string, readonly Written[]])[] = [
    ["a key revoked before it ran, whose approval nobody took back", "QUORUM_SHORT", [...approvedBoth, revoked, ran]],
    [
      "a passkey or key suspected before it ran",
      "QUORUM_SHORT",
      [
        ...approvedBoth,
        { ...about(ben.id, entry("passkey.suspected", "system", { passkey: ben.keyId })), outcome: "refused" },
        ran,
      ],
    ],
    ["an account closed before it ran", "QUORUM_SHORT", [...approvedBoth, account(ben, "disabled: approver"), ran]],
    ["a role taken away before it ran", "QUORUM_SHORT", [...approvedBoth, account(ben, "active: viewer"), ran]],
    [
      "a role the log never gave",
      "QUORUM_SHORT",
      [
        { ...about(ben.id, entry("user.created", "usr_admin", { roles: ["viewer"] })), after: "active" },
        ...approvedBoth,
        ran,
      ],
    ],
    [
      "a personal key of an account that was closed and opened again",
      "KEY_ENDED",
      [...begun, account(ben, "disabled: approver"), account(ben, "active: approver"), first, second, ran],
    ],
    ["an execution dated back", "BACKDATED", [...approvedBoth, later(registered(person("zed"))), ran]],
    [
      "an approval dated back to when its key was good",
      "BACKDATED",
      [
        changed(registered(ben), { expiresAt: "2026-02-15T00:00:00.000Z" }),
        ...begun.slice(2),
        later(account(cleo, "active: approver")),
        first,
        second,
        ran,
      ],
    ],
    [
      "a second approval by somebody who has approved already",
      "OUT_OF_ORDER",
      [...begun, first, approval(ben, { nonce: "again" }), second, ran],
    ],
    [
      "an approval taken back that was never given",
      "OUT_OF_ORDER",
      [
        ...begun,
        entry("action.approval_withdrawn", "usr_admin", { ...DIGESTS, approved_by: ben.id }),
        first,
        second,
        ran,
      ],
    ],
    [
      "another target than was asked for",
      "OUT_OF_ORDER",
      [...begun, first, second, changed(ran, { target: "8.0.0.0/8" })],
    ],
    ["an edit that is not there", "OUT_OF_ORDER", [...begun, first, second, changed(ran, { revision: 2 })]],
    [
      "what policy did not let run without people",
      "OUT_OF_ORDER",
      [...without("action.submitted"), { ...submitted, after: "approved" }, { ...ran, before: "approved" }],
    ],
    [
      "what another submitted and approved",
      "BY_REQUESTER",
      [
        ...without("action.submitted"),
        { ...submitted, actor: { kind: "person", id: ben.id, name: "" } },
        first,
        second,
        ran,
      ],
    ],
    [
      "a glass whose quarter of an hour was over, before the deadline of the request",
      "LATE",
      [...begun, glass(), { ...ran, at: "2026-02-01T15:00:00.000Z" }],
    ],
    [
      "a glass for a year",
      "LASTS_LONGER",
      [
        ...keys,
        changed(created, { ttl_seconds: 31_536_000 }),
        tried,
        submitted,
        glass({ ttl_seconds: 31_536_000 }),
        ran,
      ],
    ],
    ["an approval after its deadline", "LATE", [...begun, approval(ben, { deadline_at: AT_EIGHT }), second, ran]],
    ["a glass by a key that ended since", "QUORUM_SHORT", [...begun, glass(), revoked, ran]],
    [
      "a second glass by one person before anybody looked at the first",
      "REVIEW_OWED",
      [
        ...begun,
        glass(),
        ran,
        {
          ...changed(glass({ action_id: "act_2" }), { break_glass: "brg_2" }),
          object: { kind: "action", id: "act_2" },
        },
      ],
    ],
    [
      "a review of what nobody broke",
      "NO_ACTION",
      [...begun, about("brg_9", entry("break_glass.reviewed", cleo.id, { action_id: ACTION, used_by: ben.id }))],
    ],
    ["a block without an action", "NO_ACTION", [block({ value: "8.0.0.0/8" })]],
    ["a block of something else", "NO_ACTION", [...approvedBoth, ran, block({ ...made, value: "8.0.0.0/8" })]],
    [
      "a block for longer",
      "LASTS_LONGER",
      [...approvedBoth, ran, block({ ...made, expires_at: "2036-01-01T00:00:00.000Z" })],
    ],
    ["two blocks by one action", "NO_ACTION", [...approvedBoth, ran, block(made), block(made)]],
    [
      "a block by an action that ran long ago",
      "NO_ACTION",
      [...approvedBoth, ran, done("2026-02-01T13:01:00.000Z"), block(made)],
    ],
    [
      "a block that goes on for another action that does not hold it",
      "NO_ACTION",
      [...approvedBoth, ran, block({ ...made, held_by: "act_9" }, "block.extended")],
    ],
    [
      "a block by an action that changes the mode",
      "NO_ACTION",
      [...other("set_mode", "normal"), block({ ...made, ...by2 })],
    ],
    [
      "a bundle by an action that blocks",
      "NO_ACTION",
      [...approvedBoth, ran, activation("q".repeat(64), { action_id: ACTION })],
    ],
    [
      "another bundle than was asked for",
      "NO_ACTION",
      [...other("update_policy", "p".repeat(64)), activation("q".repeat(64), by2)],
    ],
    [
      "a bundle by nobody, once bundles are published",
      "NO_ACTION",
      [...other("update_policy", "p".repeat(64)), activation("p".repeat(64), by2), activation("q".repeat(64), {})],
    ],
    ["a lower mode than was asked for", "NO_ACTION", [...other("set_mode", "elevated"), mode("normal", by2)]],
    [
      "a mode for longer than was asked for",
      "LASTS_LONGER",
      [
        ...other("set_mode", "elevated", { ttl_seconds: 3_600 }),
        mode("elevated", { ...by2, until: "2027-01-01T00:00:00.000Z" }),
      ],
    ],
    ["a mode by an action that did not run", "NO_ACTION", [mode("normal", by2)]],
  ];
  test.each(alsoForged)("is told of %s", (_what, code, log) => {
    expect(codesOf(...log)).toContain(code);
  });

  const legitimate: readonly (readonly [string, readonly Written[]])[] = [
    ["a block that ends when it was signed to", [...approvedBoth, ran, block(made), done("2026-02-01T13:01:00.000Z")]],
    [
      "normal mode, which has no end whatever duration was asked for",
      [
        ...other("set_mode", "normal", { ttl_seconds: 3_600 }),
        mode("normal", by2),
        {
          ...done(""),
          object: { kind: "action", id: "act_2" },
          details: { ...DIGESTS, target: "normal", effect_ends_at: null },
        },
      ],
    ],
    [
      "a bundle that was asked for, after those of the folder",
      [activation("f".repeat(64), {}), ...other("update_policy", "p".repeat(64)), activation("p".repeat(64), by2)],
    ],
    [
      "a no and an approval taken back after the deadline, before anybody closed it",
      [
        ...begun,
        first,
        entry(
          "action.approval_withdrawn",
          ben.id,
          signedDetails(ben, statementOf(ben, { statement: "withdraw", nonce: "back", deadline_at: AT_EIGHT })),
        ),
        entry(
          "action.rejected",
          cleo.id,
          signedDetails(cleo, statementOf(cleo, { statement: "reject", deadline_at: AT_EIGHT })),
        ),
      ],
    ],
    ["a mode that changes by itself", [mode("elevated", {}), mode("normal", {})]],
    [
      "the clock of another server, half a minute behind",
      [...approvedBoth, { ...ran, at: "2026-02-01T12:00:30.000Z" }],
    ],
    [
      "a key registered after its account was opened again",
      [account(ben, "disabled: approver"), account(ben, "active: approver, viewer"), ...begun, first, second, ran],
    ],
  ];
  test.each(legitimate)("finds nothing wrong with %s", (_what, log) => {
    expect(codesOf(...log)).toEqual([]);
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
      expect(codesOf(on, ...begun, own, ran)).toEqual(["QUORUM_SHORT"]);
      expect(codesOf(...begun, own, later)).toContain("BY_REQUESTER");
      expect(codesOf(on, off, ...begun, own, later)).toContain("BY_REQUESTER");
      expect(codesOf(on, ...begun, { ...own, after: "approved" }, off, later)).toEqual(["QUORUM_SHORT"]);
      const atOnce = changed(own, { not_before: "2026-02-01T12:01:00.000Z" });
      expect(codesOf(on, ...begun, atOnce, later)).toContain("BY_REQUESTER");
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
  const [dora, emil] = [person("dora"), person("emil")];
  const start = [...keys, registered(dora), registered(emil), lent(ben, dora), lent(cleo, dora), ...begun.slice(3)];

  test("counts with the roles of whoever handed theirs over, and as whoever signed", () => {
    const { ok, executed } = check(...start, inPlace(dora, ben), approval(cleo), ran);
    expect([ok, executed.map(({ signers }) => signers)]).toEqual([true, [[cleo.id, dora.id]]]);
  });

  test.each<readonly [string, readonly Written[], string]>([
    ["nobody handed it over", [inPlace(dora, emil), approval(cleo)], "DELEGATION_UNKNOWN"],
    ["it was handed to somebody else", [inPlace(emil, ben), approval(cleo)], "DELEGATION_UNKNOWN"],
    ["it was ended before", [lentBack(ben), inPlace(dora, ben), approval(cleo)], "DELEGATION_UNKNOWN"],
    ["it was ended before it ran", [inPlace(dora, ben), approval(cleo), lentBack(ben)], "QUORUM_SHORT"],
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

  test("nor where its giver did not sign that they hand it over, to whom, until when and with which roles", () => {
    const { statement: _, signature: _s, ...bare } = lent(ben, dora).details;
    const unsigned = { ...lent(ben, dora), details: bare };
    const longer = changed(lent(ben, dora), { ends_at: "2026-02-09T13:00:00.000Z" });
    const more = changed(lent(ben, dora), { roles: ["approver", "security_manager"] });
    const log = (handed: Written) => [
      ...keys,
      registered(dora),
      handed,
      ...begun.slice(3),
      inPlace(dora, ben),
      approval(cleo),
      ran,
    ];
    expect(codesOf(...log(unsigned))).toEqual(["DELEGATION_UNSIGNED", "QUORUM_SHORT"]);
    for (const forged of [longer, more])
      expect(codesOf(...log(forged))).toEqual(["STATEMENT_ALTERED", "DELEGATION_UNSIGNED", "QUORUM_SHORT"]);
    expect(codesOf(...log(lent(ben, dora, { installation: "tyr.example/other" })))).toContain("DELEGATION_UNSIGNED");
  });

  test.each<readonly [string, readonly Written[]]>([
    ["whoever handed it over was disabled", [account(ben, "disabled: approver")]],
    ["they were disabled, and are back", [account(ben, "disabled: approver"), account(ben, "active: approver")]],
    ["whoever has it was disabled", [account(dora, "disabled: viewer")]],
    ["whoever handed it over is no approver any more", [account(ben, "active: viewer")]],
  ])("counts no more where, before it runs, %s", (_why, since) => {
    expect(codesOf(...start, inPlace(dora, ben), { ...approval(cleo), after: "approved" }, ...since, ran)).toEqual([
      "QUORUM_SHORT",
    ]);
  });

  test("nor where somebody else handed over what is not theirs", () => {
    const forged = { ...lent(ben, dora), actor: { kind: "person", id: emil.id, name: "(withheld)" } };
    const log = [...keys, registered(dora), forged, ...begun.slice(3), inPlace(dora, ben), approval(cleo), ran];
    expect(codesOf(...log)).toContain("DELEGATION_UNKNOWN");
  });
});
