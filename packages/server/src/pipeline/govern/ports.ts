import type { DetectionId, DryRun, IncidentId, Permission, Role, SubjectId, Severity } from "@tyr/contract";
import type { ReadDatabase, WriteTransaction } from "#platform/database";
import type { Prefix } from "./address.ts";
import type { AskingIncident } from "./mode-demand.ts";
import type { PasskeySigning } from "./signatures/ports.ts";

/** `db` is the handle to read through: inside a transaction that one, because the embedded engine has one connection. */
export type PlanRequest = Readonly<{ db: ReadDatabase; target: Prefix; ttlSeconds: number; now: Date }>;
/** What would change at the target, computed from what is there now. */
export type Plan = Omit<DryRun, "at" | "digest">;

/** The part of a connector that people decide on: its own plan, never a second policy check. */
export type Planner = Readonly<{
  connector: string;
  plan(request: PlanRequest): Promise<Plan>;
  /** The target as it is, in the words of `Plan.before`: compared at execution with what the dry run saw. */
  observe(request: PlanRequest): Promise<readonly string[]>;
}>;

/** An incident as the reason for an action. */
export type Evidence = Readonly<{
  incidentId: IncidentId;
  risk: number;
  severity: Severity;
  /** Of the surest of its detections, per cent. */
  confidence: number;
  /** Whom the incident speaks against; null where no address is known. */
  actorIp: string | null;
  detectionIds: readonly DetectionId[];
}>;

/** One change of an incident, in the order of its stream. */
export type IncidentChange = Readonly<{
  incidentId: IncidentId;
  position: number;
  actorIp: string | null;
  risk: number;
  severity: string;
  state: string;
}>;

/** Somebody who can sign in now, with the roles they hold now. */
export type Person = Readonly<{ id: SubjectId; roles: readonly Role[] }>;

/** Addresses that an attack on us would want blocked, as text. Loopback and what is no address count for nothing. */
export type Ours = Readonly<{
  /** Of this host's interfaces. */
  host: readonly string[];
  /** Enforcement points pull from here. */
  enforcers: readonly string[];
  /** People who may request or approve are signed in from here. */
  operators: readonly string[];
}>;

/** An account as somebody else names it. `active`: it may sign in. */
export type Account = Readonly<{ id: SubjectId; name: string; active: boolean }>;

/** What govern asks of the rooms around it. Inside a transaction only what takes its handle is called. */
export type GovernPorts = Readonly<{
  planner: Planner;
  /** Everybody who may decide about actions now. */
  people(db: ReadDatabase): Promise<readonly Person[]>;
  /** By its name or id. */
  findAccount(db: ReadDatabase, nameOrId: string): Promise<Account | undefined>;
  /** Holds the account until the transaction ends, so that it is not disabled meanwhile. @returns false when it is already */
  holdAccount(tx: WriteTransaction, subjectId: string): Promise<boolean>;
  /** What somebody may do now; nothing when they may not sign in. */
  permissionsOf(db: ReadDatabase, subjectId: string): Promise<ReadonlySet<Permission>>;
  ours(db: ReadDatabase): Promise<Ours>;
  evidenceOf(incidentId: IncidentId): Promise<Evidence | undefined>;
  passkeys: PasskeySigning;
  /** Incidents of high severity or worse that changed since, newest first. */
  askingIncidents(db: ReadDatabase, since: Date): Promise<readonly AskingIncident[]>;
  readIncidentChangesAfter(db: ReadDatabase, position: number, limit: number): Promise<readonly IncidentChange[]>;
}>;
