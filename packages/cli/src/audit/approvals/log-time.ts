import { instantOf, SLACK_MS, type Entry } from "./entries.ts";

/** The time of the log, which only goes forward: an entry from before the last would be one written later. */
export type LogTime = Readonly<{
  /** Why the instant of an entry is not believed; undefined: it is. Told once for each step back. */
  faultOf(entry: Entry): string | undefined;
}>;

export function openLogTime(): LogTime {
  let newest = Number.NEGATIVE_INFINITY;
  return {
    faultOf({ at, newest: between }) {
      newest = Math.max(newest, between ?? newest);
      const now = instantOf(at);
      if (Number.isNaN(now)) return "it says no instant";
      const back = newest - now;
      newest = back > SLACK_MS ? now : Math.max(newest, now);
      return back > SLACK_MS ? `by ${Math.ceil(back / 1_000)} s from an entry before it` : undefined;
    },
  };
}
