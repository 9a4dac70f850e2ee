import { basename, dirname } from "node:path";
import type { Timers } from "../timers.ts";
import type { WatchFolder } from "../watch-folder.ts";

/** For tests: time that passes when it is told to. */
export type TimersByHand = Timers & Readonly<{ pass(ms: number): void }>;

export function timersByHand(): TimersByHand {
  let nowMs = 0;
  const waiting = new Set<Readonly<{ atMs: number; work: () => void }>>();
  return {
    nowMs: () => nowMs,
    after(ms, work) {
      const entry = { atMs: nowMs + ms, work };
      waiting.add(entry);
      return () => void waiting.delete(entry);
    },
    pass(ms) {
      const endMs = nowMs + ms;
      for (;;) {
        const [next] = [...waiting].filter(({ atMs }) => atMs <= endMs).toSorted((a, b) => a.atMs - b.atMs);
        if (next === undefined) break;
        waiting.delete(next);
        nowMs = next.atMs;
        next.work();
      }
      nowMs = endMs;
    },
  };
}

/** For tests: a watcher that says what it is told to say, and only of folders that are watched. */
export type WatchByHand = Readonly<{ watch: WatchFolder; poke(path: string): void; watched(): readonly string[] }>;

export function watchByHand(): WatchByHand {
  const open = new Map<string, (name: string | null) => void>();
  return {
    watch: (dir, { event }) => {
      open.set(dir, event);
      return { close: () => void open.delete(dir) };
    },
    poke: (path) => open.get(dirname(path))?.(basename(path)),
    watched: () => [...open.keys()],
  };
}
