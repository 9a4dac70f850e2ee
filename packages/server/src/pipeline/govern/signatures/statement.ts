import { createHash } from "node:crypto";
import type { StatementKind } from "@tyr/contract";
import { canonicalText } from "../canonical-digest.ts";
import type { Standing } from "../delegations/standing.ts";
import type { By } from "../room.ts";
import type { ActionRow } from "../store.ts";

/** For so long a statement may be signed: long enough to read it and to fetch a security key. */
export const STATEMENT_LIFE_MS = 5 * 60_000;

export type Stated = Readonly<{
  /** Origin of the installation's audit log: what was signed here counts nowhere else. */
  installation: string;
  action: ActionRow;
  by: By;
  statement: StatementKind;
  /** In whose place the signer speaks; left out: in their own. */
  standing?: Standing | undefined;
  reason: string | null;
  /** Random, of this text alone. */
  nonce: string;
  expiresAt: Date;
}>;

const inPlaceOf = ({ id, from, roles }: Standing) => ({ delegation: id, of: from, roles: roles.toSorted() });

/** What exactly is decided about: of all that a text says, that which must be so when it counts as well. */
export function aboutAction(action: ActionRow) {
  return {
    action_id: action.id,
    revision: action.revision,
    type: action.type,
    target: action.target,
    ttl_seconds: action.ttl_seconds,
    request_digest: action.request_digest,
    dry_run_digest: action.dry_run?.digest ?? null,
  };
}

/**
 * What somebody puts their name under, as canonical JSON: what exactly, under which policy, until when. Ids only, no
 * names, so that it can be checked after a person was erased.
 */
export function statementText(stated: Stated): string {
  const { installation, action, by, statement, standing, reason, nonce, expiresAt } = stated;
  return canonicalText({
    v: 1,
    ...(standing === undefined ? {} : { on_behalf_of: inPlaceOf(standing) }),
    installation,
    statement,
    ...aboutAction(action),
    bundle_digest: action.decision?.bundleDigest ?? null,
    requirements: action.decision?.requirements ?? [],
    deadline_at: action.deadline_at?.toISOString() ?? null,
    signer: by.actor.id,
    signer_roles: by.roles.toSorted(),
    reason,
    nonce,
    expires_at: expiresAt.toISOString(),
  });
}

/** The challenge of a passkey, and the name of the statement. */
export function challengeOf(text: string): Buffer {
  return createHash("sha256").update(text, "utf8").digest();
}
