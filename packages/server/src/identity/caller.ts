import {
  SERVICE_PRINCIPALS,
  type Actor,
  type EnforcerId,
  type KeyId,
  type Permission,
  type Role,
  type SensorId,
  type ServicePrincipal,
  type StepUpClass,
  type SubjectId,
} from "@tyr/contract";

/** Whoever makes a request, already authenticated. `actor` is what enters the audit log. */
export type Caller = Readonly<{
  actor: Actor;
  permissions: ReadonlySet<Permission>;
  roles: readonly Role[];
  sessionId?: string;
  /** When the person of this session last proved who they are. Programs never do. */
  provedAt?: Date;
  /** For what this installation asks for a proof by passkey, when the last one was another. */
  passkeyMissingFor?: readonly StepUpClass[];
  /** A password alone opened the session of somebody who has to have a second factor: good for adding one. */
  lacksSecondFactor?: boolean;
  /** A password that somebody else chose opened the session: good for choosing one's own. */
  mustChangePassword?: boolean;
  /** The API key this came with; then `permissions` are what its scopes leave. */
  keyId?: KeyId;
  /** Of a program: its owner, and who was shown the secret it came with. What it asks for, they asked for. */
  behind?: readonly SubjectId[];
  sensorId?: SensorId;
  enforcerId?: EnforcerId;
}>;

/** Nobody in particular: may use public routes only. */
export const anonymous: Caller = {
  actor: { kind: "anonymous", id: "anonymous", name: "anonymous" },
  permissions: new Set(),
  roles: [],
};

/** A caller that is not a person: exactly the permissions of its kind, no role, no session. */
export function serviceCaller(kind: ServicePrincipal, principal: Readonly<{ id: string; name: string }>): Caller {
  const permissions: ReadonlySet<Permission> = new Set(SERVICE_PRINCIPALS[kind]);
  return { actor: { kind, ...principal }, permissions, roles: [] };
}

/**
 * Finds the principal of a presented key; undefined when the key is unknown, rotated or deactivated. Keys are compared
 * by their SHA-256, never in clear.
 */
export type KeyCheck = (key: string) => Promise<Caller | undefined>;
