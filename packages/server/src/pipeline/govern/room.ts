import type { Actor, Environment, Permission, Role, SubjectId } from "@tyr/contract";
import type { Bus } from "#platform/bus";
import type { Clock } from "#platform/clock";
import type { Database, Fact } from "#platform/database";
import type { Result } from "@tyr/contract";
import type { Prefix } from "./address.ts";
import type { ActionKinds } from "./kinds/kind.ts";
import type { Policies } from "./policy/open-policies.ts";
import type { GovernPorts } from "./ports.ts";

/** What every part of this room works with. */
export type Room = Readonly<{
  db: Database;
  clock: Clock;
  bus: Bus;
  policies: Policies;
  ports: GovernPorts;
  kinds: ActionKinds;
  own: readonly Prefix[];
  environment: Environment;
  /** Origin of the audit log: what people sign is for this installation alone. */
  installation: string;
  /** From submission to decision, milliseconds. */
  decisionDeadlineMs: number;
}>;

/** Who asks. People have roles; automation has none. `permissions` where they are not just what built-in roles hold. */
export type By = Readonly<{
  actor: Actor;
  roles: readonly Role[];
  permissions?: ReadonlySet<Permission>;
  /** Of a program: the people who own it or were shown its secret. */
  behind?: readonly SubjectId[];
  requestId: string | null;
}>;
/** What clocks bring about. */
export const SYSTEM: By = { actor: { kind: "system", id: "system", name: "Tyr" }, roles: [], requestId: null };

/** What a transaction gives back: the answer, and what the log must say about it, also when the answer is no. */
export type Settled<T> = Readonly<{ answer: Result<T>; facts: readonly Fact[] }>;

/** Runs one transaction whose facts come from what it decided. */
export async function settle<T>(db: Database, work: Parameters<typeof db.audited<Settled<T>>>[1]): Promise<Result<T>> {
  const { answer } = await db.audited((settled: Settled<T>) => settled.facts, work);
  return answer;
}
