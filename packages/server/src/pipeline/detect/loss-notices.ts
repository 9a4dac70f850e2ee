import type { CorrelationLoss } from "@tyr/sigma";
import type { Clock } from "#platform/clock";
import type { Logger } from "#platform/log";
import { visibleText } from "./hostile-text.ts";

/** For each rule and reason; an attacker can cause losses at will and must not fill the log with them. */
const SILENCE_MS = 60_000;
const GROUP_CHARS_MAX = 200;

type Told = { atMs: number; count: number; times: number };

/**
 * Says in the server's log what correlations could not use or had to let go, as far as it may hide a detection: the
 * first time at once, then at most once a minute for each rule and reason, with what has come together since.
 */
export function createLossNotices(log: Logger, clock: Clock): (loss: CorrelationLoss) => void {
  const told = new Map<string, Told>();
  return ({ rule, reason, groupKey, count }) => {
    if (reason === "expired") return;
    const place = `${rule.key}\n${reason}`;
    const known = told.get(place) ?? { atMs: Number.NEGATIVE_INFINITY, count: 0, times: 0 };
    told.set(place, known);
    known.count += count;
    known.times += 1;
    const nowMs = clock.now().getTime();
    if (nowMs - known.atMs < SILENCE_MS) return;
    const group = groupKey === undefined ? {} : { group: visibleText(groupKey, GROUP_CHARS_MAX) };
    log.warn(
      { rule: rule.key, title: rule.title, reason, ...group, count: known.count, times: known.times },
      "a correlation could not use or keep everything: it may have missed something",
    );
    told.set(place, { atMs: nowMs, count: 0, times: 0 });
  };
}
