import type { Actor, EnforcerId, Permission, Role, SensorId } from "@tyr/contract";

/** Whoever makes a request, already authenticated. `actor` is what enters the audit log. */
export type Caller = Readonly<{
  actor: Actor;
  permissions: ReadonlySet<Permission>;
  roles: readonly Role[];
  sessionId?: string;
  sensorId?: SensorId;
  enforcerId?: EnforcerId;
}>;
