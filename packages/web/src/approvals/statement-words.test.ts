import type { ActionStatement } from "@tyr/contract";
import { expect, test } from "vitest";
import { digestOf, isChallengedBy, statementWords } from "./statement-words.ts";

const FIELDS = {
  action_id: "act_019c2a5d-ac96-774b-bcce-000000000001",
  deadline_at: "2026-11-22T14:00:00.000Z",
  dry_run_digest: "d1",
  installation: "tyr.example/log",
  reason: "seen it",
  request_digest: "r1",
  requirements: [{ policyId: "two", approvals: 2, roles: ["approver", "security_manager"] }],
  revision: 3,
  signer: "usr_1",
  statement: "approve",
  target: "203.0.113.9",
  ttl_seconds: 3600,
  type: "block_ip",
};
const textOf = (changes: Readonly<Record<string, unknown>> = {}): string => JSON.stringify({ ...FIELDS, ...changes });

test("the words shown are read from the text that is signed", () => {
  expect(statementWords(textOf({ target: "198.51.100.7" }))).toEqual(
    expect.arrayContaining([
      { name: "Action", value: "block_ip 198.51.100.7" },
      { name: "Lasting", value: "for 1 hour" },
      { name: "Asked for", value: "2 of approver or security_manager" },
    ]),
  );
  expect(statementWords("no JSON")).toBeUndefined();
  const handed = { statement: "delegate", to: "usr_2", ends_at: "2026-11-29T14:00:00.000Z", roles: ["approver"] };
  expect(statementWords(JSON.stringify(handed))).toEqual(
    expect.arrayContaining([
      { name: "To", value: "usr_2" },
      { name: "Approving as", value: "approver" },
    ]),
  );
  const behalf = textOf({ on_behalf_of: { delegation: "dlg_1", of: "usr_2", roles: ["approver"] } });
  expect(statementWords(behalf)).toEqual(expect.arrayContaining([{ name: "In the place of", value: "usr_2" }]));
});

/** The SHA-256 of `abc` (FIPS 180-2, appendix B.1), in hex and in base64url. */
const ABC = {
  hex: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  base64url: "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0",
};
const stated = (challenge: string, digest = ABC.hex): ActionStatement =>
  ({ digest, passkey: { options: { challenge } } }) as ActionStatement;

test("a passkey is asked only where its challenge is the digest of this very text", async () => {
  const isSecure = Object.getOwnPropertyDescriptor(globalThis, "isSecureContext");
  Object.defineProperty(globalThis, "isSecureContext", { value: true, configurable: true });
  try {
    const own = await digestOf("abc");
    expect(own).toBe(ABC.hex);
    expect(isChallengedBy(stated(ABC.base64url), own)).toBe(true);
    expect(isChallengedBy(stated("AAAA"), own)).toBe(false);
    expect(isChallengedBy(stated(ABC.base64url), await digestOf("abc "))).toBe(false);
    expect(isChallengedBy(stated(ABC.base64url, "00"), own)).toBe(false);
    expect(isChallengedBy(stated(ABC.base64url), undefined)).toBe(false);
  } finally {
    if (isSecure === undefined) Reflect.deleteProperty(globalThis, "isSecureContext");
    else Object.defineProperty(globalThis, "isSecureContext", isSecure);
  }
});
