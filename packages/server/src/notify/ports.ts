import type { Action, ActionId, AuditEvent } from "@tyr/contract";
import type { Followed } from "#audit";
import type { NearDeadline, OwedReview } from "#govern";
import type { ReadDatabase } from "#platform/database";
import type { Sent, WebhookMessage } from "#platform/webhook";

/** What a message may know of an action: nothing somebody wrote about it, and nobody's name. */
export type ActionNow = Pick<Action, "id" | "type" | "target" | "state" | "approvalsMissing" | "deadlineAt"> &
  Readonly<{ risk: number | null }>;

export type NotifyPorts = Readonly<{
  follow: (
    db: ReadDatabase,
    asked: Readonly<{ from: number; since: Date; types: readonly AuditEvent[]; limit: number }>,
  ) => Promise<Followed>;
  logLength: (db: ReadDatabase) => Promise<number>;
  nearDeadline: (db: ReadDatabase, now: Date) => Promise<readonly NearDeadline[]>;
  owedReviews: (db: ReadDatabase, before: Date) => Promise<readonly OwedReview[]>;
  /** As it is now; undefined: there is none. */
  actionNow: (id: ActionId) => Promise<ActionNow | undefined>;
  /** How many wait for approvals now. */
  waitingNow: (db: ReadDatabase) => Promise<number>;
  /** One attempt. */
  send: (message: WebhookMessage, options: Readonly<{ now: Date; signal: AbortSignal }>) => Promise<Sent>;
}>;
