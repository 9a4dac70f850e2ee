import type { NotificationKind } from "@tyr/contract";

/** Messages about one thing each within a minute; what is more waits for the minute's end and is counted in one. */
const SINGLE_PER_MINUTE = 3;
const MINUTE_MS = 60_000;
/** An installation that acts without approvals does it rarely, one use each until it is reviewed: told at once, each. */
const AT_ONCE: ReadonlySet<NotificationKind> = new Set(["break_glass"]);

type Noticed = Readonly<{ number: number; kind: NotificationKind; at: Date }>;
export type Plan<N extends Noticed> = Readonly<{ single: readonly N[]; digest: readonly N[] }>;

/**
 * What goes out now: each by itself while there is little, one digest where there is much, so that a hundred proposals of one
 * minute are one message. What is in neither waits.
 *
 * @param recent how many messages about one thing were made in the last minute
 */
export function planMessages<N extends Noticed>(notices: readonly N[], recent: number, now: Date): Plan<N> {
  const atOnce = notices.filter(({ kind }) => AT_ONCE.has(kind));
  const rest = notices.filter(({ kind }) => !AT_ONCE.has(kind));
  if (rest.length <= SINGLE_PER_MINUTE - recent) return { single: notices, digest: [] };
  const oldest = Math.min(...rest.map(({ at }) => at.getTime()));
  const isDue = now.getTime() - oldest >= MINUTE_MS;
  if (!isDue) return { single: atOnce, digest: [] };
  return rest.length === 1 ? { single: notices, digest: [] } : { single: atOnce, digest: rest };
}

/** Start of the minute that `recent` counts. */
export function minuteBefore(now: Date): Date {
  return new Date(now.getTime() - MINUTE_MS);
}
