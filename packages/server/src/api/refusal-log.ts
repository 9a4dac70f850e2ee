import type { Permission, RouteId } from "@tyr/contract";
import type { Caller } from "#identity";
import type { Clock } from "#platform/clock";
import { originInHand, type Database, type Fact, type Origin } from "#platform/database";
import type { Logger } from "#platform/log";

/** One entry per principal and route in this time; the others are counted into the next one. */
const EVERY_MS = 60_000;
const KEPT_MAX = 1_000;

export type Refused = Readonly<{
  caller: Caller;
  route: RouteId;
  needs: Permission | "public";
  why: "not permitted" | "no recent proof" | "credentials not accepted" | "too many requests" | "input refused";
  requestId: string;
}>;
/** The count is written by another request, or by none. */
type Told = Refused & Readonly<{ origin: Origin }>;
type Kept = { refused: Told; sinceMs: number; uncounted: number };

export type RefusalLogDeps = Readonly<{ database: Pick<Database, "audited">; clock: Clock; log: Logger }>;

function factOf({ caller, route, needs, why, requestId, origin }: Told, times: number): Fact {
  return {
    type: "access.refused",
    actor: caller.actor,
    object: { kind: "route", id: route },
    outcome: "refused",
    requestId,
    origin,
    details: { permission: needs, reason: why, times },
  };
}

/**
 * Logs attempts to get round a control (ASVS 5.0 16.3.3): what one may not do, without a recent proof, with credentials that do not
 * count, too often, with input that no screen of ours sends. Trying again and again cannot flood the log: repetitions of one
 * caller on one route within a minute are counted, all strangers as one, and the count is written when the minute is over.
 */
export class RefusalLog {
  readonly #deps: RefusalLogDeps;
  readonly #kept = new Map<string, Kept>();

  constructor(deps: RefusalLogDeps) {
    this.#deps = deps;
  }

  async record(asked: Refused): Promise<void> {
    const refused = { ...asked, origin: originInHand() };
    const nowMs = this.#deps.clock.now().getTime();
    const key = `${refused.caller.actor.id} ${refused.route} ${refused.why}`;
    const kept = this.#kept.get(key);
    if (kept !== undefined && nowMs - kept.sinceMs < EVERY_MS) {
      kept.uncounted += 1;
      return;
    }
    this.#kept.delete(key);
    this.#kept.set(key, { refused, sinceMs: nowMs, uncounted: 0 });
    await this.#write(refused, 1 + (kept?.uncounted ?? 0));
    if (this.#kept.size > KEPT_MAX) await this.flush("all");
  }

  /** Writes the counts of minutes that are over, or of all when the server stops. */
  async flush(which: "over" | "all"): Promise<void> {
    const nowMs = this.#deps.clock.now().getTime();
    for (const [key, { refused, sinceMs, uncounted }] of this.#kept) {
      if (which === "over" && nowMs - sinceMs < EVERY_MS) continue;
      this.#kept.delete(key);
      if (uncounted > 0) await this.#write(refused, uncounted);
    }
  }

  async #write(refused: Told, times: number): Promise<void> {
    await this.#deps.database.audited(factOf(refused, times), async () => undefined);
  }
}
