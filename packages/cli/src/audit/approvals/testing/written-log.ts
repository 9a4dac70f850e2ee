import { createHash, generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { checkApprovals } from "../check-approvals.ts";
import type { NumberedEntry } from "../entries.ts";
import type { ApprovalReport } from "../reading.ts";

export const b64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64url");
export const sha256 = (data: string | Uint8Array): Buffer => createHash("sha256").update(data).digest();
export const ORIGIN = "tyr.example/log";
export const ACTION = "act_1";
export const TARGET = "203.0.112.0/23";
export const DIGESTS = { revision: 1, request_digest: "r".repeat(64), dry_run_digest: "d".repeat(64) };

export type Person = Readonly<{ id: string; keyId: string; key: KeyObject; publicKey: string }>;
export function person(name: string): Person {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const spki = b64(publicKey.export({ format: "der", type: "spki" }));
  return { id: `usr_${name}`, keyId: `apk_${name}`, key: privateKey, publicKey: spki };
}
export const [ana, ben, cleo] = [person("ana"), person("ben"), person("cleo")];

/** Alphabetical, as canonical JSON is; `more` replaces members. */
export function statementOf(by: Person, more: object = {}): string {
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
    target: TARGET,
    ttl_seconds: 3_600,
    type: "block_ip",
    ...more,
  };
  return JSON.stringify(said);
}

export type Details = Readonly<Record<string, unknown>>;
const AT = "2026-02-01T12:01:00.000Z";
export type Written = Readonly<{
  type: string;
  at: string;
  actor: Readonly<{ kind: string; id: string; name: string }>;
  object: Readonly<{ kind: string; id: string }>;
  outcome?: string;
  before?: string;
  after?: string;
  details: Details;
}>;
/** About the action unless another object is given; such an entry names the target. */
export const entry = (type: string, by: string, details: Details): Written => ({
  type,
  at: AT,
  actor: { kind: "person", id: by, name: "(withheld)" },
  object: { kind: "action", id: ACTION },
  details: type.startsWith("action.") ? { target: TARGET, ...details } : details,
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
export const about = (id: string, one: Written): Written => ({ ...one, object: { kind: "key", id } });

export function signedDetails(by: Person, statement: string): Details {
  return {
    ...DIGESTS,
    target: TARGET,
    statement,
    statement_digest: sha256(statement).toString("hex"),
    signature_kind: "ed25519",
    key_id: by.keyId,
    public_key: by.publicKey,
    signature: b64(sign(null, Buffer.from(`tyr-approval-v1\n${statement}`), by.key)),
  };
}
export const approval = (by: Person, more: object = {}) =>
  entry("action.approval_recorded", by.id, signedDetails(by, statementOf(by, more)));
export const registered = ({ id, keyId, publicKey }: Person) =>
  about(keyId, entry("approval_key.added", id, { publicKey, expiresAt: "2027-01-01T00:00:00.000Z" }));
export const keys = [ana, ben, cleo].map(registered);
export const created = entry("action.created", ana.id, { ...DIGESTS, type: "block_ip", ttl_seconds: 3_600 });
export const tried = entry("action.dry_run", ana.id, DIGESTS);
export const submitted = entry("action.submitted", ana.id, { ...DIGESTS, decision: "require_approval" });
export const ran = entry("action.executing", "system", { ...DIGESTS, target: "203.0.112.0/23" });

export const changed = (one: Written, details: Details): Written => ({
  ...one,
  details: { ...one.details, ...details },
});
export const begun: readonly Written[] = [...keys, created, tried, submitted];

/** As a third party reads these entries, one after the other. */
export const check = (...log: readonly Written[]): ApprovalReport =>
  checkApprovals(
    chained(log).map((one, index): NumberedEntry => ({ index, entry: one })),
    ORIGIN,
  );
export const codesOf = (...log: readonly Written[]): readonly string[] =>
  check(...log).findings.map(({ code }) => code);

/** Whether somebody's account is open, and with which roles, as the log says it. */
export const account = ({ id }: Pick<Person, "id">, after: string): Written => ({
  ...about(id, entry("user.changed", "usr_admin", {})),
  after,
});
const ENDS_AT = "2026-02-01T13:00:00.000Z";
/** Signed by whoever hands their approving over. */
export function lent(from: Person, to: Person, more: object = {}): Written {
  const said = {
    delegation_id: `dlg_${from.id}`,
    ends_at: ENDS_AT,
    expires_at: "2026-02-01T12:05:00.000Z",
    installation: ORIGIN,
    nonce: `lend ${from.id}`,
    reason: "away",
    roles: ["approver"],
    signer: from.id,
    signer_roles: ["approver"],
    statement: "delegate",
    to: to.id,
    v: 1,
    ...more,
  };
  const {
    target: _,
    revision: _r,
    request_digest: _q,
    dry_run_digest: _d,
    ...signed
  } = signedDetails(from, JSON.stringify(said));
  const details = { from: from.id, to: to.id, ends_at: ENDS_AT, roles: ["approver"], reason: "away", ...signed };
  return about(`dlg_${from.id}`, entry("delegation.created", from.id, details));
}
export const lentBack = (from: Person): Written => about(`dlg_${from.id}`, entry("delegation.ended", from.id, {}));
/** An approval by whoever was lent it. */
export function inPlace(by: Person, from: Person, nonce = `for ${from.id}`): Written {
  const id = `dlg_${from.id}`;
  const said = JSON.parse(statementOf(by, { nonce, signer_roles: ["viewer"] })) as object;
  const place = { delegation: id, of: from.id, roles: ["approver"] };
  const sorted = Object.entries({ ...said, on_behalf_of: place }).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const text = JSON.stringify(Object.fromEntries(sorted));
  const details = { ...signedDetails(by, text), delegation: id, on_behalf_of: from.id };
  return entry("action.approval_recorded", by.id, details);
}
