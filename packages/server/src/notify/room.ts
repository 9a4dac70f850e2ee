import type { NotificationKind } from "@tyr/contract";
import type { Clock } from "#platform/clock";
import type { Database } from "#platform/database";
import type { Logger } from "#platform/log";
import type { NotifyPorts } from "./ports.ts";

/** What every part of this room works with. */
export type Room = Readonly<{
  database: Database;
  clock: Clock;
  log: Logger;
  ports: NotifyPorts;
  about: readonly NotificationKind[];
  /** Where people reach Tyr, without a slash at the end. */
  publicUrl: string;
}>;
