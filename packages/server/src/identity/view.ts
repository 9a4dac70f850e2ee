import { PERMISSION_NAMES, permissionsOf, type Actor, type Permission, type Session, type User } from "@tyr/contract";
import type { ReadDatabase } from "#platform/database";
import type { Caller } from "./caller.ts";
import { mustChangePassword } from "./first-password.ts";
import { heldPermissions } from "./roles/held-permissions.ts";
import { isByPasskey, lacksSecondFactor, type SignInRules } from "./sign-in-rules.ts";
import type { SessionOwner, SessionRow, SubjectRow } from "./store.ts";

export function userView({ id, name, roles, active, created_at, last_seen_at }: SubjectRow): User {
  return {
    id,
    name,
    roles: [...roles],
    active,
    createdAt: created_at.toISOString(),
    lastSeenAt: last_seen_at?.toISOString() ?? null,
  };
}

export function personOf({ id, name }: Pick<SubjectRow, "id" | "name">): Actor {
  return { kind: "person", id, name };
}

export function callerOf({ session, subject }: SessionOwner, rules: SignInRules): Caller {
  return {
    actor: personOf(subject),
    permissions: permissionsOf(subject.roles),
    roles: subject.roles,
    sessionId: session.id,
    provedAt: session.proved_at,
    passkeyMissingFor: isByPasskey(session.factor) ? [] : rules.passkeyFor,
    mustChangePassword: mustChangePassword(subject, session),
    lacksSecondFactor: lacksSecondFactor(rules, subject.roles, session.factor),
  };
}

function listed(permissions: ReadonlySet<Permission>): Permission[] {
  return PERMISSION_NAMES.filter((name) => permissions.has(name));
}

/** What whoever just signed in, or proved again who they are, may do: custom roles count as at every other request. */
export async function sessionView(
  db: ReadDatabase,
  subject: SubjectRow,
  session: Pick<SessionRow, "expires_at" | "factor">,
): Promise<Session> {
  return {
    user: userView(subject),
    permissions: listed(await heldPermissions(db, subject.roles)),
    expiresAt: session.expires_at.toISOString(),
    ...(mustChangePassword(subject, session) ? { mustChangePassword: true } : {}),
  };
}
